"""Changes that go one way, whose truth is known: how often the intervals of differences and relative changes hold it.

Of the answers that are right without an attack, it turns a known share: the relative change of accuracy is minus that.
Whether an answer is right, and whether it is turned, hang on the speaker; the second on the sound too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.simulation import batched
from benchmarks.simulation.corpora import Design, Numbers, corpora
from leaderboards.reproduce.evidence import Linearised, measured

RIGHT = 0.8
"""The share of answers that are right without an attack."""


@dataclass(frozen=True)
class Change:
    """Coverage of an interval, and its mean width; `below`: how often it lies wholly below."""

    design: Design
    lost: float
    covered: float
    below: float
    width: float


def difference_coverage(rng: np.random.Generator, design: Design, lost: float, count: int) -> Change:
    """How often the interval of the difference of accuracy holds it; see `change_coverage`."""
    before, turned, heard = _turned(rng, design, lost, count)
    found = batched.compared(-before * turned, design.speakers, heard if design.sounds else None, flip=False)
    return _held(design, lost, -RIGHT * lost, found.low, found.high)


def change_coverage(rng: np.random.Generator, design: Design, lost: float, count: int) -> Change:
    """How often the interval of a relative change holds it.

    Args:
        rng: of the point.
        design: speakers, sounds, and how alike what they share makes.
        lost: what share of the right answers an attack turns.
        count: corpora.
    """
    bounds = []
    for before, gone, sounds in zip(*_turned(rng, design, lost, count), strict=True):
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
    return _held(design, lost, -lost, low, high)


def _turned(rng: np.random.Generator, design: Design, lost: float, count: int) -> tuple[Numbers, Numbers, Numbers]:
    """Which answers are right, which would be turned, and the sound of each: shape (count, utterances) each."""
    right, _ = corpora(rng, replace(design, sounds=0), [RIGHT], count)
    turned, heard = corpora(rng, design, [lost], count)
    return right[:, 0], turned[:, 0], heard


def _held(design: Design, lost: float, truth: float, low: Numbers, high: Numbers) -> Change:
    covered = (low <= truth) & (truth <= high)
    return Change(design, lost, float(covered.mean()), float((high < truth).mean()), float((high - low).mean()))
