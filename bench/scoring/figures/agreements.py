"""CCC and errors of the records of a dimensional task, CCC with its interval: pure functions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.scoring.arrays import Floats, Places
from bench.scoring.inference.clustering import codes, samples
from bench.scoring.inference.concordance import mae, rmse
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.inference.intervals import quantiles
from bench.scoring.scores import UTTERANCE, cell_numbers, clean, in_order_of

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
_ALMOST_1 = 1 - 1e-12


@dataclass(frozen=True)
class Agreement:
    """Hold how well answered numbers agree with ratings.

    Args:
        ccc: the concordance correlation coefficient, the mean over the cells in which it is defined; 0 within
            [-1, 1] where it is in none.
        mae: the mean absolute error, in the units of the scale, the mean over the cells.
        rmse: the root of the mean square error, likewise.
    """

    ccc: Estimate
    mae: float
    rmse: float

    def to_json(self) -> dict[str, object]:
        """Return the figures as they stand in `clean` of docs/json.md."""
        return {**self.ccc.named("ccc"), "mae": self.mae, "rmse": self.rmse}


def is_dimensional(rows: pd.DataFrame) -> bool:
    """Tell whether records are of a dimensional task: their answers are numbers."""
    return "value_before" in rows and bool(rows["value_before"].notna().any())


def agreement(rows: pd.DataFrame, column: str, crossed: Sequence[ArrayLike] = ()) -> Agreement:
    """Estimate how well answers agree with ratings.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, speaker, value_true and the column.
        column: of the answers.
        crossed: what rows have in common beside their speaker.
    """
    cells = rows.groupby(cell_numbers(rows).to_numpy(), sort=False)
    pairs = [(one["value_true"].to_numpy(float), one[column].to_numpy(float)) for _, one in cells]
    mean = [float(np.mean([error(*pair) for pair in pairs])) for error in (mae, rmse)]
    return Agreement(ccc_estimate(rows, column, crossed), *mean)


def ccc_estimate(rows: pd.DataFrame, column: str, crossed: Sequence[ArrayLike] = ()) -> Estimate:
    """Estimate CCC with its interval, clustered by speaker.

    The variance is that of the delete-one-speaker jackknife of Fisher's z = artanh CCC, which Lin (1989) found near
    normal; t has as many degrees of freedom as there are speakers, less one. Clusterings beside the speakers add their
    variances, which is never too narrow.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, speaker, value_true and the column.
        column: of the answers.
        crossed: what rows have in common beside their speaker; a clustering with a single cluster is left out.

    Returns:
        From -1 to 1; within [-1, 1] where there is one speaker, or nothing varies.
    """
    figure, left = _jackknifed(rows, (column,), crossed)
    value = float(figure[0])
    if np.isnan(value):
        return Estimate(0.0, -1.0, 1.0, n=len(rows))
    ways = [np.arctanh(np.clip(one[0], -_ALMOST_1, _ALMOST_1)) for one in left]
    if any(len(one) < 2 or bool(np.isnan(one).any()) for one in ways):
        return Estimate(value, -1.0, 1.0, n=len(rows))
    middle, half = float(np.arctanh(np.clip(value, -_ALMOST_1, _ALMOST_1))), _half_width(ways)
    return Estimate(value, float(np.tanh(middle - half)), float(np.tanh(middle + half)), n=len(rows))


def ccc_change(rows: pd.DataFrame, later: str, earlier: str, crossed: Sequence[ArrayLike] = ()) -> Difference:
    """Estimate how much CCC differs between two columns of answers about the same utterances, paired.

    Args:
        rows: one an utterance and cell: fold, seed, repeat, speaker, value_true and both columns.
        later: the answers whose CCC is counted.
        earlier: those whose CCC is taken off.
        crossed: what rows have in common beside their speaker.

    Returns:
        From -2 to 2; within [-2, 2] where there is one speaker, or nothing varies; 0 then, where neither is defined.
    """
    figure, left = _jackknifed(rows, (later, earlier), crossed)
    value = float(figure[0] - figure[1])
    ways = [one[0] - one[1] for one in left]
    if any(len(one) < 2 or bool(np.isnan(one).any()) for one in ways) or np.isnan(value):
        return Difference(0.0 if np.isnan(value) else value, -2.0, 2.0, n=len(rows))
    half = _half_width(ways)
    return Difference(value, max(value - half, -2.0), min(value + half, 2.0), n=len(rows))


def answers_after(rows: pd.DataFrame, found: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """Say what is answered about each utterance after an attack: about its first success, else about the clean speech.

    Args:
        rows: records.
        found: one row an utterance, with its `success` within some number of queries.
        first: the same utterances, with the query that was the `first` success.

    Returns:
        In the order of `found`: fold, seed, repeat, utterance, speaker, value_true, value_before, and `after`.
    """
    import pandas as pd

    asked = in_order_of(clean(rows), found)
    number = np.where(found["success"], first["first"], 0).astype(np.int64)
    wanted = pd.MultiIndex.from_frame(found[[*UTTERANCE]].assign(query=number))
    after = rows.set_index([*UTTERANCE, "query"])["value_after"].loc[wanted].to_numpy(float)
    return asked[[*UTTERANCE, "speaker", "value_true", "value_before"]].assign(after=after)


def _half_width(ways: Sequence[Floats]) -> float:
    """Half of the interval's width, from the figure with each cluster left out, of each clustering."""
    variance = sum((len(one) - 1) / len(one) * float(np.square(one - one.mean()).sum()) for one in ways)
    return quantiles(LEVEL, min(map(len, ways)) - 1)[1] * float(np.sqrt(variance))


