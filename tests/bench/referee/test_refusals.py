"""Victims that refuse, and victims that draw anew for every query: what the referee makes of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch

import bench
from bench import REFUSED, AttackTools, Batch, ComponentError, Perturbation, Rng, Utterance
from bench.audio.signal import mix
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, sample_tools, sample_utterances

SAID = sample_utterances(2, each=1)
LOUDEST = max(SAID, key=lambda said: float(said.waveform.abs().max()))


@dataclass(frozen=True)
class Refusing(ContraryVictim):
    """Refuses the loudest sample as it is, and whatever was changed at all."""

    shape: tuple[int, ...] | None = None

    def enroll(self, clean: Sequence[Utterance]) -> Refusing:
        return self

    def answer_or_refuse(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        clean = {one.waveform.numpy().tobytes() for one in SAID if one is not LOUDEST}
        changed = [one.waveform.numpy().tobytes() not in clean for one in batch.utterances]
        no = [
            one and (u.speaker.endswith("1") or torch.equal(u.waveform, LOUDEST.waveform))
            for u, one in zip(batch.utterances, changed, strict=True)
        ]
        return self.log_probs(batch), torch.tensor(no) if self.shape is None else torch.zeros(self.shape)


@dataclass(frozen=True)
class Restless(ContraryVictim):
    """Answers what it draws."""

    drawn: list[str] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Restless:
        return self

    def log_probs(self, batch: Batch) -> torch.Tensor:
        self.drawn.extend(batch.sample_keys)
        rows = [torch.from_numpy(rng.normal(0, 1, 4)) for rng in batch.generators("restless")]
        return torch.log_softmax(torch.stack(rows).float(), dim=1)


@dataclass(frozen=True)
class Louder:
    """Asks the same thing again and again: a burst at the start."""

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        noise = torch.from_numpy(rng.normal(0, 0.1, len(original.waveform))).float()
        noise[1600:] = 0  # where the victim listens
        changed = replace(
            original, waveform=mix(original.waveform, noise, 12.0), perturbation=Perturbation("noise", "x")
        )
        while True:
            yield changed


def rows_of(victim: Any, batch_size: int = 64, sample_key: str = "", **more: Any) -> list[Row]:
    referee = Referee(victim, TASK, CPU, batch_size, sample_key=sample_key, **more)
    return referee.run(AttackRun(Louder(), "louder", sample_tools(4), 0), SAID)


def test_a_refusal_is_written_down_and_is_nobodys_success() -> None:
    rows = rows_of(Refusing())
    clean = {row.utterance: row.label_before for row in rows if row.query == 0}
    assert clean[LOUDEST.id] == REFUSED
    assert REFUSED not in [label for id, label in clean.items() if id != LOUDEST.id]
    asked = [row for row in rows if row.query]
    refused = [row for row in asked if row.label_after == REFUSED]
    assert refused
    assert not any(row.accepted for row in asked if REFUSED in (row.label_before, row.label_after))
    assert any(row.accepted for row in asked), "those that it answers can be attacked"


def test_refusals_of_another_shape_are_named() -> None:
    with pytest.raises(ComponentError, match="refusals that are"):
        rows_of(Refusing(shape=(3, 2)))


def test_a_randomised_victim_draws_anew_for_every_query_whatever_is_asked_beside() -> None:
    victim = Restless()
    rows = rows_of(victim, randomised=True, draws=0)
    assert len(set(victim.drawn)) == 5 * len(SAID), "of each a clean query and four"
    assert not any(one.id in drawn for drawn in victim.drawn for one in SAID), "a key tells nothing"
    labels = {row.label_after for row in rows if row.utterance == SAID[0].id}
    assert len(labels) > 1, "the same candidate, other answers"
    assert rows_of(Restless(), batch_size=1, randomised=True, draws=0) == rows
    assert rows_of(Restless(), sample_key="another", randomised=True, draws=0) != rows
    silent = Restless()
    rows_of(silent)
    assert silent.drawn == [], "one that does not declare it has nothing to draw from"


def test_against_a_victim_that_answers_at_random_hardly_anything_is_a_success() -> None:
    """Of 32 candidates, three in four have another label than the clean one, and all of that is chance."""
    alone = rows_of(Restless(), randomised=True, draws=0)
    changed = [row for row in alone if row.query and row.label_after != row.label_before]
    assert len(changed) >= 12
    assert all(row.accepted for row in changed), "without further draws"
    rows = rows_of(Restless(), randomised=True, draws=31)
    clean = [row for row in rows if not row.query]
    assert all(row.flip_share is not None for row in clean)
    assert sum(row.flip_share or 0 for row in clean) / len(clean) == pytest.approx(0.75, abs=0.15)
    assert not any(row.accepted for row in rows), "no clean label holds"
    assert [row.label_after for row in rows] == [row.label_after for row in alone], "the answers stay as they were"


@dataclass(frozen=True)
class Swaying(ContraryVictim):
    """Says the same of clean speech for ever; of anything else "anger" in so many of ten draws, else the next class."""

    often: float = 0.5

    def enroll(self, clean: Sequence[Utterance]) -> Swaying:
        return self

    def log_probs(self, batch: Batch) -> torch.Tensor:
        clean = {one.waveform.numpy().tobytes() for one in SAID}
        found = []
        for one, rng in zip(batch.utterances, batch.generators("swaying"), strict=True):
            sways = one.waveform.numpy().tobytes() not in clean and rng.random() < self.often
            found.append(int(sways))
        return torch.log_softmax(torch.nn.functional.one_hot(torch.tensor(found), 4).float() * 4, dim=1)


@pytest.mark.parametrize(("often", "least", "most"), [(0.05, 0.0, 0.01), (0.3, 0.0, 0.2), (0.95, 0.8, 1.0)])
def test_a_label_counts_where_it_holds_in_most_further_draws(often: float, least: float, most: float) -> None:
    rows = [row for row in rows_of(Swaying(often=often), randomised=True, draws=9) if row.query]
    told = [row for row in rows if row.label_after != row.label_before]
    assert all(row.accepted == (row.flip_share is not None and row.flip_share > 0.5) for row in told)
    assert all(row.flip_share is None and not row.accepted for row in rows if row not in told)
    assert least <= sum(row.accepted for row in rows) / len(rows) <= most


def test_a_randomised_defence_is_measured_several_times(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "shaky.py"
    plugin.write_text(
        dedent(
            """
            from dataclasses import dataclass, field, replace
            from typing import Any, ClassVar

            import torch

            from bench import Traits


            @dataclass(frozen=True)
            class Shaky:
                '''Another class at random, now and then.'''

                traits: ClassVar[Traits] = Traits(randomised=True)

                def fit(self, victim, train, valid, context):
                    return Shaken(victim.fit(train, valid, context))

                def load(self, victim, folder, context):
                    return Shaken(victim.load(folder, context))


            @dataclass(frozen=True)
            class Shaken:
                inner: Any

                def enroll(self, clean):
                    return Shaken(self.inner.enroll(clean))

                def log_probs(self, batch):
                    shaking = [torch.from_numpy(rng.normal(0, 2, 4)) for rng in batch.generators("shaky")]
                    return torch.log_softmax(self.inner.log_probs(batch) + torch.stack(shaking).float(), dim=1)

                def save(self, folder):
                    self.inner.save(folder)


            COMPONENTS = {"defenses": {"shaky": Shaky}}
            """
        )
    )
    asked = {"victim": "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=1", "attack": "fade_in", "k": 1}
    asked |= {"corpus": "emodb", "corpus_root": tiny_corpus, "plugin": plugin, "out": tmp_path / "run"}
    asked |= {"noise_bank": "folder", "noise_root": tiny_noises}
    frame = bench.run(**asked, defense=["none", "shaky"])
    assert frame.groupby("defense")["n"].first().to_dict() == {"none": 16, "shaky": 48}
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 4
    again = bench.run(**asked, defense="shaky", repeats=1)
    assert set(again["n"]) == {16}


@dataclass(frozen=True)
class Cramped(ContraryVictim):
    """Has room for two utterances at a time."""

    asked: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Cramped:
        return self

    def log_probs(self, batch: Batch) -> torch.Tensor:
        self.asked.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return ContraryVictim().log_probs(batch)


def test_what_does_not_fit_into_memory_is_asked_in_halves() -> None:
    victim = Cramped()
    assert rows_of(victim) == rows_of(ContraryVictim())
    tried = [size for size in victim.asked if size > 2]
    assert len(tried) < 4, "found out once, not at every step"
    parted = Batch.of(SAID, sample_keys=[u.id for u in SAID]).part([2, 0])
    assert parted.sample_keys == (SAID[2].id, SAID[0].id)
    assert parted.waveforms.shape[1] == int(parted.lengths.max())
