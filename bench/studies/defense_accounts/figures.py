"""An account's figures: pure functions of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.contracts.threat_models import Counted
from bench.core.errors import ComponentError
from bench.core.types import REFUSED
from bench.scoring.figures.dependence import crossed_with_speakers, estimated_share
from bench.scoring.figures.row_shares import attack_success, robust_accuracy
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.pooling import clean_scores, weighted_means
from bench.scoring.scores import clean, robustness, successes
from bench.scoring.statistics import difference_interval
from bench.studies.defense_accounts.plan import Role

_UTTERANCE = ["fold", "seed", "utterance"]
"""What tells one attacked utterance from others, however often it was attacked."""


@dataclass(frozen=True)
class FiguresAt:
    """Hold what an attack does to a victim with so many queries.

    Args:
        k: queries allowed.
        acc_att: share of utterances attacked successfully.
        robust_accuracy: share recognised when nobody attacks, and not attacked successfully.
        prevented: Acc_att against the bare victim less that against this one; None for the bare victim itself.
        robustness_won: robust accuracy less the bare victim's; likewise.
    """

    k: int
    acc_att: Estimate
    robust_accuracy: Estimate
    prevented: Difference | None = None
    robustness_won: Difference | None = None

    def to_json(self) -> dict[str, object]:
        """Return one of `at[]` in docs/defenses/account.md."""
        better = {"prevented": self.prevented, "robustness_won": self.robustness_won}
        return {
            "k": self.k,
            "acc_att": self.acc_att.to_json(),
            "robust_accuracy": self.robust_accuracy.to_json(),
            **{name: figure.to_json() for name, figure in better.items() if figure is not None},
        }


def clean_uar(rows: pd.DataFrame) -> Estimate:
    """Estimate UAR when nobody attacks; a refusal is an error."""
    return clean_scores(clean(rows).reset_index(drop=True)).main


def refused_share(rows: pd.DataFrame) -> Estimate:
    """Estimate the share of utterances that are refused when nobody attacks."""
    asked = clean(rows)
    return estimated_share(asked.assign(refused=asked["label_before"] == REFUSED), "refused")


def uar_lost(bare: pd.DataFrame, defended: pd.DataFrame) -> Difference:
    """Estimate UAR of the bare victim less that of the defended one, on the same clean utterances.

    Args:
        bare: records of the bare victim, measured once.
        defended: of the defended one; several repeats of a cell are averaged.
    """
    rows = clean(bare).reset_index(drop=True)
    before = (rows["label_true"] == rows["label_before"]).astype(float)
    asked = clean(defended)
    hits = asked.assign(hit=(asked["label_true"] == asked["label_before"]).astype(float))
    after = paired(rows, hits, "hit")
    _, stratum, weights = next(iter(weighted_means(rows)))  # UAR is the first
    speakers, units = rows["speaker"].tolist(), rows["utterance"].to_numpy()
    interval = difference_interval(before, after, speakers, strata=stratum, weights=weights, units=units)
    return Difference(float((weights * (before - after)).sum()), *interval, n=len(rows))


def attack_prevented(bare: pd.DataFrame, defended: pd.DataFrame, k: int, counted: Counted, asks: int) -> Difference:
    """Estimate Acc_att against the bare victim less that against the defended one, on the same utterances.

    Args:
        bare: records of the attack on the bare victim, measured once.
        defended: of the attack on the defended one; several repeats of a cell are averaged.
        k: of the bare victim's attack.
        counted: which successes count: "imperceptible", "additive" or "all".
        asks: k of the attack on the defended one: 1 for an attack that only brings what it found elsewhere.
    """
    before = successes(bare, k, counted)
    after = paired(before, successes(defended, asks, counted), "success")
    return _less(before["success"], after, before, bare)


def robustness_won(bare: pd.DataFrame, defended: pd.DataFrame, k: int, counted: Counted, asks: int) -> Difference:
    """Estimate robust accuracy of the defended victim less that of the bare one, on the same utterances: what the
    defence is worth once what it costs on clean speech is taken off.

    Args:
        bare: see `attack_prevented`, here and below.
        defended: records.
        k: of the bare victim's attack.
        counted: which successes count: "imperceptible", "additive" or "all".
        asks: k of the attack on the defended one.
    """
    before = robustness(bare, k, counted)
    after = paired(before, robustness(defended, asks, counted), "robust")
    return _less(after, before["robust"], before, bare)


def _less(shares: pd.Series[float], others: pd.Series[float], found: pd.DataFrame, records: pd.DataFrame) -> Difference:
    """The mean of some shares less that of others, of the same utterances, whose speakers `found` has."""
    first, second = shares.astype(float), others.astype(float)
    crossed = crossed_with_speakers(found, records)
    units = found["utterance"].to_numpy()
    interval = difference_interval(first, second, found["speaker"].tolist(), units=units, crossed=crossed)
    return Difference(float((first - second).mean()), *interval, n=len(first))


def shared(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of those utterances that the other rows have too.

    A defence that also reads is given none without words.

    Args:
        rows: of the bare victim; of several repeats, the first counts.
        others: of the defended one.

    Raises:
        ComponentError: they have none in common.
    """
    once = rows[rows["repeat"] == 0]
    known = pd.MultiIndex.from_frame(others[_UTTERANCE])
    kept = pd.MultiIndex.from_frame(once[_UTTERANCE]).isin(known)
    if not kept.any():
        found = "no utterance that both the bare and the defended victim were asked about"
        raise ComponentError("account", found, "some in common", "choose a corpus that has what both perceive")
    return once[kept].reset_index(drop=True)


def paired(rows: pd.DataFrame, others: pd.DataFrame, column: str) -> pd.Series[float]:
    """Select a column of other rows in the order of `rows`, by fold, seed and utterance; repeats are averaged.

    Args:
        rows: of cells that are measured once.
        others: of the same cells, perhaps repeated.
        column: of numbers.
    """
    means = others.groupby(_UTTERANCE)[column].mean()
    return means.loc[pd.MultiIndex.from_frame(rows[_UTTERANCE])].reset_index(drop=True).astype(float)


def holds_only_unknown(prevented: Mapping[Role, Difference]) -> bool:
    """Judge whether a defence stops those who do not know of it, and not the strongest of those who ask through it.

    Args:
        prevented: by role of the attack, what `attack_prevented` gives at the greatest k.
    """
    knowing = [figure for role, figure in prevented.items() if role in ("through", "aware")]
    unknowing = prevented.get("unaware")
    if unknowing is None or not knowing:
        return False
    strongest = min(knowing, key=lambda figure: figure.value)
    return unknowing.above_0 and not strongest.above_0


def figures_at(
    bare: pd.DataFrame | None, defended: pd.DataFrame, ks: Sequence[int], counted: Counted, once: bool
) -> tuple[FiguresAt, ...]:
    """Estimate for each k, ascending, Acc_att, robust accuracy, and what both are better by than the bare victim's.

    Args:
        bare: records of the same attack on the bare victim; None for the bare victim itself.
        defended: records.
        ks: numbers of queries.
        counted: which successes count: "imperceptible", "additive" or "all".
        once: whether the attack brings one candidate for each utterance, found elsewhere with k queries.
    """
    found = []
    for k in sorted(ks):
        asks = 1 if once else k
        own = (attack_success(defended, asks, counted), robust_accuracy(defended, asks, counted))
        better = (
            (None, None)
            if bare is None
            else (
                attack_prevented(bare, defended, k, counted, asks),
                robustness_won(bare, defended, k, counted, asks),
            )
        )
        found.append(FiguresAt(k, *own, *better))
    return tuple(found)
