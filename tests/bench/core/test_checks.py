"""Checks of parameters: what passes, and what the refusal says."""

from __future__ import annotations

import math

import pytest

from bench import UsageError, chosen, within


@pytest.mark.parametrize("value", [0.25, 1.25, 4])
def test_what_is_in_range_passes(value: float) -> None:
    within("attack 'x'", "rate", value, "try 2", at_least=0.25, at_most=4, but_not=1)


@pytest.mark.parametrize("value", [0.24, 4.01, 1, math.nan, math.inf, -math.inf])
def test_what_is_out_of_range_is_named_with_its_range_and_a_remedy(value: float) -> None:
    with pytest.raises(UsageError) as error:
        within("attack 'x'", "rate", value, "try 2", at_least=0.25, at_most=4, but_not=1)
    assert str(error.value) == (
        f"attack 'x', parameter 'rate': found {value}; expected at least 0.25, at most 4, not 1; try 2"
    )


def test_a_bound_that_is_not_itself_allowed() -> None:
    within("attack 'x'", "rate", 1e-9, "try 2", above=0)
    with pytest.raises(UsageError, match="more than 0"):
        within("attack 'x'", "rate", 0, "try 2", above=0)
    with pytest.raises(UsageError, match="found nan"):
        within("attack 'x'", "rate", math.nan, "try 2", above=0)


def test_names_are_chosen_from_those_that_there_are() -> None:
    chosen("attack 'x'", "rules", ["b", "a", "a"], ("a", "b"))
    with pytest.raises(UsageError, match=r"attack 'x', parameter 'rules': found c, d; expected a, b"):
        chosen("attack 'x'", "rules", ["d", "a", "c"], ("a", "b"))
    with pytest.raises(UsageError, match="found none"):
        chosen("attack 'x'", "rules", [], ("a", "b"))
