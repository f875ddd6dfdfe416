"""Intervals of the shares of many attacks on the same utterances, computed at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.dependence import Estimand
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Interval
from bench.scoring.inference.intervals import shares_intervals

_AT_ONCE = 2**18
"""So many numbers are looked at together: they stay in the processor's cache."""


def foresee_intervals(asked: Iterable[tuple[Condition, Sequence[int]]], estimand: Estimand) -> None:
    """Compute the intervals that `scores` will ask for, of any conditions, where they are not known yet.

    Args:
        asked: conditions, each with its numbers of queries.
        estimand: what the intervals are about.
    """
    wanted: dict[int, tuple[Design, dict[bytes, list[dict[bytes, Interval]]]]] = {}
    for condition, ks in asked:
        for design, known, hits in condition.foreseen(ks, estimand):
            if (told := hits.tobytes()) not in known:
                wanted.setdefault(id(design), (design, {}))[1].setdefault(told, []).append(known)
    for design, shares in wanted.values():
        step = max(1, _AT_ONCE // len(design.layers.weights))
        listed = [*shares]
        for start in range(0, len(listed), step):
            some = listed[start : start + step]
            hits = np.stack([np.frombuffer(one, dtype=np.bool_) for one in some])
            for told, interval in zip(some, shares_intervals(hits.astype(np.float64), design), strict=True):
                for known in shares[told]:
                    known[told] = interval
