"""Rows of scores, told apart by what they sum to: probabilities, their logarithms, or neither."""

from __future__ import annotations

from torch import Tensor

from bench.core.errors import ComponentError


def log_scores(where: str, answer: Tensor) -> Tensor:
    """Turn rows of probabilities or log-probabilities, told apart by what they sum to, into log-probabilities.

    Args:
        where: whose answer it is, for messages.
        answer: shape (n, l).

    Returns:
        Shape (n, l), float64.

    Raises:
        ComponentError: the rows are neither.

    >>> import torch
    >>> log_scores("mine.py", torch.tensor([[0.5, 0.5]])).exp()
    tensor([[0.5000, 0.5000]], dtype=torch.float64)
    """
    rows = answer.double()
    if _sums_to_1(rows):
        return rows.log()
    if _sums_to_1(rows.exp()):
        return rows
    worst = [round(float(value), 4) for value in rows[0][:8]]
    expected = "probabilities that sum to 1, or their logarithms"
    raise ComponentError(where, f"rows such as {worst}", expected, "put a softmax after the scores")


def looks_like_probabilities(rows: Tensor) -> bool:
    """Say whether every row has no negative number and sums to 1 within 0.01."""
    return _sums_to_1(rows.double())


def _sums_to_1(rows: Tensor) -> bool:
    return bool((rows >= 0).all() & ((rows.sum(dim=1) - 1).abs() < 0.01).all())
