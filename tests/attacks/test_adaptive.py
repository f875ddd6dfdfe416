"""Attacks by those who know of a defence, and by those who do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from attacks.adaptive import Adaptive, forms_of
from attacks.transfer import Transfer
from bench import AttackTools, Batch, Heard, Overlay, Recipe, Samples, UsageError, Utterance, keyed
from bench.audio.signal import mix, snr_db
from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.defense_view import DefenseView, survival
from bench.referee.referee import Referee
from bench.referee.search import AttackRun, Search
from bench.testing import CPU, TASK, ContraryVictim, sample_tools, sample_utterances

SAID = sample_utterances(1, each=1)[0]
LOUD = replace(SAID, waveform=mix(SAID.waveform, torch.randn(SAID.waveform.shape).mul(0.1), 10.1))


@dataclass(frozen=True)
class Guarded(ContraryVictim):
    """Refuses what differs from clean speech by much; keeps only the slow part of the sound."""

    quiet: float = 0.0

    def enroll(self, clean: Sequence[Utterance]) -> Guarded:
        return self

    def answer_or_refuse(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        rough = torch.diff(batch.waveforms, dim=1).square().sum(dim=1)
        return self.log_probs(batch), rough > self.quiet

    def trace(self, batch: Batch) -> list[torch.Tensor]:
        slow = torch.nn.functional.avg_pool1d(batch.waveforms[:, None], 9, stride=1, padding=4)[:, 0]
        return [row[:length, None] for row, length in zip(slow, batch.lengths.tolist(), strict=True)]

    def save(self, folder: Path) -> None: ...


def adaptive_tools(victim: Guarded, k: int = 5) -> AttackTools:
    view = DefenseView.through(victim, Batch.of, CPU)
    return AttackRun(Adaptive(), "x", sample_tools(k), 0, view=view).tools_for(SAID)


def test_what_is_told_apart_by_its_methods() -> None:
    assert isinstance(Guarded(), Refusing)
    assert isinstance(Guarded(), Purifying)
    assert not isinstance(ContraryVictim(), Refusing | Purifying)


@pytest.mark.parametrize("asked", [Recipe(Overlay("natural-1", 10.1)), Recipe(Samples(LOUD.waveform))])
def test_predistorted_noise_is_as_loud_as_the_noise(asked: Recipe) -> None:
    tools = adaptive_tools(Guarded())
    heard = tools.render(Heard.of(SAID), asked)
    assert heard is not None
    traces = Guarded().trace(Batch.of([SAID, replace(SAID, waveform=heard.waveform)]))
    forms = forms_of(Heard.of(SAID), asked, heard, (traces[0], traces[1]), tools)
    assert len(forms) == 5
    for recipe, form in forms:
        assert float(snr_db(SAID.waveform, form.waveform)) == pytest.approx(10.1, abs=0.2)
        assert not torch.equal(form.waveform, heard.waveform)
        again = tools.render(Heard.of(SAID), recipe)
        assert again is not None
        assert torch.equal(again.waveform, form.waveform), "the recipe says what is heard"


def test_an_adaptive_attacker_asks_the_form_that_survives() -> None:
    tools, said = adaptive_tools(Guarded(quiet=float("inf"))), Heard.of(SAID)
    assert tools.defense_view is not None
    asked = next(Adaptive("environmental").search(said, tools, keyed("x")))
    other = next(tools.component("environmental").search(said, tools, keyed("x")))
    first, plain = tools.render(said, asked), tools.render(said, other)
    assert first is not None
    assert plain is not None
    before, *after = tools.defense_view.traces([said, first, plain])
    left = [survival(before, trace) for trace in after]
    assert left[0] > 1.1 * left[1]
    assert asked.parts[0].clip == other.parts[0].clip  # type: ignore[union-attr]


def test_nothing_is_asked_that_would_be_refused() -> None:
    assert (
        next(Adaptive("environmental").search(Heard.of(SAID), adaptive_tools(Guarded(quiet=0.0)), keyed("x")), None)
        is None
    )


def test_a_search_whose_every_candidate_is_refused_ends() -> None:
    tools = adaptive_tools(Guarded(quiet=0.0))
    assert list(Adaptive("boundary", looks=2).search(Heard.of(SAID), tools, keyed("x"))) == []


def test_without_a_defence_it_is_the_other_attack() -> None:
    plain = sample_tools(5)
    referee = Referee(ContraryVictim(), TASK, CPU)
    speech = sample_utterances(2, key="attacked")
    same = [
        referee.run(AttackRun(attack, "one name", plain, 0, view=view), speech)
        for attack, view in (
            (Adaptive("boundary"), DefenseView.through(ContraryVictim(), Batch.of, CPU)),
            (plain.component("boundary"), None),
        )
    ]
    assert same[0] == same[1]


def test_a_transferring_attacker_brings_what_fooled_the_bare_victim() -> None:
    run = AttackRun(Transfer(), "transfer", sample_tools(5), 0, transferred={SAID.id: Recipe(Samples(LOUD.waveform))})
    found = Search(run, SAID, label_before=0).candidate
    assert found is not None
    assert torch.equal(found.utterance.waveform, LOUD.waveform.clamp(-1, 1))
    assert Search(run, replace(SAID, id="other"), label_before=0).candidate is None


def test_looks_below_one_are_named() -> None:
    with pytest.raises(UsageError, match="looks"):
        Adaptive(looks=0)
