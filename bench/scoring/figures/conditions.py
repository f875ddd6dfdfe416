"""Acc_att, robust accuracy and CCC under each condition of P1's Table 2 (Corr × Noises)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.contracts.threat_models import Counted
from bench.core.computing.memo import Memo
from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.figures.agreements import answers_after, ccc_estimate
from bench.scoring.figures.attacked_places import AttackedPlaces
from bench.scoring.figures.dependence import Estimand, crossed_with_speakers, crossing_ways
from bench.scoring.figures.outcomes import Outcomes
from bench.scoring.inference.clustering import Clusters, samples
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Estimate, Interval
from bench.scoring.inference.intervals import clustered_share
from bench.scoring.record_files.pooled import PooledRecords

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Condition(Memo):
    """Hold the records of an attack under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        records: of one or more cells; of an attack that knows its budget, of the searches with the greatest.
        by_budget: of such an attack, the records of the searches with each budget; none of any other.
    """

    corr: bool
    noises: Counted
    records: PooledRecords
    by_budget: Mapping[int, PooledRecords] = field(default_factory=dict)

    @property
    def rows(self) -> pd.DataFrame:
        """Return its records as a table, with fold, seed and repeat."""
        return self.records.frame

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
        return {k: replace(self, records=records, by_budget={}) for k, records in self.by_budget.items()}

    def fell(self, k: int) -> Mask:
        """Say which utterances were attacked successfully within k queries: shape (m,), as `at(k).records` has them.

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"k = {k}: at least one query")
        return self.once(("fell", k), lambda: self.at(k).first <= k)

    def withstood(self, k: int) -> Mask:
        """Say which utterances are recognised, not by chance, and not attacked successfully within k: shape (m,)."""
        return self.once(("withstood", k), lambda: self.at(k).records.surely_right & ~self.fell(k))

    def successes(self, k: int) -> pd.DataFrame:
        """Say which utterances were attacked successfully within k queries, as `scores.successes` does."""
        return self.at(k).records.listed().assign(success=self.fell(k))

    def robust(self, k: int) -> pd.DataFrame:
        """Say which utterances are recognised and not attacked successfully within k, as `scores.robustness` does."""
        return self.at(k).records.listed().assign(robust=self.withstood(k))

    def acc_att(self, k: int, estimand: Estimand = "fitted") -> Estimate:
        """Estimate Acc_att at k.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        return self.at(k)._share(self.fell(k), estimand)

    def acc_att_pcm(self, k: int, estimand: Estimand = "fitted") -> Estimate | None:
        """Estimate Acc_att at k by candidates that are successes as 16-bit PCM too; None where records do not say.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        own = self.at(k)
        first = own._first_as_pcm
        return None if first is None else own._share(first <= k, estimand)

    def robust_accuracy(self, k: int, estimand: Estimand = "fitted") -> Estimate:
        """Estimate the share of utterances recognised when nobody attacks, and not attacked successfully within k.

        Args:
            k: queries allowed.
            estimand: what the interval is about.
        """
        return self.at(k)._share(self.withstood(k), estimand)

    def ccc(self, k: int, estimand: Estimand = "fitted") -> Estimate | None:
        """Estimate CCC of what is answered after the attack: about the first success within k, else the clean speech.

        Args:
            k: queries allowed.
            estimand: what the interval is about.

        Returns:
            None in a task of classes.
        """
        own = self.at(k)
        if not own.records.is_dimensional:
            return None
        first = own.records.listed().assign(first=own.first)
        crossed = crossed_with_speakers(first, own.rows, estimand)
        return ccc_estimate(answers_after(own.rows, self.successes(k), first), "after", crossed)

    def outcomes(self, k: int, estimand: Estimand) -> Outcomes:
        """Gather what became of each utterance, the mean over repeats, for ranks.

        Args:
            k: queries allowed.
            estimand: what comparisons are about.
        """
        own = self.at(k)
        crossed = own.crossed(estimand)
        places, place = own.records.once(("places", estimand), lambda: AttackedPlaces.attacked_in(own.records, crossed))
        return Outcomes(places, np.bincount(place, weights=self.withstood(k)) / np.bincount(place))

    def crossed(self, estimand: Estimand) -> list[Places]:
        """Say what utterances have in common beside their speaker, as `crossed_with_speakers` does.

        Args:
            estimand: what an interval is about.
        """
        return self.records.once(("crossed", estimand), lambda: crossing_ways(self.records, estimand))

    def _share(self, hits: Mask, estimand: Estimand) -> Estimate:
        value = np.count_nonzero(hits) / len(hits)
        return Estimate(value, *self.interval(hits, self.records.attacked.unit, estimand), n=len(hits))

    def interval(self, hits: Mask, units: Places, estimand: Estimand) -> Interval:
        """Compute the interval of a share of the utterances; of the same ones it is not computed again.

        Args:
            hits: shape (m,), of which it is true.
            units: shape (m,), which of them are one utterance's.
            estimand: what the interval is about.
        """
        what = self._even(units, estimand)
        if self.records.attacked.speakers < 2:
            return 0.0, 1.0
        known, told = self._known(what), hits.tobytes()
        if told not in known:
            known[told] = clustered_share(hits.astype(np.float64), self._design(*what)).interval()
        return known[told]

    def foreseen(self, ks: Sequence[int], estimand: Estimand) -> Iterator[tuple[Design, dict[bytes, Interval], Mask]]:
        """Say which intervals `scores` will ask for, to have them computed together with those of other attacks.

        Args:
            ks: numbers of queries within the budget.
            estimand: what the intervals are about.

        Yields:
            What an interval hangs on, where it is looked for by the bytes of the share, and the share: shape (m,).
        """
        for k in filter(self.has, ks):
            own = self.at(k)
            if own.records.attacked.speakers > 1:
                what, pcm = own._even(own.records.attacked.unit, estimand), own._first_as_pcm
                design, known = own._design(*what), own._known(what)
                for hits in (self.fell(k), self.withstood(k), *(() if pcm is None else (pcm <= k,))):
                    yield design, known, hits

    def _known(self, what: tuple[bool, Estimand]) -> dict[bytes, Interval]:
        return self.records.once(("intervals", *what), dict[bytes, Interval])

    def _even(self, units: Places, estimand: Estimand) -> tuple[bool, Estimand]:
        """Which design it is: by utterances or by units, which mostly are the same."""
        own = self.records.attacked
        if units is own.utterance:
            return own.units_are_utterances, estimand
        return units is own.unit or np.array_equal(units, own.unit), estimand

    def even(self, estimand: Estimand) -> Design | None:
        """Prepare the intervals of shares of the attacked utterances; None of a single speaker, as `paired` has it."""
        own = self.records.attacked
        return None if own.speakers < 2 else self._design(*self._even(own.utterance, estimand))

    def _design(self, by_unit: bool, estimand: Estimand) -> Design:
        units = self.records.attacked.unit if by_unit else self.records.attacked.utterance
        key = ("even", by_unit, estimand)
        return self.records.once(key, lambda: Design.even(len(units), self._clusters(units, estimand)))

    def paired(self, estimand: Estimand) -> Design | None:
        """Prepare comparisons with another condition, in which the same utterances were attacked.

        Args:
            estimand: what intervals are about.

        Returns:
            None of a single speaker, who says nothing about others.
        """
        own = self.records.attacked
        if own.speakers < 2:
            return None
        return self.records.once(
            ("paired", estimand),
            lambda: Design.paired(len(own.speaker), self._clusters(own.utterance, estimand)),
        )

    def _clusters(self, units: Places, estimand: Estimand) -> Clusters:
        return Clusters((self.records.attacked.speaker, *samples(self.crossed(estimand))), units)

    @cached_property
    def first(self) -> Floats:
        """Return the first query that was a success of each utterance, shape (m,); infinite where none was."""
        return self.records.first(self.noises)

    @cached_property
    def _first_as_pcm(self) -> Floats | None:
        known = self.records.survivors()
        return None if known is None else self.records.first(self.noises, known)


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


def scores(conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand = "fitted") -> Iterator[Score]:
    """Estimate Acc_att and robust accuracy under each condition at each k.

    Args:
        conditions: of one attack, in the order of the scores.
        ks: numbers of queries within the budget, likewise.
        estimand: what the intervals are about.
    """
    for one, k in ((one, k) for one, k in itertools.product(conditions, ks) if one.has(k)):
        figures = (one.acc_att(k, estimand), one.robust_accuracy(k, estimand), one.acc_att_pcm(k, estimand))
        yield Score(one.corr, one.noises, k, *figures, one.ccc(k, estimand), one.outcomes(k, estimand))
