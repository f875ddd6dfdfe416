"""Relative changes whose truth is known: how often the intervals that claims are judged by hold them.

Of the answers that are right without an attack, it turns a known share: the relative change of accuracy is minus that.
Whether an answer is right, and whether it is turned, hang on the speaker; the second on the sound too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.simulation.corpora import Design, corpora
from leaderboards.reproduce.evidence import Linearised, measured

RIGHT = 0.8
"""The share of answers that are right without an attack."""


@dataclass(frozen=True)
class Change:
    """Coverage of a relative change's interval, and its mean width; `below`: how often it lies wholly below."""

    design: Design
    lost: float
    covered: float
    below: float
    width: float


def change_coverage(rng: np.random.Generator, design: Design, lost: float, count: int) -> Change:
    """How often the interval of a relative change holds it.

    Args:
        rng: of the point.
        design: speakers, sounds, and how alike what they share makes.
        lost: what share of the right answers an attack turns.
        count: corpora.
    """
    right, _ = corpora(rng, replace(design, sounds=0), [RIGHT], count)
    turned, heard = corpora(rng, design, [lost], count)
    bounds = []
    for before, gone, sounds in zip(right[:, 0], turned[:, 0], heard, strict=True):
        after, base = before * (1 - gone), float(before.mean())
        change = float(after.mean()) / base - 1
        found = measured(
            after,
            before,
            design.names,
            strata=np.zeros(len(before), int),
            weights=np.full(len(before), 1 / len(before) / base),
            units=np.arange(len(before)),
            sounds=sounds if design.sounds else None,
            linearised=Linearised(change, after - (1 + change) * before),
        )
        bounds.append(found.ci95)
    low, high = np.array(bounds).T
    covered = float(((low <= -lost) & (-lost <= high)).mean())
    return Change(design, lost, covered, float((high < -lost).mean()), float((high - low).mean()))
