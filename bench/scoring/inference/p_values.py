"""p-values: adjusted for their number, as they are printed, and P1's own over utterances."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

SMALLEST_PRINTED = 0.001
"""Below it a p is printed as "< 0.001": its further digits rest on assumptions that no data can check."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number by Holm's (1979) step-down rule.

    The j-th smallest of m becomes max over i ≤ j of min(1, (m − i + 1) · p_(i)).

    Args:
        p_values: m of them, of one family.

    Returns:
        As many, in the same order, none below what was given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def holm_of_known(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust those p-values that there are; what could not be tested is no part of the family.

    >>> holm_of_known([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]


def shown_p(p: float) -> str:
    """Write a p as tables print it, with its sign of relation; never as 0.

    >>> shown_p(0.0004), shown_p(0.0312), shown_p(0.6)
    ('< 0.001', '= 0.031', '= 0.60')
    """
    if p < SMALLEST_PRINTED:
        return f"< {SMALLEST_PRINTED}"
    return f"= {p:.3f}" if p < 0.0995 else f"= {p:.2f}"


def paired_t_test(first: ArrayLike, second: ArrayLike) -> float:
    """Compute the two-sided p of Student's paired t-test over utterances, as P1 tests its Table 2.

    It takes utterances of one speaker for independent, and rejects far too often where speakers differ; it is printed
    under P1's name only, beside a test that holds its level.

    Args:
        first: shape (n,), one figure an utterance under one condition.
        second: shape (n,), the same utterances under the other.

    Returns:
        From above 0 to 1; 1.0 where no utterance differs; as for a single utterance, and the least number above 0 where
        all differ by the same.

    >>> round(paired_t_test([1, 1, 0, 1], [0, 1, 0, 0]), 3)
    0.182
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    return paired_t_tests(difference[None])[0]


def paired_t_tests(differences: NDArray[np.float64]) -> list[float]:
    """Compute the p of several paired t-tests as `paired_t_test` does.

    Args:
        differences: shape (m, n), of n utterances.
    """
    n = differences.shape[1]
    if n < 2:
        return [1.0] * len(differences)
    freedom, least = n - 1, float(np.finfo(np.float64).tiny)
    differ, spread = (differences != 0).any(axis=1), differences.std(axis=1).tolist()
    # what follows is scipy.stats.ttest_1samp to the last bit, without its 0.5 s of imports
    moments = zip(
        differ.tolist(), spread, differences.mean(axis=1).tolist(), differences.var(axis=1).tolist(), strict=True
    )
    found = []
    for differs, deviation, mean, variance in moments:
        if not differs or deviation == 0.0:
            found.append(least if differs else 1.0)
        else:
            t = mean / math.sqrt(variance * (n / freedom) / n)
            found.append(max(least, 2 * float(special.stdtr(freedom, -abs(t)))))
    return found
