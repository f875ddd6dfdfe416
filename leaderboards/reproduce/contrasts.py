"""Differences and relative changes of scores, of answers to the same utterances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.figures.answers import Recall, weighted
from bench.scoring.inference.clustering import codes
from leaderboards.reproduce.coded import CodedAnswers, Texts, coded
from leaderboards.reproduce.evidence import Linearised, measured
from leaderboards.reproduce.figures import Measured


@dataclass(frozen=True)
class Term:
    """A difference of two columns of answers to the same utterances.

    Args:
        rows: see `paired`; None where there is no such run.
        later: the column that is better where the difference is above 0.
        earlier: the other.
        times: how often it counts, negative to be taken away.
    """

    rows: pd.DataFrame | None
    later: str = "attacked"
    earlier: str = "other_attacked"
    times: float = 1.0


def contrast(terms: Sequence[Term], score: Recall = "uar") -> Measured | None:
    """Compute Σ times · (score of `later` − score of `earlier`), with an interval and tests that heed whose utterances
    the terms share.

    Every term is over the utterances that both columns answer; speakers are the clusters of all terms together.

    Args:
        terms: at least one; those that count 0 times are left out.
        score: UAR or WAR.

    Returns:
        None where a term has no such utterance.
    """
    parts = _parts(terms, score)
    if parts is None:
        return None
    return _together(parts, [part.times for part in parts])


def relative(terms: Sequence[Term], score: Recall = "uar") -> Measured | None:
    """Compute Σ times · (score of `later` / score of `earlier` − 1), relative changes, likewise.

    The interval is by Taylor linearisation of each ratio, and has what that of a difference has for changes that are
    too few to be seen.

    Args:
        terms: at least one; those that count 0 times are left out.
        score: UAR or WAR.

    Returns:
        None where a term has no such utterance, or nothing is right in its `earlier`.
    """
    parts = _parts(terms, score)
    if parts is None or any(not part.base for part in parts):
        return None
    value = sum(part.times * (part.ratio - 1) for part in parts)
    answers = np.concatenate([part.later - part.ratio * part.earlier for part in parts])
    return _together(parts, [part.times / part.base for part in parts], Linearised(value, answers))


def slope(places: Sequence[float]) -> list[float]:
    """Return by what figures at these places are to be multiplied so that their sum is the slope of the least-squares
    line through them: the trend, to be tested in the place of an order of points.

    Args:
        places: at least two different ones.

    >>> slope([0.0, 0.5, 1.0])
    [-1.0, 0.0, 1.0]
    """
    away = [place - sum(places) / len(places) for place in places]
    return [one / sum(each * each for each in away) for one in away]


@dataclass(frozen=True)
class _Part:
    """A term in figures.

    Args:
        of: the answers, of which it has some.
        asked: which of them both columns answer.
        later: 1 where the later column is right, 0 where not.
        earlier: likewise.
        heard: whether any of the two is about an attack's sounds: clean speech has none in common.
        share: of the term's mean.
        stratum: which mean of it each answer belongs to.
        times: how often the term counts.
    """

    of: CodedAnswers
    asked: NDArray[np.bool_]
    later: NDArray[np.float64]
    earlier: NDArray[np.float64]
    heard: bool
    share: NDArray[np.float64]
    stratum: NDArray[np.intp]
    times: float

    @property
    def base(self) -> float:
        return float(self.share @ self.earlier)

    @property
    def ratio(self) -> float:
        return float(self.share @ self.later) / self.base


def _parts(terms: Sequence[Term], score: Recall) -> list[_Part] | None:
    found = [None if term.rows is None else _part(coded(term.rows), term, score) for term in terms if term.times]
    parts = [part for part in found if part is not None]
    return parts if len(parts) == len(found) else None


def _part(of: CodedAnswers, term: Term, score: Recall) -> _Part | None:
    """A term in figures; None where both columns answer nothing."""
    asked = of.has(term.later) & of.has(term.earlier)
    if not asked.any():
        return None
    cell, label = (codes(one[asked]) for one in (of.cell, of.column("label_true")))
    stratum, share = next((stratum, share) for name, stratum, share in weighted(cell, label) if name == score)
    hits, heard = of.hits, bool({term.later, term.earlier} & {"attacked", "other_attacked"})
    return _Part(of, asked, hits(term.later)[asked], hits(term.earlier)[asked], heard, share, stratum, term.times)


def _together(parts: Sequence[_Part], times: Sequence[float], linearised: Linearised | None = None) -> Measured:
    """The sum of the parts' differences, each so many times; or a figure that moves with it."""

    def column(of: Callable[[CodedAnswers], Texts]) -> Texts:
        return np.concatenate([of(part.of)[part.asked] for part in parts])

    cell, utterance = codes(column(lambda of: of.cell)), codes(column(lambda of: of.column("utterance")))
    who = column(lambda of: of.column("speaker"))
    speaker = codes(who)
    told = any(part.of.has("sound")[part.asked].any() for part in parts if part.heard)
    sound = np.concatenate([(part.of.sound if part.heard else part.of.apart)[part.asked] for part in parts])
    found = measured(
        np.concatenate([part.later for part in parts]),
        np.concatenate([part.earlier for part in parts]),
        speaker,
        strata=_apart([part.stratum for part in parts]),
        weights=np.concatenate([part.share * one for part, one in zip(parts, times, strict=True)]),
        units=utterance,
        sounds=codes(sound) if told else None,
        linearised=linearised,
        several=len(parts) > 1,
        names=[str(who[first]) for first in np.unique(speaker, return_index=True)[1]],
        reach=sum(map(abs, times)),
    )
    return replace(found, n=len(np.unique(cell * (utterance.max() + 1) + utterance)))


def _apart(strata: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    """Numbers of means, of several terms that have none in common."""
    sizes = [int(one.max()) + 1 for one in strata]
    return np.concatenate([one + sum(sizes[:place]) for place, one in enumerate(strata)])
