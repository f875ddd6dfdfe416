"""P3's Impact: the relative change of accuracy, with an interval."""

from __future__ import annotations

import pandas as pd

from leaderboards.reproduce.contrasts import Term, relative
from leaderboards.reproduce.figures import Measured


def impact(rows: pd.DataFrame | None) -> Measured | None:
    """Compute P3's Impact, accuracy after an attack / accuracy before − 1, over all utterances; P3 gives it in percent.

    An utterance to which the attack does not apply keeps its label, as in P3, where what has no adjective is left as it
    is.

    Args:
        rows: see [`Answers`][leaderboards.reproduce.answers.Answers].

    Returns:
        None where the attack applied to no utterance, or nothing was right before.
    """
    return relative([Term(filled(rows), "attacked", "clean")], "war")


def impact_difference(rows: pd.DataFrame | None) -> Measured | None:
    """Subtract the Impact on another victim from that on one, on the same utterances: above 0 where it suffers less.

    Args:
        rows: see [`paired`][leaderboards.reproduce.answers.paired].
    """
    if rows is None or rows["other_attacked"].isna().all():
        return None
    other = rows["other_attacked"].where(rows["other_attacked"].notna(), rows["other_clean"])
    both = filled(rows.assign(other_attacked=other))
    return relative([Term(both, "attacked", "clean"), Term(both, "other_attacked", "other_clean", -1.0)], "war")


def filled(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """Fill in the label as it was where an attack did not apply; None where it applied to no utterance."""
    if rows is None or rows["attacked"].isna().all():
        return None
    return rows.assign(attacked=rows["attacked"].where(rows["attacked"].notna(), rows["clean"]))
