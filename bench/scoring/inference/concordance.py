"""How well numbers agree with ratings: CCC, mean absolute and root mean square error. Pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]


def ccc(truth: ArrayLike, answered: ArrayLike) -> float:
    """Compute the concordance correlation coefficient of Lin (1989).

    CCC = 2 s_xy / (s_x² + s_y² + (mean_x − mean_y)²), with variances and covariance over n, as in his paper and in the
    field's challenges. It is Pearson's correlation, lowered where location or scale differ.

    Args:
        truth: shape (n,), ratings.
        answered: shape (n,), what was answered, on the same scale.

    Returns:
        From -1 to 1; 0 for answers that do not depend on the utterance. NaN where nothing varies and both are equal:
        fewer than two utterances tell nothing.

    Raises:
        ValueError: nothing to score, or lengths differ.

    >>> round(ccc([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]), 9)
    0.857142857
    """
    x, y = _checked(truth, answered)
    shared, spread = _parts(x, y)
    return float(2 * shared / spread) if spread > 0 and len(x) > 1 else math.nan


def mae(truth: ArrayLike, answered: ArrayLike) -> float:
    """Compute the mean absolute error, in the units of the scale.

    Args:
        truth: shape (n,), ratings.
        answered: shape (n,), what was answered, on the same scale.

    Raises:
        ValueError: nothing to score, or lengths differ.

    >>> mae([1.0, 2.0], [1.0, 3.0])
    0.5
    """
    x, y = _checked(truth, answered)
    return float(np.abs(x - y).mean())


def rmse(truth: ArrayLike, answered: ArrayLike) -> float:
    """Compute the root of the mean square error, in the units of the scale.

    Args:
        truth: shape (n,), ratings.
        answered: shape (n,), what was answered, on the same scale.

    Raises:
        ValueError: nothing to score, or lengths differ.

    >>> rmse([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 6.0])
    1.0
    """
    x, y = _checked(truth, answered)
    return float(np.sqrt(np.square(x - y).mean()))


def _parts(x: Floats, y: Floats) -> tuple[float, float]:
    """The covariance, and the denominator."""
    off, apart = x - x.mean(), y - y.mean()
    spread = np.square(off).mean() + np.square(apart).mean() + (x.mean() - y.mean()) ** 2
    return float((off * apart).mean()), float(spread)


def _checked(truth: ArrayLike, answered: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(truth, dtype=np.float64), np.asarray(answered, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(f"{x.shape} ratings and {y.shape} answers: need as many of both, and some")
    return x, y
