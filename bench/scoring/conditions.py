"""Acc_att of an attack under each condition of P1's Table 2 (Corr × Noises), and what sets the conditions apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.contracts.threat_models import Counted
from bench.scoring.estimates import Difference, Estimate
from bench.scoring.pooling import share
from bench.scoring.scores import (
    UTTERANCE,
    first_successes,
    reached,
    recognised,
    resisted,
    robustness,
    successes,
    survives,
)
from bench.scoring.statistics import difference_interval, holm, paired_t_test


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
        return reached(self._first, k)

    def acc_att(self, k: int) -> Estimate:
        """Estimate Acc_att at k."""
        return _succeeded(self.successes(k))

    def acc_att_pcm(self, k: int) -> Estimate | None:
        """Estimate Acc_att at k by candidates that are successes as 16-bit PCM too; None where records do not say."""
        return None if self._first_as_pcm is None else _succeeded(reached(self._first_as_pcm, k))

    def robust_accuracy(self, k: int) -> Estimate:
        """Estimate the share of utterances recognised when nobody attacks, and not attacked successfully within k."""
        return _robust(resisted(self.successes(k), self._right))

    @cached_property
    def _first(self) -> pd.DataFrame:
        return first_successes(self.rows, self.noises)

    @cached_property
    def _first_as_pcm(self) -> pd.DataFrame | None:
        known = survives(self.rows)
        return None if known is None else first_successes(self.rows.assign(accepted=known), self.noises)

    @cached_property
    def _right(self) -> NDArray[np.bool_]:
        return recognised(self.rows, self._first)


@dataclass(frozen=True)
class Score:
    """Hold how often an attack succeeds under one condition, and what is left of the victim.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        acc_att: share of utterances attacked successfully within k.
        robust_accuracy: share of utterances recognised when nobody attacks, and not attacked successfully within k.
        acc_att_pcm: share of utterances attacked successfully within k by a candidate that is a success as 16-bit PCM
            too; None where the records do not say.
    """

    corr: bool
    noises: Counted
    k: int
    acc_att: Estimate
    robust_accuracy: Estimate
    acc_att_pcm: Estimate | None = None

    def to_json(self) -> dict[str, object]:
        """Return one of `scores[]` in docs/json.md."""
        figure = {"acc_att": self.acc_att.value, "ci95": list(self.acc_att.ci95), "n": self.acc_att.n}
        unknown = {"acc_att_pcm": None, "acc_att_pcm_ci95": None}
        pcm = unknown if self.acc_att_pcm is None else self.acc_att_pcm.named("acc_att_pcm")
        robust = self.robust_accuracy.named("robust_accuracy")
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **figure, **robust, **pcm}


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


def attack_success(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate Acc_att at k.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _succeeded(successes(rows, k, counted))


def robust_accuracy(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate the share of utterances that are recognised when nobody attacks, and not attacked successfully.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _robust(robustness(rows, k, counted))


def _succeeded(found: pd.DataFrame) -> Estimate:
    return share(found, found["success"])


def _robust(found: pd.DataFrame) -> Estimate:
    return share(found, found["robust"])


def scores(conditions: Sequence[Condition], ks: Sequence[int]) -> Iterator[Score]:
    """Estimate Acc_att and robust accuracy under each condition at each k.

    Args:
        conditions: of one attack, in the order of the scores.
        ks: numbers of queries within the budget, likewise.
    """
    for one, k in itertools.product(conditions, ks):
        yield Score(one.corr, one.noises, k, one.acc_att(k), one.robust_accuracy(k), one.acc_att_pcm(k))


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
