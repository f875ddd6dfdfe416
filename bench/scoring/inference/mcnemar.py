"""Whether two sets of yes-or-no outcomes of the same utterances differ: McNemar's exact test, and what it can see."""

from __future__ import annotations

from math import comb

LEVEL, POWER = 0.01, 0.8
"""At which p two sets of outcomes are told apart, and how surely what is looked for is found."""


def mcnemar_p(gained: int, lost: int) -> float:
    """Return the two-sided p of McNemar's exact test: of a fair coin at the utterances whose outcomes differ.

    Args:
        gained: utterances that are no in the first set and yes in the second.
        lost: the other way round.

    >>> mcnemar_p(0, 8), mcnemar_p(3, 3)
    (0.0078125, 1.0)
    """
    n, least = gained + lost, min(gained, lost)
    ways: int = sum(comb(n, each) for each in range(least + 1))
    return min(1.0, 2 * ways / 2**n) if n else 1.0


def fewest_seen(level: float = LEVEL) -> int:
    """Count how many outcomes have to differ, all one way, so that they are told apart.

    >>> fewest_seen()
    8
    """
    fewest = 1
    while mcnemar_p(0, fewest) >= level:
        fewest += 1
    return fewest


def smallest_share_seen(n: int, level: float = LEVEL, power: float = POWER) -> float | None:
    """Return the smallest share of outcomes, altered all one way, that would be told apart so surely.

    Args:
        n: outcomes that are compared.
        level: at which p.
        power: how surely.

    Returns:
        None where not even altering all of them would be seen.

    >>> smallest_share_seen(7), round(smallest_share_seen(100), 3)
    (None, 0.101)
    """
    fewest = fewest_seen(level)
    if n < fewest:
        return None
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        missed = sum(comb(n, each) * middle**each * (1 - middle) ** (n - each) for each in range(fewest))
        low, high = (low, middle) if 1 - missed >= power else (middle, high)
    return high
