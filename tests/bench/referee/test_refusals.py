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
from bench.scoring.rows import Row
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
        no = [u.id == LOUDEST.id or (u.perturbation is not None and u.speaker.endswith("1")) for u in batch.utterances]
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


def rows_of(victim: Any, batch_size: int = 64, sample_key: str = "") -> list[Row]:
    referee = Referee(victim, TASK, CPU, batch_size, sample_key=sample_key)
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
    rows = rows_of(victim)
    assert len(set(victim.drawn)) == 5, "a clean query and four"
    labels = {row.label_after for row in rows if row.utterance == SAID[0].id}
    assert len(labels) > 1, "the same candidate, other answers"
    assert rows_of(Restless(), batch_size=1) == rows
    assert rows_of(Restless(), sample_key="another") != rows


def test_a_randomised_defence_is_measured_several_times(tiny_corpus: Path, tmp_path: Path) -> None:
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
