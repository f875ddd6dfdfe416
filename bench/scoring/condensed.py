"""A cell's records without the queries and columns that no figure is made of: an eighth of their size, or less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from bench.scoring.candidates import Tally
from bench.scoring.cell_records import CellRecords

USED = (
    *("utterance", "speaker", "query", "label_true", "label_before", "label_after", "snr_db", "source"),
    *("imperceptible", "accepted", "additive", "burst_snr_db", "survives_pcm", "flip_share", "turn"),
    *("value_true", "value_before", "value_after"),
)
"""The columns that figures are made of; others are counted, or are there for people and for replay."""


def condensed(cell: CellRecords) -> CellRecords:
    """Leave out the queries and columns that change no figure; they are counted first.

    What stays: of each utterance its first row, its clean row and its successes; all first queries; a row with the
    greatest number of queries, and one with a turn, where there is any.

    Args:
        cell: as it was read.
    """
    rows = cell.rows
    query, accepted = rows["query"].to_numpy(), rows["accepted"].to_numpy(bool)
    kept = accepted | (query <= 1)
    kept |= np.asarray(~rows["utterance"].duplicated())
    kept[int(np.argmax(query))] = True
    turned = np.flatnonzero(rows["turn"].notna().to_numpy())
    kept[turned[:1]] = True
    tally = cell.tally or Tally.of(rows, cell.description.rests_on.min_snr_db)
    return replace(cell, rows=_light(rows.loc[kept, [*USED]]), tally=tally)


def _light(rows: pd.DataFrame) -> pd.DataFrame:
    """The same with each text kept once, as an object that is quick to compare."""
    return rows.reset_index(drop=True)
