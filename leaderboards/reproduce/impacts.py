"""P3's Impact: the relative change of accuracy, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.estimates import Difference
from bench.scoring.pooling import weighted_means
from bench.scoring.statistics import half_width

Hits = NDArray[np.float64]


@dataclass(frozen=True)
class _Ratio:
    """Accuracy after over accuracy before, and its linearisation.

    Args:
        value: of the ratio.
        gains: shape (n,), what each utterance adds; its mean less that of `losses` is 0.
        losses: shape (n,).
    """

    value: float
    gains: Hits
    losses: Hits


def impact(rows: pd.DataFrame | None) -> Difference | None:
    """Compute P3's Impact, accuracy after an attack / accuracy before − 1, over all utterances; P3 gives it in percent.

    An utterance to which the attack does not apply keeps its label, as in P3, where what has no adjective is left as it
    is. The interval is by Taylor linearisation of the ratio, clustered by speaker.

    Args:
        rows: see [`Answers`][leaderboards.reproduce.answers.Answers].

    Returns:
        None where the attack applied to no utterance, or nothing was right before.
    """
    own = None if rows is None else _ratio(rows, "clean", "attacked")
    if own is None or rows is None:
        return None
    half = _half(own.gains, own.losses, rows)
    return Difference(own.value - 1, own.value - 1 - half, own.value - 1 + half, n=len(rows))


def impact_difference(rows: pd.DataFrame | None) -> Difference | None:
    """Subtract the Impact on another victim from that on one, on the same utterances: above 0 where it suffers less.

    Args:
        rows: see [`paired`][leaderboards.reproduce.answers.paired].
    """
    if rows is None:
        return None
    own, other = _ratio(rows, "clean", "attacked"), _ratio(rows, "other_clean", "other_attacked")
    if own is None or other is None:
        return None
    value, half = own.value - other.value, _half(own.gains + other.losses, own.losses + other.gains, rows)
    return Difference(value, value - half, value + half, n=len(rows))


def filled(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """Fill in the label as it was where an attack did not apply; None where it applied to no utterance."""
    if rows is None or rows["attacked"].isna().all():
        return None
    return rows.assign(attacked=rows["attacked"].where(rows["attacked"].notna(), rows["clean"]))


def _ratio(rows: pd.DataFrame, before: str, after: str) -> _Ratio | None:
    if rows[after].isna().all():
        return None
    said = rows[after].where(rows[after].notna(), rows[before])
    then, now = (np.asarray(labels == rows["label_true"], dtype=np.float64) for labels in (rows[before], said))
    weights = _weights(rows)
    mean = float(weights @ then)
    if mean <= 0:
        return None
    value = float(weights @ now) / mean
    return _Ratio(value, now / mean, value * then / mean)


def _weights(rows: pd.DataFrame) -> Hits:
    """Each cell's utterances together as much as another's."""
    return np.asarray(next(weights for name, _, weights in weighted_means(rows) if name == "war"), dtype=np.float64)


def _half(gains: Hits, losses: Hits, rows: pd.DataFrame) -> float:
    """Half the interval of a linearised figure, whose mean is 0."""
    speakers = rows["speaker"].tolist()
    return half_width(gains - losses, speakers, np.zeros(len(rows)), _weights(rows))
