"""The worst figure of a defence, by name; what sessions refuse of those who attack nobody; and the white-box bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor

from bench import REFUSED, Batch, ComponentError, ThreatModel, Utterance, keyed
from bench.referee.blinding import Instance
from bench.referee.sessions import lost_in_sessions
from bench.scoring.inference.estimates import Estimate
from bench.studies.defense_accounts.account import AccountLine, AccountSetting, RoleFigures
from bench.studies.defense_accounts.figures import FiguresAt
from bench.studies.defense_accounts.sessions import with_refusals
from bench.studies.defense_accounts.strongest import strongest
from bench.studies.defense_accounts.white_box import Climb
from bench.testing import CPU, TASK, ContraryVictim, sample_utterances
from defenses.stateful_detector import Remembering, StatefulDetector

SAID = sample_utterances(2, 2, "test")


@dataclass(frozen=True)
class Said:
    """An account, as far as it is compared."""

    setting: AccountSetting
    lines: tuple[AccountLine, ...]


def figure(value: float) -> Estimate:
    return Estimate(value, 0.0, 1.0, n=8)


def said(noises: str, *attacks: tuple[str, str, ThreatModel, float, float]) -> Said:
    found = {
        role: RoleFigures(attack, (FiguresAt(5, figure(acc), figure(robust)),), model)
        for role, attack, model, acc, robust in attacks
    }
    setting = AccountSetting("v", "a", _Names(), (0,), (0,), noises, False)  # type: ignore[arg-type]
    return Said(setting, (AccountLine("d", False, 1, None, found, None, False),))  # type: ignore[arg-type]


class _Names:
    def to_json(self) -> dict[str, object]:
        return {"corpus": "c"}


def test_the_strongest_of_each_threat_model_and_noises_is_named() -> None:
    plain, rehearsed = ThreatModel(), ThreatModel(("validation",), allowed="additive", rehearsal=9)
    accounts = [
        said("imperceptible", ("through", "weak", plain, 0.3, 0.6), ("seen", "strong", plain, 0.4, 0.5)),
        said("imperceptible", ("through", "known", plain, 0.2, 0.7), ("seen", "known", plain, 0.2, 0.7)),
        said("imperceptible", ("through", "equal", plain, 0.5, 0.5), ("aware", "listed", rehearsed, 0.8, 0.1)),
        said("additive", ("through", "loud", plain, 0.9, 0.05)),
    ]
    found = [(one.noises, one.attack, one.role, one.among) for one in strongest(accounts)]  # type: ignore[arg-type]
    assert found == [
        ("imperceptible", "equal", "through", 4),
        ("imperceptible", "listed", "aware", 1),
        ("additive", "loud", "through", 1),
    ]


def test_clean_speech_that_is_said_twice_in_a_session_is_refused_and_counted() -> None:
    own = [replace(one, waveform=_rhythm(number)) for number, one in enumerate(SAID[:3])]
    twice = [*own, replace(own[0], id="again"), replace(own[0], id="another's", speaker=SAID[-1].speaker)]
    victim = Remembering(StatefulDetector(), ContraryVictim(), 0.05)
    assert lost_in_sessions(Instance(victim), Instance(victim), TASK, twice, CPU) == {"again"}
    assert lost_in_sessions(*[Instance(ContraryVictim())] * 2, TASK, twice, CPU) == set()
    rows = pd.DataFrame({"fold": [0, 0, 1], "seed": 0, "utterance": ["again", "x", "again"], "label_before": "a"})
    assert with_refusals(rows, 0, 0, frozenset({"again"}))["label_before"].tolist() == [REFUSED, "a", "a"]


def _rhythm(key: int) -> Tensor:
    """Noise that comes and goes, in a rhythm of its own."""
    rng = keyed("rhythm", key)
    gains = torch.from_numpy(rng.random(30, dtype="float32")).square().repeat_interleave(800)
    return torch.from_numpy(rng.standard_normal(24_000, dtype="float32")) * gains * 0.1


@dataclass(frozen=True)
class Band:
    """Says which half of a second is louder in a low band: gradients pass."""

    def enroll(self, clean: Sequence[Utterance]) -> Band:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        slow = torch.nn.functional.avg_pool1d(batch.waveforms[:, None], 16)[:, 0]
        first, second = slow.chunk(2, dim=1)
        energies = torch.stack([first.square().sum(dim=1), second.square().sum(dim=1)], dim=1)
        return torch.log_softmax(energies.add(1e-9).log() * 4, dim=1)

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Rounded:
    """A layer that no gradient passes."""

    victim: Band | Guard

    def enroll(self, clean: Sequence[Utterance]) -> Rounded:
        return self

    def purified(self, batch: Batch) -> Batch:
        return replace(batch, waveforms=(batch.waveforms.detach() * 512).round() / 512)

    def log_probs(self, batch: Batch) -> Tensor:
        return self.victim.log_probs(self.purified(batch))

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Guard:
    """A layer that refuses what is rough, and shows how much it suspects."""

    victim: Band
    most: float

    def enroll(self, clean: Sequence[Utterance]) -> Guard:
        return self

    def suspicion(self, batch: Batch) -> Tensor:
        rough: Tensor = torch.diff(batch.waveforms, dim=1).square().sum(dim=1).add(1e-9).log() - self.most
        return rough

    def log_probs(self, batch: Batch) -> Tensor:
        return self.victim.log_probs(batch)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), self.suspicion(batch) > 0

    def save(self, folder: Path) -> None: ...


def _halves() -> list[Utterance]:
    """Speech-like sounds, the first half a little louder than the second."""
    found = []
    for one in SAID[:4]:
        sound = one.waveform[:4_800]
        half = sound[: len(sound) // 2]
        found.append(replace(one, waveform=torch.cat([half, half * 0.9])))
    return found


def test_gradients_find_what_there_is_through_layers_that_hide_them() -> None:
    asked, climb = _halves(), Climb(min_snr_db=10.0, steps=12)
    assert climb.fools(Instance(Band()), asked, [0] * 4, CPU) == [True] * 4
    assert climb.fools(Instance(Rounded(Band())), asked, [0] * 4, CPU) == [True] * 4
    assert Climb(60.0, 12).fools(Instance(Band()), asked, [0] * 4, CPU) == [False] * 4, "so little changes nothing"
    clean = max(float(Guard(Band(), 0.0).suspicion(Batch.of([one]))) for one in asked)
    assert climb.fools(Instance(Guard(Band(), clean + 0.3)), asked, [0] * 4, CPU) == [True] * 4
    assert climb.fools(Instance(Guard(Band(), -9.0)), asked, [0] * 4, CPU) == [False] * 4, "refused is not fooled"
    with pytest.raises(ComponentError, match="no gradient passes"):
        climb.fools(Instance(ContraryVictim()), asked, [0] * 4, CPU)
