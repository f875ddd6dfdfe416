"""What a defence that remembers costs those who attack nobody, in the account."""

from __future__ import annotations

import pandas as pd

from bench.core.types import REFUSED


def with_refusals(rows: pd.DataFrame, fold: int, seed: int, refused: frozenset[str]) -> pd.DataFrame:
    """Note in records what one fitted victim does not answer as it should where nobody attacks: as refused.

    Args:
        rows: of any attack, of any folds and seeds.
        fold: the fitted victim's.
        seed: likewise.
        refused: ids of utterances.
    """
    own = (rows["fold"] == fold) & (rows["seed"] == seed) & rows["utterance"].isin(refused)
    return rows.assign(label_before=rows["label_before"].where(~own, REFUSED))
