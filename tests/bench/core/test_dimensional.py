"""When a number is another answer, and when it is right."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.core.dimensional import margin_of, place_of, truth_of
from bench.core.types import SCRIPTED, SHIFTED, Task, Utterance

SHIFT = Task("v", SHIFTED, "valence", scale=(-1.0, 1.0), shift=0.25)
BINS = Task("v3", ("low", "mid", "high"), "valence", bins=(-0.5, 0.5), scale=(-1.0, 1.0))
NUMBERS = st.floats(-3, 3)


def label(task: Task, value: float, before: float) -> str:
    return task.classes[place_of(task, value, before)]


@pytest.mark.parametrize(
    ("direction", "higher", "lower"),
    [("either", "higher", "lower"), ("up", "higher", "same"), ("down", "same", "lower")],
)
def test_a_shift_is_measured_from_the_clean_answer(direction: str, higher: str, lower: str) -> None:
    task = replace(SHIFT, direction=direction)
    assert (label(task, 0.76, 0.5), label(task, 0.24, 0.5)) == (higher, lower)
    assert label(task, 0.75, 0.5) == label(task, 0.25, 0.5) == "same"


@given(NUMBERS, NUMBERS)
def test_a_number_far_from_every_edge_keeps_its_class(value: float, before: float) -> None:
    for task in (SHIFT, BINS, replace(SHIFT, direction="down")):
        near = 0.99 * 2 * margin_of(task, value, before)
        assert place_of(task, value + near, before) == place_of(task, value, before)
        assert place_of(task, value - near, before) == place_of(task, value, before)


def test_an_answer_is_right_near_the_rating_whichever_way_attacks_go() -> None:
    for direction in ("either", "up", "down"):
        task = replace(SHIFT, direction=direction)
        found = [truth_of(task, 0.0, before) for before in (-0.3, -0.25, 0.25, 0.3)]
        assert found == ["higher", "same", "same", "lower"]
    assert (truth_of(BINS, 0.6, -0.9), label(BINS, 0.6, -0.9)) == ("high", "high")


def test_ratings_are_read_on_the_tasks_scale() -> None:
    said = Utterance("u", torch.zeros(1), "s", activation=2.0, valence=3.0, dominance=5.0)
    assert SHIFT.rating_of(said) == 0
    assert replace(SHIFT, attribute="dominance").rating_of(said) == 1
    assert Task("a", SHIFTED, "activation", scale=(1.0, 7.0), shift=1.0).rating_of(said) == 2.5
    assert (SHIFT.label_of(said), BINS.label_of(said), SHIFT.index_of(said)) == ("same", "mid", 1)
    assert SHIFT.label_of(replace(said, valence=None)) is None
    scripted = replace(said, metadata={"style": SCRIPTED})
    assert replace(SHIFT, improvised_only=True).label_of(scripted) is None
