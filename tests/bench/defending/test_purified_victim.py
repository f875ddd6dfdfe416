"""A purifier before a victim: what it hears, what it is told of else, what is kept, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench import Batch, ComponentError, DataError, FitContext, Traits, UsageError, Utterance, Victim
from bench.contracts.capabilities import Embedding, Purifying, Refusing
from bench.defending.purification import purified_batch, purified_utterances
from bench.defending.purified_victim import Purified, fit_purified, load_purified, refuse_deaf
from bench.testing import ContraryVictim, sample_context, sample_utterances

CPU = torch.device("cpu")
NOTE = {"defense": "halving", "by": 2}


@dataclass(frozen=True)
class Halving:
    """Makes sound softer, and keeps what it was asked."""

    by: float = 2.0
    asked: list[tuple[int, int]] = field(default_factory=list)

    def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        assert int(lengths.min()) > 0
        self.asked.append((waveforms.shape[0], waveforms.shape[1]))
        return waveforms / self.by


@dataclass(frozen=True)
class Fingerprinted(Halving):
    """One whose results are kept."""

    def fingerprint(self) -> str:
        return f"halving {self.by}"


@dataclass(frozen=True)
class Hearing(ContraryVictim):
    """Keeps whom it knows; trains on nothing; is its own recipe, and loads as what it was."""

    known: tuple[Utterance, ...] = ()
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Any) -> Hearing:
        return replace(self, known=tuple(clean))

    def fit(self, train: Any, valid: Any, context: FitContext) -> Hearing:
        return replace(self, known=(*train, *valid, *context.clean))

    def load(self, folder: Path, context: FitContext) -> Victim:
        assert (folder / "own.json").is_file()
        return self

    def save(self, folder: Path) -> None:
        (folder / "own.json").write_text("{}")


@dataclass(frozen=True)
class Showing(Hearing):
    """One that shows its hidden vector and its network, and refuses what is loud."""

    network: torch.nn.Module = field(default_factory=torch.nn.Identity)

    def hidden(self, batch: Batch) -> Tensor:
        return batch.waveforms.abs().amax(dim=1, keepdim=True)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), batch.waveforms.abs().amax(dim=1) > 0.3


def said(*lengths: int, level: float = 0.5) -> list[Utterance]:
    return [Utterance(f"{n}-{length}", torch.full((length,), level), "a") for n, length in enumerate(lengths)]


def behind(victim: Victim, purifier: Halving | None = None) -> Any:
    return Purified(victim, purifier or Halving(), CPU, NOTE)


def test_the_victim_hears_what_is_left_and_all_else_is_as_it_was() -> None:
    utterances = sample_utterances(1, 1)
    batch = Batch.of(utterances, sample_keys=[str(n) for n in range(len(utterances))])
    before = batch.waveforms.clone()
    heard = behind(Hearing()).purified(batch)
    assert torch.equal(batch.waveforms, before)
    assert torch.equal(heard.waveforms, before / 2)
    for field_ in fields(Batch):
        if field_.name not in ("waveforms", "utterances"):
            assert getattr(heard, field_.name) is getattr(batch, field_.name), field_.name
    for original, left in zip(utterances, heard.utterances, strict=True):
        assert torch.equal(left.waveform, original.waveform / 2)
        assert replace(left, waveform=original.waveform, metadata=original.metadata).id == original.id
        assert (left.speaker, left.transcript, left.words) == (original.speaker, original.transcript, original.words)
    assert torch.equal(behind(Hearing()).log_probs(batch), Hearing().log_probs(heard))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_padding_stays_silent_and_utterances_without_sound_pass(lengths: list[int]) -> None:
    @dataclass(frozen=True)
    class Loud(Halving):
        def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
            return super().purify(waveforms, lengths) + 3.0

    heard = purified_batch(Loud(), Batch.of(said(*lengths)))
    for length, row, utterance in zip(lengths, heard.waveforms, heard.utterances, strict=True):
        assert torch.equal(row, (torch.arange(max(lengths)) < length).float())
        assert torch.equal(utterance.waveform, torch.ones(length))


def test_a_purifier_is_not_asked_where_there_is_no_sound() -> None:
    purifier, batch = Halving(), Batch.of(said(0, 0))
    assert purified_batch(purifier, batch) is batch
    assert purified_utterances(purifier, batch.utterances, CPU) == list(batch.utterances)
    assert not purifier.asked


def test_another_shape_is_named() -> None:
    @dataclass(frozen=True)
    class Cutting(Halving):
        def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
            return waveforms[:, 1:]

    with pytest.raises(ComponentError, match=r"Cutting: found sound of shape \(2, 4\); expected shape \(2, 5\)"):
        purified_batch(Cutting(), Batch.of(said(5, 3)))


def test_it_has_what_the_victim_behind_has_and_no_more() -> None:
    plain, shown = behind(Hearing()), behind(Showing())
    assert not isinstance(plain, Refusing)
    assert not isinstance(plain, Embedding)
    assert not hasattr(plain, "network")
    assert all(isinstance(shown, kind) for kind in (Refusing, Embedding))
    assert shown.network is shown.victim.network
    assert plain.traits.concurrent
    assert not behind(ContraryVictim()).traits.concurrent
    assert isinstance(plain, Purifying)


def test_refusals_and_hidden_vectors_are_of_what_is_left() -> None:
    wrapped, batch = behind(Showing()), Batch.of([*said(200, level=0.5), *said(200, level=0.8)])
    for victim in (wrapped, wrapped.enroll([])):
        assert all(isinstance(victim, kind) for kind in (Refusing, Embedding))
        log_probs, refused = victim.answer_or_refuse(batch)
        assert refused.tolist() == [False, True]
        assert torch.equal(log_probs, wrapped.log_probs(batch))
        assert victim.hidden(batch).flatten().tolist() == pytest.approx([0.25, 0.4])


def test_two_purifiers_one_behind_the_other() -> None:
    wrapped, batch = behind(behind(Showing()), Halving(4.0)), Batch.of(said(3, 2))
    assert [trace.shape for trace in wrapped.trace(batch)] == [(3, 1), (2, 1)]
    assert {float(level) for trace in wrapped.trace(batch) for level in trace} == {0.0625}
    assert isinstance(wrapped, Embedding)
    assert wrapped.hidden(batch).flatten().tolist() == [0.0625, 0.0625]


def test_enrolled_speech_is_purified() -> None:
    known = behind(Hearing()).enroll(said(3, 0)).victim.known
    assert [utterance.waveform.tolist() for utterance in known] == [[0.25] * 3, []]


def test_the_same_samples_are_purified_once_and_in_order(own_cache: Path) -> None:
    purifier = Halving()
    utterances = [*said(5, 3), *said(3, 5), *said(3, level=0.1)]
    heard = purified_utterances(purifier, utterances, CPU)
    assert sum(rows for rows, _ in purifier.asked) == 3
    for before, after in zip(utterances, heard, strict=True):
        assert after.id == before.id
        assert torch.equal(after.waveform, before.waveform / 2)
    assert not own_cache.exists(), "what depends on a training is not kept"


def test_what_rests_on_no_training_is_kept(own_cache: Path) -> None:
    first, again, other = Fingerprinted(), Fingerprinted(), Fingerprinted(by=4.0)
    heard = [purified_utterances(purifier, said(5, 3), CPU) for purifier in (first, again, other)]
    assert first.asked
    assert not again.asked
    assert other.asked
    assert [one.waveform.tolist() for one in heard[1]] == [one.waveform.tolist() for one in heard[0]]
    assert float(heard[2][0].waveform[0]) == 0.125


def test_training_and_loading(tmp_path: Path) -> None:
    train, valid, clean = said(3), said(4), said(5, 3)
    context = replace(sample_context(), clean=tuple(clean))
    fitted: Any = fit_purified("defense 'halving'", Halving(), NOTE, Hearing(), train, valid, context)
    assert [one.waveform.tolist() for one in fitted.victim.known] == [[0.25] * n for n in (3, 4, 5, 3)]
    fitted.save(tmp_path)
    loaded = load_purified("defense 'halving'", Halving(), NOTE, Hearing(), tmp_path, context)
    batch = Batch.of(sample_utterances(1, 1))
    assert torch.equal(loaded.log_probs(batch), fitted.log_probs(batch))
    with pytest.raises(DataError, match=r"found .*'by': 2.* expected .*'by': 3"):
        load_purified("defense 'halving'", Halving(), NOTE | {"by": 3}, Hearing(), tmp_path, context)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DataError, match="no usable note"):
        load_purified("defense 'halving'", Halving(), NOTE, Hearing(), tmp_path, context)


def test_a_victim_that_only_reads_is_refused_and_one_that_also_hears_is_not() -> None:
    @dataclass(frozen=True)
    class Reading(Hearing):
        traits: ClassVar[Traits] = Traits(modalities=("text",))

    @dataclass(frozen=True)
    class Both(Hearing):
        traits: ClassVar[Traits] = Traits(modalities=("sound", "text"))

    with pytest.raises(UsageError, match=r"defense 'halving': found a victim that perceives text alone \(Reading\)"):
        fit_purified("defense 'halving'", Halving(), NOTE, Reading(), [], [], sample_context())
    refuse_deaf("defense 'halving'", Both())
    refuse_deaf("defense 'halving'", Hearing())
