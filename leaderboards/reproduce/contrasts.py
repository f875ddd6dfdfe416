"""Differences and relative changes of scores, of answers to the same utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.pooling import Recall, weighted_means
from bench.scoring.scores import UTTERANCE
from leaderboards.reproduce.evidence import measured
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
    several = sum(part.times * part.difference for part in parts) if len(parts) > 1 else None
    return _together(parts, several)


def relative(terms: Sequence[Term], score: Recall = "uar") -> Measured | None:
    """Compute Σ times · (score of `later` / score of `earlier` − 1), relative changes, likewise.

    The interval is by Taylor linearisation of each ratio.

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
    return _together([part.linearised() for part in parts], value)


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
        who: fold, seed, repeat, utterance, speaker, sound of each answer.
        later: 1 where the later column is right, 0 where not; or what stands for it in a linearisation.
        earlier: likewise.
        share: of the term's mean.
        stratum: which mean of it each answer belongs to.
        times: how often the term counts.
    """

    who: pd.DataFrame
    later: NDArray[np.float64]
    earlier: NDArray[np.float64]
    share: NDArray[np.float64]
    stratum: NDArray[np.int64]
    times: float

    @property
    def difference(self) -> float:
        return float(self.share @ (self.later - self.earlier))

    @property
    def base(self) -> float:
        return float(self.share @ self.earlier)

    @property
    def ratio(self) -> float:
        return float(self.share @ self.later) / self.base

    def linearised(self) -> _Part:
        """Its ratio, to first order."""
        return replace(self, later=self.later / self.base, earlier=self.earlier * self.ratio / self.base)


def _parts(terms: Sequence[Term], score: Recall) -> list[_Part] | None:
    parts = []
    for term in (term for term in terms if term.times):
        rows = None if term.rows is None else term.rows[term.rows[[term.later, term.earlier]].notna().all(axis=1)]
        if rows is None or rows.empty:
            return None
        stratum, share = next((stratum, share) for name, stratum, share in weighted_means(rows) if name == score)
        later, earlier = (
            np.asarray(rows[column] == rows["label_true"], np.float64) for column in (term.later, term.earlier)
        )
        own = (np.asarray(share, np.float64), np.asarray(stratum, np.int64))
        parts.append(_Part(rows[[*UTTERANCE, "speaker", "sound"]], later, earlier, *own, term.times))
    return parts


def _together(parts: Sequence[_Part], value: float | None = None) -> Measured:
    told = (part.who.assign(term=number, stratum=part.stratum) for number, part in enumerate(parts))
    who = pd.concat(told, ignore_index=True)
    found = measured(
        np.concatenate([part.later for part in parts]),
        np.concatenate([part.earlier for part in parts]),
        who["speaker"].tolist(),
        strata=who.groupby(["term", "stratum"]).ngroup(),
        weights=np.concatenate([part.share * part.times for part in parts]),
        units=who.groupby("utterance").ngroup(),
        sounds=_sounds(who),
        value=value,
    )
    return replace(found, n=who.groupby([*UTTERANCE]).ngroups)


def _sounds(who: pd.DataFrame) -> pd.Series[str] | None:
    """Which answers were asked for with the same sound; one that names none shares it with no other."""
    if who["sound"].isna().all():
        return None
    own = who[[*UTTERANCE]].astype(str).agg("/".join, axis=1)
    return who["sound"].where(who["sound"].notna(), own).astype(str)
