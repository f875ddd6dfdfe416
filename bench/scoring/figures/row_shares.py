"""Acc_att and robust accuracy of records that stand in a table, for what is asked seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.contracts.threat_models import Counted
from bench.scoring.figures.dependence import crossed_with_speakers, estimated_share
from bench.scoring.inference.estimates import Estimate
from bench.scoring.scores import robustness, successes

if TYPE_CHECKING:
    import pandas as pd


def attack_success(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate Acc_att at k, of these fitted victims.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _share(successes(rows, k, counted), "success", rows)


def robust_accuracy(rows: pd.DataFrame, k: int, counted: Counted) -> Estimate:
    """Estimate the share of utterances that are recognised when nobody attacks, and not attacked successfully.

    Args:
        rows: records of an attack.
        k: queries allowed.
        counted: which successes count: "imperceptible", "additive" or "all".
    """
    return _share(robustness(rows, k, counted), "robust", rows)


def _share(found: pd.DataFrame, column: str, records: pd.DataFrame) -> Estimate:
    return estimated_share(found, column, crossed_with_speakers(found, records, "fitted"))
