"""Defences on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bench import FitContext, TrainableVictim, Traits, UsageError, Utterance, Victim, traits_of
from bench.contracts.component import Component, joined
from bench.contracts.pipeline import Defended, DefensePipeline, modalities_of
from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.testing import check_defense, sample_context, sample_noises, sample_utterances
from defenses.multi_condition import MultiCondition
from victims.cnn_gru import CnnGru

BUILT_IN = Registry.discover()
SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=2)


@dataclass(frozen=True)
class Marks:
    """Marks the utterances that pass through it."""

    name: str
    passed: list[str] = field(default_factory=list)
    traits: ClassVar[Traits] = Traits(randomised=True, modalities=("text",))

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        return frozenset({self.name})

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        self.passed.append(self.name)
        marked = [replace(u, metadata={"by": u.metadata.get("by", "") + self.name}) for u in train]
        return victim.fit(marked, valid, context)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        return victim.load(folder, context)


@dataclass(frozen=True)
class Hears:
    """Remembers what it was trained on."""

    heard: list[str] = field(default_factory=list)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Any:
        self.heard.append(train[0].metadata["by"])
        return self

    def load(self, folder: Path, context: FitContext) -> Any:
        return self


def test_the_last_has_the_training_speech_first() -> None:
    victim, stack = Hears(), DefensePipeline((Marks("a"), Marks("b"), Marks("c")), ("a", "b", "c"))
    stack.fit(victim, sample_utterances(), [], sample_context())
    assert victim.heard == ["cba"]


def test_what_a_stack_says_of_itself_is_what_its_parts_say() -> None:
    stack = DefensePipeline((MultiCondition(), Marks("a"), Marks("b")), ("multi_condition", "a", "b"))
    assert stack.traits.randomised
    assert not DefensePipeline(
        (MultiCondition(), MultiCondition()), ("multi_condition", "multi_condition")
    ).traits.randomised
    parts = [Component("defenses", name, "here", built) for name, built in zip(stack.names, stack.parts, strict=True)]
    assert {"a", "b"} <= joined("defenses", "multi_condition+a+b", parts).seen(sample_noises())
    assert modalities_of(SMALL, stack) == ("sound", "text")
    assert modalities_of(SMALL, None) == ("sound",)
    assert Defended(SMALL, Marks("a")).traits.modalities == ("sound", "text")
    assert not Defended(SMALL, Marks("a")).traits.renews
    assert traits_of(SMALL).renews


def test_a_stack_of_built_ins_passes_the_checks_of_a_defence() -> None:
    check_defense(BUILT_IN.build("defenses", "multi_condition:max_snr_db=10 + multi_condition:fraction=0.5"), SMALL)


def test_a_stack_has_a_spec_and_an_identity_of_its_parts() -> None:
    text = "multi_condition:max_snr_db=10.0 + multi_condition:fraction=1"
    component = BUILT_IN.component("defenses", text)
    assert component.spec == "multi_condition:max_snr_db=10.0 + multi_condition"
    parts = component.identity["parts"]
    assert [part["params"]["max_snr_db"] for part in parts] == [10.0, 20.0]


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="nosuch"):
        BUILT_IN.build("defenses", "multi_condition+nosuch")
