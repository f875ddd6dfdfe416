"""Kaplan and Meier's curve: how many have not succeeded yet, where some were watched for a shorter time than others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class KaplanMeier:
    """Hold a survival curve, at the times at which something ended or was lost from sight.

    Args:
        times: ascending.
        at_risk: how many were still watched just before each.
        events: how many succeeded at each.
        survival: the share that has not succeeded up to and with each time.
    """

    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    survival: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the first time at which half or more have succeeded; infinite where that is not seen."""
        half = 0.5 + 1e-12  # but for rounding
        reached = (time for time, left in zip(self.times, self.survival, strict=True) if left <= half)
        return next(reached, float("inf"))


def kaplan_meier(times: ArrayLike, observed: ArrayLike) -> KaplanMeier:
    """Estimate S(t) = Π over times u ≤ t of (1 − events_u / at risk_u) (Kaplan & Meier 1958).

    Args:
        times: shape (n,), when each succeeded, or was last seen without success.
        observed: shape (n,), whether it succeeded.

    Raises:
        ValueError: there are none, or lengths differ.

    >>> found = kaplan_meier([1, 2, 2, 5, 5], [True, True, False, True, False])
    >>> [round(left, 3) for left in found.survival], found.median
    ([0.8, 0.6, 0.3], 5.0)
    """
    ends, succeeded = np.asarray(times, dtype=np.float64), np.asarray(observed, dtype=bool)
    if ends.shape != succeeded.shape or not ends.size:
        raise ValueError(f"{ends.shape} times and {succeeded.shape} outcomes: need as many of both, and some")
    known = np.unique(ends)
    risk = len(ends) - np.searchsorted(np.sort(ends), known)
    events = np.array([int(succeeded[ends == time].sum()) for time in known])
    survival = np.cumprod(1 - events / risk)
    return KaplanMeier(*(tuple(column.tolist()) for column in (known, risk, events, survival)))
