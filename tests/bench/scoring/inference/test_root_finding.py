"""Roots: the steps of SciPy's, to the last bit, so that no p is another for having no import."""

from __future__ import annotations

import math

import pytest
from scipy import optimize

from bench.scoring.inference.root_finding import root


@pytest.mark.parametrize("number", range(12))
def test_roots_are_those_of_scipy(number: int) -> None:
    def function(x: float) -> float:
        return (number - 5.5) * x**3 + math.exp(number / 3 * x) - 0.7 * number

    low, high = -3.0, 3.0 if number else 0.1
    if function(low) * function(high) < 0:
        assert root(function, low, high, 1e-12) == optimize.brentq(function, low, high, xtol=1e-12)
    else:
        with pytest.raises(ValueError, match="at the ends"):
            root(function, low, high, 1e-12)


def test_an_end_may_be_the_root() -> None:
    assert root(lambda x: x, 0.0, 1.0, 1e-9) == 0.0
    assert root(lambda x: x, -1.0, 0.0, 1e-9) == 0.0
