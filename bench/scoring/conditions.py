"""Acc_att of an attack under each condition of P1's Table 2 (Corr × Noises), and what sets the conditions apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.descriptions import Counted
from bench.scoring.estimates import Difference, Estimate
from bench.scoring.scores import UTTERANCE, successes
from bench.scoring.statistics import difference_interval, holm, paired_t_test, proportion_interval


@dataclass(frozen=True)
class Condition:
    """Hold the records of an attack under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        rows: records of one or more cells, with their fold, seed and repeat.
    """

    corr: bool
    noises: Counted
    rows: pd.DataFrame

    def successes(self, k: int) -> pd.DataFrame:
        """Say which utterances were attacked successfully within k queries, as `scores.successes` does."""
        return successes(self.rows, k, self.noises == "imperceptible")


@dataclass(frozen=True)
class Score:
    """Hold how often an attack succeeds under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        acc_att: share of utterances attacked successfully within k.
    """

    corr: bool
    noises: Counted
    k: int
    acc_att: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `scores[]` in docs/json.md."""
        figure = {"acc_att": self.acc_att.value, "ci95": list(self.acc_att.ci95), "n": self.acc_att.n}
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **figure}


@dataclass(frozen=True)
class ValidityGap:
    """Hold what an attack wins by noises that change what people hear.

    Args:
        corr: whether the attacker was informed.
        k: queries allowed.
        gap: Acc_att with all noises less that with those heard as the same emotion.
    """

    corr: bool
    k: int
    gap: Difference

    def to_json(self) -> dict[str, object]:
        """Return one of `validity_gap[]` in docs/json.md."""
        return {"corr": self.corr, "k": self.k, "gap": self.gap.value, "ci95": list(self.gap.ci95)}


@dataclass(frozen=True)
class PairedTest:
    """Hold one of P1's paired t-tests between two conditions.

    Args:
        compared: "corr": informed less uninformed; "noises": all less imperceptible.
        corr: what was held fixed where noises are compared; else None.
        noises: what was held fixed where Corr is compared; else None.
        k: queries allowed.
        difference: of the two Acc_att.
        p: two-sided, over utterances.
        p_holm: the same, adjusted for the number of tests by Holm's rule.
    """

    compared: Literal["corr", "noises"]
    corr: bool | None
    noises: Counted | None
    k: int
    difference: float
    p: float
    p_holm: float

    def to_json(self) -> dict[str, object]:
        """Return one of `tests[]` in docs/json.md."""
        fixed = {"corr": self.corr} if self.noises is None else {"noises": self.noises}
        figures = {"difference": self.difference, "p": self.p, "p_holm": self.p_holm}
        return {"compared": self.compared, **fixed, "k": self.k, **figures}


def scores(conditions: Sequence[Condition], ks: Sequence[int]) -> Iterator[Score]:
    """Estimate Acc_att under each condition at each k.

    Args:
        conditions: of one attack, in the order of the scores.
        ks: numbers of queries within the budget, likewise.
    """
    for one, k in itertools.product(conditions, ks):
        hits = one.successes(k)
        interval = proportion_interval(hits["success"], hits["speaker"].tolist())
        yield Score(one.corr, one.noises, k, Estimate(float(hits["success"].mean()), *interval, n=len(hits)))


def validity_gaps(conditions: Sequence[Condition], ks: Sequence[int]) -> Iterator[ValidityGap]:
    """Estimate the validity gap for each Corr that was run with all noises and with imperceptible ones, and each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget, in the order of the gaps.
    """
    known = {(one.corr, one.noises): one for one in conditions}
    for corr, k in itertools.product((False, True), ks):
        everything, fair = known.get((corr, "all")), known.get((corr, "imperceptible"))
        if everything is None or fair is None:
            continue
        hits = everything.successes(k)
        first, second = _pair(hits, fair.successes(k))
        interval = difference_interval(first, second, hits["speaker"].tolist())
        gap = float(first.mean() - second.mean())
        yield ValidityGap(corr, k, Difference(gap, *interval, n=len(hits)))


def tests(conditions: Sequence[Condition], ks: Sequence[int]) -> list[PairedTest]:
    """Make P1's paired t-tests at each k, of Corr and of all noises against imperceptible ones, with p after Holm.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget, in the order of the tests.
    """
    known = {(one.corr, one.noises): one for one in conditions}
    pairs: list[tuple[Literal["corr", "noises"], tuple[bool, Counted], tuple[bool, Counted]]] = [
        ("corr", (True, "imperceptible"), (False, "imperceptible")),
        ("corr", (True, "all"), (False, "all")),
        *(("noises", (corr, "all"), (corr, "imperceptible")) for corr in (False, True)),
    ]
    made = []
    for (compared, one, other), k in itertools.product(pairs, ks):
        if one in known and other in known:
            first, second = _pair(known[one].successes(k), known[other].successes(k))
            fixed: tuple[bool | None, Counted | None] = (None, one[1]) if compared == "corr" else (one[0], None)
            made.append((compared, *fixed, k, float(first.mean() - second.mean()), paired_t_test(first, second)))
    adjusted = holm([p for *_, p in made])
    return [PairedTest(*test, p_holm) for test, p_holm in zip(made, adjusted, strict=True)]


def _pair(one: pd.DataFrame, other: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The successes of two conditions on the utterances of the first."""
    first, second = (found.set_index([*UTTERANCE])["success"] for found in (one, other))
    return first.to_numpy(float), second.reindex(first.index).to_numpy(float)
