"""Components of ours in a process of their own: what they answer there is what they answer here."""

from __future__ import annotations

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
from bench.evaluation.cells import FittedKey
from bench.isolation.components import Isolation
from bench.testing import TASK, sample_context, sample_noises, sample_utterances

CNN = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
TRAIN, VALID, ASKED = (sample_utterances(2, 1, key) for key in ("train", "valid", "asked"))
BATCH = Batch.of(ASKED)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover(isolation=Isolation())


def key_of(registry: Registry, victim: str, defense: str = "") -> FittedKey:
    around = registry.component("defenses", defense) if defense else None
    return FittedKey(registry.component("victims", victim), around, TASK, "k-fold", 0, 0)


@torch.enable_grad()
def fitted(registry: Registry, victim: str, defense: str = "") -> Any:
    key = key_of(registry, victim, defense)
    key.check()
    return key.recipe.fit(TRAIN, VALID, replace(sample_context(), victim=key.victim.spec)).enroll(ASKED)


@torch.no_grad()
def test_a_victim_answers_there_bit_by_bit_what_it_answers_here(
    registry: Registry, tmp_path: Path, sandboxes: None
) -> None:
    there, here = fitted(registry, f"isolated:{CNN}"), fitted(registry, CNN)
    assert torch.equal(there.log_probs(BATCH), here.log_probs(BATCH))
    part = BATCH.part([3, 1])
    assert torch.allclose(there.log_probs(part), here.log_probs(BATCH)[[3, 1]], atol=1e-4)
    there.save(tmp_path)
    again = key_of(registry, f"isolated:{CNN}").recipe.load(tmp_path, sample_context()).enroll(ASKED)
    assert torch.equal(again.log_probs(BATCH), here.log_probs(BATCH))
    assert again.process is not there.process
    assert there.traits == here.traits
    assert not isinstance(there, Refusing | Purifying)


@torch.no_grad()
@pytest.mark.parametrize(
    ("victim", "defense"),
    [(CNN, "isolated:noise_augmentation"), (f"isolated:{CNN}", "rnnoise + noise_augmentation:snrs_db=10")],
)
def test_a_pair_runs_there_as_it_does_here(registry: Registry, victim: str, defense: str, sandboxes: None) -> None:
    bare = [one.replace("isolated:", "") for one in (victim, defense)]
    there, here = fitted(registry, victim, defense), fitted(registry, *bare)
    assert torch.equal(there.log_probs(BATCH), here.log_probs(BATCH))
    assert isinstance(there, Purifying) == isinstance(here, Purifying)
    if isinstance(here, Purifying):
        pairs = zip(there.trace(BATCH), here.trace(BATCH), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)


KEYED = Batch.of(ASKED, sample_keys=[f"key {n}" for n in range(len(ASKED))])


@torch.no_grad()
def test_one_that_refuses_refuses_there_what_it_refuses_here(registry: Registry, sandboxes: None) -> None:
    spec = "smoothing:copies=11,sigma=0.05"
    there, here = fitted(registry, CNN, f"isolated:{spec}"), fitted(registry, CNN, spec)
    assert isinstance(there, Refusing)
    (log_probs, refused), (expected, refused_here) = there.answer_or_refuse(KEYED), here.answer_or_refuse(KEYED)
    assert torch.allclose(log_probs, expected, atol=1e-4)
    assert refused.dtype == torch.bool
    assert torch.equal(refused, refused_here)


def test_a_component_tells_what_it_is(registry: Registry, sandboxes: None) -> None:
    component = registry.component("defenses", "isolated:noise_augmentation:snrs_db=10")
    plain = registry.component("defenses", "noise_augmentation:snrs_db=10")
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
    assert registry.component("defenses", component.spec) == component
    assert component != plain
    asked = component.object.room.spare
    other = registry.component("defenses", "isolated:noise_augmentation:snrs_db=20")
    assert other.object.room.spare is asked, "its other parameters are asked of the same process"
    assert len(asked) == 1
    assert not asked[0].ended


def test_a_defence_refuses_from_there(registry: Registry, sandboxes: None) -> None:
    defense = registry.component("defenses", "isolated:rnnoise")
    victim = Component("victims", "bert_text", "", registry.build("victims", "bert_text"))
    with pytest.raises(UsageError, match=r"isolated:rnnoise.*one that hears"):
        check_pair(victim, defense)
    check_pair(registry.component("victims", CNN), defense)
    asked = defense.object.room.spare
    assert len(asked) == 1, "all of this was asked of one process"
    assert defense.object.pair(registry.component("victims", CNN), defense).room.spare is asked, (
        "which fits the pair too"
    )


def test_a_parameter_that_does_not_fit_is_named(registry: Registry, sandboxes: None) -> None:
    with pytest.raises(UsageError, match=r"parameter 'hidden'.*at least 1"):
        registry.component("victims", "isolated:cnn_gru:hidden=0")


def test_a_file_that_a_spec_names_is_seen_and_no_other(
    registry: Registry, tmp_path: Path, sandboxes: None, monkeypatch: pytest.MonkeyPatch
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