def _jackknifed(
    rows: pd.DataFrame, columns: Sequence[str], crossed: Sequence[ArrayLike]
) -> tuple[Floats, list[Floats]]:
    """CCC of each column, shape (columns,); and of each clustering, with each cluster left out, (columns, G)."""
    cell = cell_numbers(rows).to_numpy()
    truth = rows["value_true"].to_numpy(float)
    middle = truth.mean()
    moments = np.stack([_moments(truth - middle, rows[one].to_numpy(float) - middle) for one in columns])
    whole = _summed(moments, cell, np.zeros(len(rows), dtype=np.intp)).sum(axis=2)
    left = []
    for cluster in (codes(rows["speaker"].to_numpy(object)), *_shared(crossed)):
        left.append(_mean_ccc(whole[:, :, None] - _summed(moments, cell, cluster)))
    return _mean_ccc(whole[:, :, None])[:, 0], left


def _shared(crossed: Sequence[ArrayLike]) -> list[Places]:
    """Clusterings that are samples of something, and have anything in common: several clusters, fewer than rows."""
    ways = [codes(one) for one in samples(crossed)]
    return [one for one in ways if int(one.max()) + 1 < len(one)]


def _moments(x: Floats, y: Floats) -> Floats:
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])


def _summed(moments: Floats, cell: NDArray[np.integer], cluster: NDArray[np.integer]) -> Floats:
    """Sums by cell and cluster, shape (columns, cells, clusters, 6)."""
    columns, kinds, _ = moments.shape
    found = np.zeros((columns, int(cell.max()) + 1, int(cluster.max()) + 1, kinds))
    for number in range(columns):
        np.add.at(found[number], (cell, cluster), moments[number].T)
    return found


def _mean_ccc(sums: Floats) -> Floats:
    """CCC of each cell from its sums (columns, cells, G, 6), as the mean over those where it is defined, (columns, G).

    A cell that loses its one speaker, or in which nothing varies, is none.
    """
    n = np.maximum(sums[..., 0], 1)
    mean_x, mean_y = sums[..., 1] / n, sums[..., 2] / n
    spread_x, spread_y = sums[..., 3] / n - mean_x**2, sums[..., 4] / n - mean_y**2
    shared = sums[..., 5] / n - mean_x * mean_y
    spread = spread_x + spread_y + (mean_x - mean_y) ** 2
    known = (sums[..., 0] > 1.5) & (spread > 1e-12)
    found = np.where(known, 2 * shared / np.where(known, spread, 1.0), np.nan)
    count = known.sum(axis=1)
    total = np.where(known, found, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan), dtype=np.float64)
