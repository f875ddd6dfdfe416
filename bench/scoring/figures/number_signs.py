"""Signs that ring bells in the records of dimensional tasks alone."""

from __future__ import annotations

import numpy as np

from bench.scoring.figures.measured import EntryRecords
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.scores import CELL

NEARLY_THE_SAME = 0.0125
"""Answers no further from the middle one than this share of the scale are one answer: 0.05 on one from 1 to 5; nor are
those that lie within half of the shift that counts, since none of them is moved by that to where another lies."""


def constant_number(own: EntryRecords, dimension: Dimension, least: float) -> tuple[float, str] | None:
    """Find the fitted victim that gives most clean utterances nearly one number.

    Args:
        own: records.
        dimension: has the scale.
        least: the share of them from which it counts as constant.
    """
    near = max(NEARLY_THE_SAME * (dimension.high - dimension.low), dimension.shift / 2)
    found = []
    for place, rows in own.clean.groupby([*CELL], sort=False):
        values = rows["value_before"].to_numpy(float)
        middle = float(np.median(values))
        if rows["value_true"].nunique() > 1 and len(values) > 2:
            found.append((float((np.abs(values - middle) <= near).mean()), middle, place))
    share, middle, place = max(found, key=lambda one: one[0], default=(0.0, 0.0, ()))
    if share < least:
        return None
    says = f"answers {middle:.2f} ± {near:.2g} to {share:.0%} of the clean utterances"
    return share, f"{says} (fold {place[0]}, seed {place[1]})"
