"""Attacks that lie about what they ask for: recipes, parts and tensors that are not what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch

from bench import (
    AttackTools,
    ComponentError,
    Effect,
    EffectTools,
    Heard,
    Overlay,
    Perturbation,
    Recipe,
    Rng,
    Samples,
)
from bench.contracts.perception import p1
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, ContraryVictim, sample_tools
from tests.bench.referee.cheating import SPEECH, Steps, asking, judged, loud


class Liar(torch.Tensor):
    """A tensor whose difference to anything is nothing."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.sub, torch.Tensor.__sub__, torch.sub):
            return torch.zeros(1)
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize("dressed", ["utterance", "samples"])
def test_a_tensor_that_lies_is_refused(dressed: str) -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        bad = loud(original.waveform).as_subclass(Liar)
        yield Recipe(Samples(bad)) if dressed == "samples" else replace(original, waveform=bad)

    with pytest.raises(ComponentError, match="a waveform that is a Liar"):
        judged(steps)


def test_a_part_that_lies_is_refused() -> None:
    class Louder(Overlay):
        @property
        def told(self) -> float:
            return -20.0

    class Moody(Recipe):
        pass

    for recipe in (Recipe(Louder("natural-1", 12.0)), Moody(Louder("natural-1", 12.0))):
        with pytest.raises(ComponentError, match="a Louder"):
            judged(asking(recipe))


def test_a_recipe_changed_after_it_was_checked_is_checked_again() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        overlay = Overlay("natural-1", 12.0)
        object.__setattr__(overlay, "snr_db", float("nan"))
        yield Recipe(overlay)

    with pytest.raises(ComponentError, match="snr_db"):
        judged(steps)


def test_a_recipe_changed_while_it_is_asked_about_stays_what_it_was() -> None:
    kept: list[Overlay] = []

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        overlay = Overlay("natural-1", 3.0)
        kept.append(overlay)
        answer = yield Recipe(overlay)
        object.__setattr__(overlay, "snr_db", 40.0)
        assert answer.snr_db == pytest.approx(3.0, abs=0.1)

    assert {row.recipe for row in judged(steps)} == {'[{"overlay":"natural-1","snr_db":3.0}]'}


def test_a_name_that_changes_when_it_is_read_is_one_name() -> None:
    class Name(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "human-1"

    rows = judged(asking(Recipe(Overlay(Name("natural-1"), 12.0))))
    assert {(row.category, row.source) for row in rows} == {("natural", "natural-1")}


def test_a_waveform_laundered_through_a_filter_is_not_imperceptible() -> None:
    """An impulse through a free filter is any sound there is."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        taps = loud(original.waveform)[:1024].tolist()
        yield Recipe(Overlay("natural-1", 10.5, filter=taps))
        yield Recipe(Overlay("natural-1", 10.5, segment=(0, 1)))
        yield Recipe(Overlay("natural-1", 10.5), Overlay("natural-2", 40.0))

    assert {(row.imperceptible, row.additive) for row in judged(steps)} == {(False, True)}
    with pytest.raises(ComponentError, match="taps"):
        judged(asking(_long_filter()))


def _long_filter() -> Recipe:
    overlay = Overlay("natural-1", 10.5)
    object.__setattr__(overlay, "filter", (1.0,) * 2_000)
    return Recipe(overlay)


def test_a_studied_effect_at_another_strength_is_not_imperceptible() -> None:
    specs = ["fade_in:percent_per_s=100.0", "speed_segment:rate=4.0,share=1.0", "reverb:room=simulated,t60_s=10.0"]
    rows = judged(asking(*(Recipe(Effect(spec)) for spec in specs)))
    assert {row.imperceptible for row in rows} == {False}


@dataclass(frozen=True)
class BorrowedName:
    """An effect that puts another sound in the speech's place, and says that it faded it in."""

    traits: ClassVar[Any] = None

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        original.waveform.zero_()
        for clip in tools.noises.clips:
            clip.waveform.zero_()
        return replace(original, waveform=torch.rand(700), perturbation=Perturbation("fade_in", "signal", "2%/s"))


def test_an_effect_under_another_one_s_name() -> None:
    tools = sample_tools(3)
    own = replace(tools, component=lambda spec: BorrowedName())
    rows = Referee(ContraryVictim(), TASK, CPU).run(AttackRun(BorrowedName(), "mine", own, 0, SPEECH), SPEECH)
    asked = [row for row in rows if row.query]
    assert any(row.label_after != row.label_before for row in asked)
    assert {(row.perturbation, row.accepted, row.imperceptible) for row in asked} == {("mine", False, False)}
    assert all(float(said.waveform.abs().max()) > 0 for said in SPEECH)


def test_what_people_hear_is_not_for_an_attack_to_write() -> None:
    """A change of length that a study has looked at would count whatever is heard."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        study = tools.perception
        study.perceptible["shaped_noise"] = 1.0  # type: ignore[index]
        object.__setattr__(study, "imperceptible", frozenset({"gain:gain_db=-30.0"}))
        yield Recipe(Effect("gain:gain_db=-30.0"))
        yield Recipe(Effect("shaped_noise:snr_db=-20.0"), Effect("speed_utterance"))

    before = p1().fingerprint
    assert {(row.imperceptible, row.accepted) for row in judged(steps)} == {(False, False)}
    assert p1().fingerprint == before


def test_many_effects_on_top_of_each_other_have_an_end() -> None:
    with pytest.raises(ComponentError, match=r"speed_utterance.* s of "):
        judged(asking(Recipe(*[Effect("speed_utterance:rate=0.25")] * 64)))


def test_nan_in_samples_of_another_length_is_named() -> None:
    with pytest.raises(ComponentError, match="NaN"):
        judged(asking(Recipe(Samples(torch.full((99,), float("nan"))))))
