"""Attacks whose values say one thing when they are looked at, and another when they are used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch

from bench import AttackTools, ComponentError, Heard, Overlay, Recipe, Rng, Samples, Words
from bench.contracts.recipes import RecipeError
from tests.bench.referee.cheating import SPEECH, Steps, asking, judged, loud
from tests.bench.referee.test_cheating_recipes import Liar


class FromAfar(int):
    """A number below 0 that says that it is not."""

    def __lt__(self, other: int) -> bool:
        return False

    def __ge__(self, other: int) -> bool:
        return True


class Endless(float):
    """A number that is finite until it is taken."""

    def __float__(self) -> float:
        return float("inf")


class Plain(str):
    """A text that says that it is nothing, wherever somebody looks."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other == "" or str.__eq__(self, other)

    __hash__ = str.__hash__

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return self


def forged(**values: Any) -> Recipe:
    """A recipe whose overlay was given other values after it was checked."""
    overlay = Overlay("natural-1", 12.0)
    vars(overlay).update(values)
    return Recipe(overlay)


@pytest.mark.parametrize(
    "values",
    [
        {"segment": (FromAfar(-2_000), FromAfar(2_000))},
        {"offset": FromAfar(-1)},
        {"offset": 10**5_000},
        {"snr_db": Endless(12.0)},
        {"snr_db": -7_000.0},
        {"filter": (Endless(1.0),)},
        {"filter": (1e39, 1.0)},
        {"filter": iter([1.0] * 5_000)},
        {"clip": "natural-\ud800"},
    ],
)
def test_a_value_that_lies_about_itself_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ComponentError, match=r"attack 'cheat' on utterance .*a Recipe"):
        judged(asking(forged(**values)))


def test_a_shape_that_says_that_it_is_none_is_one() -> None:
    rows = judged(asking(forged(shape=Plain("gate"))))
    assert {(row.imperceptible, json.loads(row.recipe or "")[0]["shape"]) for row in rows} == {(False, "gate")}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Overlay("natural-1", -7_000),
        lambda: Overlay("natural-1", 10**400),
        lambda: Words(((0, 1, "\ud800"),)),
        lambda: Recipe.read("[{}]"),
        lambda: Recipe.read("[[]]"),
        lambda: Recipe.read('[{"sound":"rain"}]'),
        lambda: Recipe.read('[{"overlay":"rain","snr_db":1' + "0" * 400 + "}]"),
    ],
)
def test_what_could_not_be_written_or_rendered_is_no_recipe(make: Callable[[], object]) -> None:
    with pytest.raises(RecipeError):
        make()


class TwoFaced(Heard):
    """Speech whose samples are real when they are looked at first, and a tensor that lies afterwards."""

    @property
    def waveform(self) -> torch.Tensor:  # type: ignore[override]
        looks = vars(self)["looks"] = vars(self).get("looks", 0) + 1
        samples: torch.Tensor = vars(self)["samples"]
        return samples if looks == 1 else samples.as_subclass(Liar)


def two_faced(original: Heard) -> Heard:
    found = TwoFaced.__new__(TwoFaced)
    vars(found).update(samples=loud(original.waveform), speaker="", transcript=original.transcript, words=None)
    return found


def of_its_own(original: Heard) -> Recipe:
    """Free samples with a method of their own."""
    samples = loud(original.waveform)
    samples.detach = lambda: samples.as_subclass(Liar)  # type: ignore[method-assign]
    return Recipe(Samples(samples))


@pytest.mark.parametrize("make", [two_faced, of_its_own])
def test_no_other_tensor_takes_the_place_of_the_one_that_was_looked_at(
    make: Callable[[Heard], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that lies runs code of its own in the referee's hands: beside it lies what others are measured by."""
    touched: list[str] = []
    lie = Liar.__torch_function__.__func__  # type: ignore[attr-defined]

    def told(kind: Any, func: Any, *rest: Any) -> Any:
        touched.append(func.__name__)
        return lie(kind, func, *rest)

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        asked = make(original)
        touched.clear()
        monkeypatch.setattr(Liar, "__torch_function__", classmethod(told))
        yield asked

    rows = judged(steps)
    assert len(rows) == len(SPEECH)
    assert touched == []
    assert not any(row.accepted for row in rows)


@pytest.mark.parametrize("samples", [torch.ones(500).to_sparse(), torch.ones(500, device="meta")])
def test_samples_that_are_nowhere_are_named(samples: torch.Tensor) -> None:
    with pytest.raises(ComponentError, match="a waveform that is torch"):
        judged(asking(Recipe(Samples(samples))))


def test_a_change_of_words_under_a_sound_that_nobody_hears_is_not_additive() -> None:
    rows = judged(asking(Recipe(Overlay("natural-1", 120.0), Words(((0, 1, "hate"),)))))
    assert rows
    assert {(row.imperceptible, row.additive) for row in rows} == {(False, False)}
