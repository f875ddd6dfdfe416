"""An account's figures: pure functions of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.core.errors import ComponentError
from bench.core.types import REFUSED
from bench.scoring.pooling import clean_scores, weighted_means
from bench.scoring.scores import clean, robustness, successes
from bench.scoring.statistics import Interval, difference_interval, proportion_interval
from bench.studies.defense_accounts.plan import Role


@dataclass(frozen=True)
class Figure:
    """A share or a difference, with its 95 % interval clustered by speaker."""

    value: float
    ci95: Interval

    @property
    def above_0(self) -> bool:
        """Whether the interval lies above 0."""
        return self.ci95[0] > 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"value": self.value, "ci95": list(self.ci95)}


def share(rows: pd.DataFrame, hits: pd.Series[bool]) -> Figure:
    """The share of hits among rows of utterances."""
    return Figure(float(hits.mean()), proportion_interval(hits, rows["speaker"].tolist()))


def clean_uar(rows: pd.DataFrame) -> Figure:
    """UAR when nobody attacks; a refusal is an error."""
    found = clean_scores(clean(rows).reset_index(drop=True))
    return Figure(found["uar"], tuple(found["uar_ci95"]))


def refused_share(rows: pd.DataFrame) -> Figure:
    """Share of utterances that are refused when nobody attacks."""
    asked = clean(rows)
    return share(asked, asked["label_before"] == REFUSED)


def uar_lost(bare: pd.DataFrame, defended: pd.DataFrame) -> Figure:
    """UAR of the bare victim less that of the defended one, on the same clean utterances."""
    rows = clean(bare).reset_index(drop=True)
    before = (rows["label_true"] == rows["label_before"]).astype(float)
    asked = clean(defended)
    hits = asked.assign(hit=(asked["label_true"] == asked["label_before"]).astype(float))
    after = paired(rows, hits, "hit")
    _, stratum, weights = next(iter(weighted_means(rows)))  # UAR is the first
    interval = difference_interval(before, after, rows["speaker"].tolist(), strata=stratum.tolist(), weights=weights)
    return Figure(float((weights * (before - after)).sum()), interval)


def attack_success(rows: pd.DataFrame, k: int, imperceptible: bool) -> Figure:
    """Acc_att at k."""
    hits = successes(rows, k, imperceptible)
    return share(hits, hits["success"])


def robust_accuracy(rows: pd.DataFrame, k: int, imperceptible: bool) -> Figure:
    """Share of utterances that are recognised when nobody attacks, and not attacked successfully within k queries."""
    found = robustness(rows, k, imperceptible)
    return share(found, found["robust"])


def attack_prevented(bare: pd.DataFrame, defended: pd.DataFrame, k: int, imperceptible: bool, asks: int) -> Figure:
    """Acc_att against the bare victim less that against the defended one, on the same utterances.

    Args:
        bare: records of the attack on the bare victim.
        defended: of the attack on the defended one; several repeats of a cell are averaged.
        k: of the bare victim's attack.
        imperceptible: which successes count.
        asks: k of the attack on the defended one: 1 for an attack that only brings what it found elsewhere.
    """
    before = successes(bare, k, imperceptible)
    after = paired(before, successes(defended, asks, imperceptible), "success")
    return _less(before["success"], after, before["speaker"])


def robustness_won(bare: pd.DataFrame, defended: pd.DataFrame, k: int, imperceptible: bool, asks: int) -> Figure:
    """Robust accuracy of the defended victim less that of the bare one, on the same utterances: what the defence is
    worth once what it costs on clean speech is taken off.

    Args:
        bare: see `attack_prevented`, here and below.
        defended: records.
        k: of the bare victim's attack.
        imperceptible: which successes count.
        asks: k of the attack on the defended one.
    """
    before = robustness(bare, k, imperceptible)
    after = paired(before, robustness(defended, asks, imperceptible), "robust")
    return _less(after, before["robust"], before["speaker"])


def _less(shares: pd.Series[Any], others: pd.Series[Any], speakers: pd.Series[str]) -> Figure:
    """The mean of some shares less that of others, of the same utterances."""
    first, second = shares.astype(float), others.astype(float)
    return Figure(float((first - second).mean()), difference_interval(first, second, speakers.tolist()))


def shared(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The rows of those utterances that the other rows have too: a defence that also reads is given none without words.

    Raises:
        ComponentError: they have none in common.
    """
    known = set(zip(_unrepeated(others), others["utterance"], strict=True))
    kept = [pair in known for pair in zip(rows["cell"], rows["utterance"], strict=True)]
    if not any(kept):
        found = "no utterance that both the bare and the defended victim were asked about"
        raise ComponentError("account", found, "some in common", "choose a corpus that has what both perceive")
    return rows[kept].reset_index(drop=True)


def _unrepeated(rows: pd.DataFrame) -> pd.Series[str]:
    """The cells' names without their repeats."""
    return rows["cell"].str.replace(r" repeat \d+$", "", regex=True)


def paired(rows: pd.DataFrame, others: pd.DataFrame, column: str) -> pd.Series[float]:
    """A column of other rows in the order of `rows`, by cell and utterance; a cell's repeats are averaged.

    Args:
        rows: of cells that are measured once.
        others: of the same cells, perhaps repeated.
        column: of numbers.
    """
    known = others.assign(cell=_unrepeated(others))
    means = known.groupby(["cell", "utterance"])[column].mean()
    return means.loc[pd.MultiIndex.from_frame(rows[["cell", "utterance"]])].reset_index(drop=True).astype(float)


def holds_only_unknown(prevented: Mapping[Role, Figure]) -> bool:
    """Whether a defence stops those who do not know of it, and not the strongest of those who ask through it.

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
    bare: pd.DataFrame | None, defended: pd.DataFrame, ks: Sequence[int], imperceptible: bool, once: bool
) -> list[dict[str, Any]]:
    """One entry for each k, ascending: Acc_att, robust accuracy, and what both are better by than the bare victim's.

    Args:
        bare: records of the same attack on the bare victim; None for the bare victim itself.
        defended: records.
        ks: numbers of queries.
        imperceptible: which successes count.
        once: whether the attack brings one candidate for each utterance, found elsewhere with k queries.
    """
    found = []
    for k in sorted(ks):
        asks = 1 if once else k
        entry: dict[str, Any] = {
            "k": k,
            "acc_att": attack_success(defended, asks, imperceptible).to_json(),
            "robust_accuracy": robust_accuracy(defended, asks, imperceptible).to_json(),
        }
        if bare is not None:
            entry["prevented"] = attack_prevented(bare, defended, k, imperceptible, asks).to_json()
            entry["robustness_won"] = robustness_won(bare, defended, k, imperceptible, asks).to_json()
        found.append(entry)
    return found
