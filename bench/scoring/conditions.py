"""Acc_att, robust accuracy and CCC under each condition of P1's Table 2 (Corr × Noises)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bench.contracts.threat_models import Counted
from bench.scoring.agreements import answers_after, ccc_estimate, is_dimensional
from bench.scoring.dependence import Estimand, crossed_with_speakers, estimated_share, utterances_of
from bench.scoring.estimates import Estimate
from bench.scoring.intervals import proportion_interval
from bench.scoring.outcomes import Outcomes
from bench.scoring.scores import (
    first_successes,
    reached,
    recognised,
    resisted,
    robustness,
    successes,
    survives,
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Condition:
    """Hold the records of an attack under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        rows: records of one or more cells, with their fold, seed and repeat; of an attack that knows its budget, of
            the searches with the greatest.
        by_budget: of such an attack, the records of the searches with each budget; none of any other.
    """

    corr: bool
    noises: Counted
    rows: pd.DataFrame
    by_budget: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    _kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def at(self, k: int) -> Condition:
        """Return what k queries are read off: of an attack that knows its budget, the searches that had k.

        Args:
            k: queries allowed; where there was no such search, it is the one with the greatest budget.
        """
        return self._apart.get(k, self)

    def has(self, k: int) -> bool:
        """Tell whether k queries can be read off: an attack that knows its budget was run with it."""
        return not self.by_budget or k in self.by_budget

    @cached_property
    def _apart(self) -> dict[int, Condition]:
        return {k: replace(self, rows=rows, by_budget={}) for k, rows in self.by_budget.items()}

    def successes(self, k: int) -> pd.DataFrame:
        """Say which utterances were attacked successfully within k queries, as `scores.successes` does."""
        return self._once(("successes", k), lambda: reached(self.at(k)._first, k))

    def acc_att(self, k: int, estimand: Estimand = "fitted") -> Estimate:
        """Estimate Acc_att at k.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        return self.at(k)._share(self.successes(k)["success"], estimand)

    def acc_att_pcm(self, k: int, estimand: Estimand = "fitted") -> Estimate | None:
        """Estimate Acc_att at k by candidates that are successes as 16-bit PCM too; None where records do not say.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        own = self.at(k)
        first = own._first_as_pcm
        return None if first is None else own._share(reached(first, k)["success"], estimand)

    def robust_accuracy(self, k: int, estimand: Estimand = "fitted") -> Estimate:
        """Estimate the share of utterances recognised when nobody attacks, and not attacked successfully within k.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        return self.at(k)._share(self.robust(k)["robust"], estimand)

    def ccc(self, k: int, estimand: Estimand = "fitted") -> Estimate | None:
        """Estimate CCC of what is answered after the attack: about the first success within k, else the clean speech.

        Args:
            k: queries allowed.
            estimand: what the interval is about.

        Returns:
            None in a task of classes.
        """
        own = self.at(k)
        if not is_dimensional(own.rows):
            return None
        return ccc_estimate(answers_after(own.rows, self.successes(k), own._first), "after", own.crossed(estimand))

    def robust(self, k: int) -> pd.DataFrame:
        """Say which utterances are recognised and not attacked successfully within k, as `scores.robustness` does."""
        return self._once(("robust", k), lambda: resisted(self.successes(k), self.at(k)._right))

    def crossed(self, estimand: Estimand) -> list[ArrayLike]:
        """Say what utterances have in common beside their speaker, as `crossed_with_speakers` does.

        Args:
            estimand: what an interval is about.
        """
        return self._once(("crossed", estimand), lambda: crossed_with_speakers(self._first, self.rows, estimand))

    def _once(self, what: object, make: Callable[[], _T]) -> _T:
        if what not in self._kept:
            self._kept[what] = make()
        made: _T = self._kept[what]
        return made

    def _share(self, hits: pd.Series[bool], estimand: Estimand) -> Estimate:
        speakers, units = self._utterances
        shares = hits.to_numpy(float)
        interval = proportion_interval(shares, speakers, crossed=self.crossed(estimand), units=units)
        return Estimate(float(shares.mean()), *interval, n=len(shares))

    @cached_property
    def _utterances(self) -> tuple[ArrayLike, ArrayLike]:
        """The speaker and the number of each utterance."""
        return self._first["speaker"].tolist(), utterances_of(self._first)

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
        outcomes: what became of each utterance: what ranks have their intervals from.
        ccc: in a dimensional task, CCC of what is answered after the attack; None in a task of classes.
    """

    corr: bool
    noises: Counted
    k: int
    acc_att: Estimate
    robust_accuracy: Estimate
    acc_att_pcm: Estimate | None = None
    ccc: Estimate | None = None
    outcomes: Outcomes | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, object]:
        """Return one of `scores[]` in docs/json.md."""
        figure = {"acc_att": self.acc_att.value, "ci95": list(self.acc_att.ci95), "n": self.acc_att.n}
        unknown = {"acc_att_pcm": None, "acc_att_pcm_ci95": None}
        pcm = unknown if self.acc_att_pcm is None else self.acc_att_pcm.named("acc_att_pcm")
        robust = self.robust_accuracy.named("robust_accuracy")
        ccc = {} if self.ccc is None else self.ccc.named("ccc")
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **figure, **robust, **pcm, **ccc}


def attack_success(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate Acc_att at k, of these fitted victims.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _share(successes(rows, k, counted), "success", rows, "fitted")


def robust_accuracy(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate the share of utterances that are recognised when nobody attacks, and not attacked successfully.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _share(robustness(rows, k, counted), "robust", rows, "fitted")


def _share(found: pd.DataFrame, column: str, records: pd.DataFrame, estimand: Estimand) -> Estimate:
    return estimated_share(found, column, crossed_with_speakers(found, records, estimand))


def scores(conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand = "fitted") -> Iterator[Score]:
    """Estimate Acc_att and robust accuracy under each condition at each k.

    Args:
        conditions: of one attack, in the order of the scores.
        ks: numbers of queries within the budget, likewise.
        estimand: what the intervals are about.
    """
    for one, k in ((one, k) for one, k in itertools.product(conditions, ks) if one.has(k)):
        figures = (one.acc_att(k, estimand), one.robust_accuracy(k, estimand), one.acc_att_pcm(k, estimand))
        outcomes = Outcomes.of(one.robust(k), one.at(k).rows, estimand)
        yield Score(one.corr, one.noises, k, *figures, one.ccc(k, estimand), outcomes)
