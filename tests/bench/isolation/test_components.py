"""Components of ours in a process of their own: what they answer there is what they answer here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.component import Component, check_pair
from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import UsageError
from bench.core.types import SAMPLE_RATE
from bench.evaluation.cell.cells import FittedKey
from bench.isolation.components import Isolation
from bench.isolation.process import IsolatedProcess
from bench.isolation.room import Room
from bench.isolation.victim import IsolatedVictim
from bench.testing import TASK, sample_context, sample_noises, sample_utterances
from tests.bench.isolation.conftest import give_back

Fitting = Callable[..., Any]
CNN = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
TRAIN, VALID, ASKED = (sample_utterances(2, 1, key) for key in ("train", "valid", "asked"))
BATCH = Batch.of(ASKED)


@pytest.fixture(scope="module")
def alone() -> Registry:
    """One whose processes are those of a run: each component's are its own."""
    return Registry.discover(isolation=Isolation())


@pytest.fixture
def fitted() -> Iterator[Callable[..., Any]]:
    """Fit a victim, under a defence or bare, there or here."""
    used: list[tuple[Room, IsolatedProcess]] = []

    def fit(registry: Registry, victim: str, defense: str = "", load: Path | None = None) -> Any:
        key = key_of(registry, victim, defense)
        key.check()
        context = replace(sample_context(), victim=key.victim.spec)
        with torch.enable_grad():
            found = key.recipe.load(load, context) if load else key.recipe.fit(TRAIN, VALID, context)
        known = found.enroll(ASKED)
        if isinstance(known, IsolatedVictim):
            used.append((key.recipe.room, known.process))  # type: ignore[attr-defined]
        return known

    yield fit
    for room, process in used:
        give_back(room, process)


def key_of(registry: Registry, victim: str, defense: str = "") -> FittedKey:
    around = registry.component("defenses", defense) if defense else None
    return FittedKey(registry.component("victims", victim), around, TASK, "k-fold", 0, 0)


@torch.no_grad()
def test_a_victim_answers_there_bit_by_bit_what_it_answers_here(
    registry: Registry, fitted: Fitting, tmp_path: Path, sandboxes: None
) -> None:
    there, here = fitted(registry, f"isolated:{CNN}"), fitted(registry, CNN)
    assert torch.equal(there.log_probs(BATCH), here.log_probs(BATCH))
    part = BATCH.part([3, 1])
    assert torch.allclose(there.log_probs(part), here.log_probs(BATCH)[[3, 1]], atol=1e-4)
    there.save(tmp_path)
    again = fitted(registry, f"isolated:{CNN}", load=tmp_path)
    assert torch.equal(again.log_probs(BATCH), here.log_probs(BATCH))
    assert again.process is not there.process
    assert there.traits == here.traits
    assert not isinstance(there, Refusing | Purifying)


@torch.no_grad()
@pytest.mark.parametrize(
    ("victim", "defense"),
    [(CNN, "isolated:noise_augmentation"), (f"isolated:{CNN}", "rnnoise + noise_augmentation:snrs_db=10")],
)
def test_a_pair_runs_there_as_it_does_here(
    registry: Registry, fitted: Fitting, victim: str, defense: str, sandboxes: None
) -> None:
    bare = [one.replace("isolated:", "") for one in (victim, defense)]
    there, here = fitted(registry, victim, defense), fitted(registry, *bare)
    assert torch.equal(there.log_probs(BATCH), here.log_probs(BATCH))
    assert isinstance(there, Purifying) == isinstance(here, Purifying)
    if isinstance(here, Purifying):
        pairs = zip(there.trace(BATCH), here.trace(BATCH), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)


KEYED = Batch.of(ASKED, sample_keys=[f"key {n}" for n in range(len(ASKED))])


@torch.no_grad()
def test_one_that_refuses_refuses_there_what_it_refuses_here(
    registry: Registry, fitted: Fitting, sandboxes: None
) -> None:
    spec = "smoothing:copies=11,sigma=0.05"
    there, here = fitted(registry, CNN, f"isolated:{spec}"), fitted(registry, CNN, spec)
    assert isinstance(there, Refusing)
    (log_probs, refused), (expected, refused_here) = there.answer_or_refuse(KEYED), here.answer_or_refuse(KEYED)
    assert torch.allclose(log_probs, expected, atol=1e-4)
    assert refused.dtype == torch.bool
    assert torch.equal(refused, refused_here)


def test_a_component_tells_what_it_is(alone: Registry, sandboxes: None) -> None:
    component = alone.component("defenses", "isolated:noise_augmentation:snrs_db=10")
    plain = alone.component("defenses", "noise_augmentation:snrs_db=10")
    assert component.isolated
    assert not plain.isolated
    assert component.spec == f"isolated:{plain.spec}"
    assert component.name == plain.name
    assert component.traits == plain.traits
    assert component.made_of == plain.made_of
    assert component.seen(sample_noises()) == plain.seen(sample_noises())
    told, here = component.identity, plain.identity
    assert told["params"] == here["params"]
    assert told["code"].startswith(here["code"])
    assert told["isolated"]
    assert alone.component("defenses", component.spec) == component
    assert component != plain
    asked = component.object.room.spare
    other = alone.component("defenses", "isolated:noise_augmentation:snrs_db=20")
    assert other.object.room.spare is asked, "its other parameters are asked of the same process"
    assert len(asked) == 1
    assert not asked[0].ended


def test_a_defence_refuses_from_there(alone: Registry, sandboxes: None) -> None:
    defense = alone.component("defenses", "isolated:rnnoise")
    victim = Component("victims", "bert_text", "", alone.build("victims", "bert_text"))
    with pytest.raises(UsageError, match=r"isolated:rnnoise.*one that hears"):
        check_pair(victim, defense)
    check_pair(alone.component("victims", CNN), defense)
    asked = defense.object.room.spare
    assert len(asked) == 1, "all of this was asked of one process"
    assert defense.object.pair(alone.component("victims", CNN), defense).room.spare is asked, "which fits the pair too"


def test_a_parameter_that_does_not_fit_is_named(registry: Registry, sandboxes: None) -> None:
    with pytest.raises(UsageError, match=r"parameter 'hidden'.*at least 1"):
        registry.component("victims", "isolated:cnn_gru:hidden=0")


def test_a_file_that_a_spec_names_is_seen_and_no_other(
    registry: Registry, fitted: Fitting, tmp_path: Path, sandboxes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        "import os, numpy",
        "def predict(waveforms, rate):",
        f"    assert os.listdir({str(tmp_path)!r}) == ['model.py'], os.listdir({str(tmp_path)!r})",
        f"    return numpy.array([numpy.roll([0.7, 0.1, 0.1, 0.1], len(w) > {SAMPLE_RATE // 2}) for w in waveforms])",
        f"predict.labels = {list(TASK.classes)}",
    ]
    (tmp_path / "model.py").write_text("\n".join(lines))
    (tmp_path / "private.txt").write_text("secret")
    monkeypatch.chdir(tmp_path)
    for name in (str(tmp_path / "model.py"), "model.py"):
        there = fitted(registry, f"isolated:python:{name}:predict")
        answers = there.log_probs(BATCH)
        assert answers.shape == (len(ASKED), 4)
    hiding = Registry.discover(isolation=Isolation((tmp_path,)))
    with pytest.raises(UsageError, match="files that lie elsewhere"):
        hiding.component("victims", f"isolated:python:{tmp_path / 'model.py'}:predict")
