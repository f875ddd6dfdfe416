"""Checks of parameters: what passes, and what the refusal says."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bench import UsageError, check_fields, chosen, within


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


@dataclass(frozen=True)
class Parameters:
    units: int = 64
    rate: float | None = None
    levels: tuple[float, ...] = (10.0, 20.0)


def test_fields_in_range_pass() -> None:
    check_fields(Parameters(), "victim 'x'", ("units", "rate", "levels"), at_least=1, at_most=64)
    check_fields(Parameters(levels=()), "victim 'x'", ("levels",), at_least=99)
    check_fields(Parameters(rate=0.99), "victim 'x'", ("rate",), at_least=0, below=1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"units": 0}, "parameter 'units': found 0; expected at least 1, below 64; the default is units=64"),
        ({"rate": 64.0}, "parameter 'rate': found 64.0; expected at least 1, below 64; the default is rate=None"),
        ({"rate": math.nan}, "parameter 'rate': found nan; expected at least 1, below 64; the default is rate=None"),
        (
            {"levels": (2.0, 0.5)},
            "parameter 'levels': found 0.5; expected at least 1, below 64; the default is levels=",
        ),
    ],
)
def test_a_field_out_of_range_is_named_with_its_default(given: dict[str, Any], said: str) -> None:
    parameters = replace(Parameters(units=63), **given)
    with pytest.raises(UsageError, match=f"^victim 'x', {re.escape(said)}"):
        check_fields(parameters, "victim 'x'", ("units", "rate", "levels"), at_least=1, below=64)


def test_a_remedy_may_be_one_s_own() -> None:
    with pytest.raises(UsageError, match=r"expected more than 64; try 128$"):
        check_fields(Parameters(), "victim 'x'", ("units",), "try 128", above=64)
    with pytest.raises(UsageError, match=r"; units was 64$"):
        check_fields(Parameters(), "victim 'x'", ("units",), "{name} was {default}", at_most=1)
