"""Coverage of Acc_att's interval where the figures are what searches found, not coins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulation.corpora import UTTERANCES, Design, latent_correlation
from benchmarks.simulation.figures import bounds_of
from benchmarks.simulation.searches import (
    BUDGET,
    Bank,
    Draws,
    against_the_attack,
    calibrated,
    measured_alike,
    queries_to_success,
)

KS = (5, BUDGET)
CALIBRATING = 600
"""Speakers by whom μ is found; the truth is then that of all simulated speakers."""
COMPARED = 200
"""Searches of each point that the attack itself makes too."""
AT_A_TIME = 100


@dataclass(frozen=True)
class SearchCoverage:
    """Coverage of Acc_att's interval, and its mean width.

    Args:
        design: the point; its `sounds` are those of the bank.
        share: the wanted Acc_att at the budget.
        covered: by k, how often the interval holds the true Acc_att.
        width: by k, its mean width.
        truth: by k, the true Acc_att of this bank.
        alike: the intra-class correlation of success within speakers, as it came out.
    """

    design: Design
    share: float
    covered: dict[int, float]
    width: dict[int, float]
    truth: dict[int, float]
    alike: float


def search_coverage(
    rng: np.random.Generator, speakers: Sequence[int], sounds: int, alike: float, share: float, count: int
) -> list[SearchCoverage]:
    """How often the interval holds the true Acc_att, for each number of speakers.

    The corpora of few speakers are the first speakers of those of many.

    Args:
        rng: of the point.
        speakers: how many, ascending.
        sounds: of the bank.
        alike: two utterances of one speaker, in falling.
        share: the true Acc_att at the budget.
        count: corpora.
    """
    bank, correlation = Bank.drawn(rng, sounds), latent_correlation(share, alike)
    mean_db = calibrated(Draws.drawn(rng, bank, CALIBRATING, UTTERANCES, correlation), bank, share)
    found = []
    for start in range(0, count, AT_A_TIME):
        corpora = min(AT_A_TIME, count - start)
        draws = Draws.drawn(rng, bank, corpora * max(speakers), UTTERANCES, correlation)
        won = queries_to_success(draws, bank, mean_db)
        if not start:
            _same_as_the_attack(draws, bank, mean_db, won)
        found.append(won.reshape(corpora, -1))
    won = np.concatenate(found)
    icc = measured_alike(won.ravel(), UTTERANCES)
    return [_covered(won, Design(number, sounds, alike), share, icc) for number in speakers]


def _covered(won: NDArray[np.intp], design: Design, share: float, icc: float) -> SearchCoverage:
    own = won[:, : design.speakers * UTTERANCES]
    covered, width, truth = {}, {}, {}
    for k in KS:
        truth[k] = float(((won > 0) & (won <= k)).mean())
        hits = ((own > 0) & (own <= k)).astype(np.float64)
        low, high = bounds_of(hits, hits.astype(np.intp), Design(design.speakers, 0, design.alike))
        covered[k] = float(((low <= truth[k]) & (truth[k] <= high)).mean())
        width[k] = float((high - low).mean())
    return SearchCoverage(design, share, covered, width, truth, icc)


def _same_as_the_attack(draws: Draws, bank: Bank, mean_db: float, won: NDArray[np.intp]) -> None:
    some = np.linspace(0, len(won) - 1, min(COMPARED, len(won))).astype(np.intp)
    attack = against_the_attack(draws, bank, mean_db, some)
    if attack != won[some].tolist():
        raise AssertionError("the vectorised search ends elsewhere than attacks.boundary does")
