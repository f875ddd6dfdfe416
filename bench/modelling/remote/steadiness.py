"""Whether a service gives the same answer to the same request; a journal of its answers would hide that it does not."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from bench.core.errors import UsageError

AGAIN = ("-again-1", "-again-2")
"""What marks the questions that are asked once more, in the journal: another run does not ask them anew."""
_TOLERANCE = 0.01


def refuse_chance(where: str, ask: Callable[[str], Tensor]) -> None:
    """Refuse a service that answers the same request by chance.

    Args:
        where: whose, for the message.
        ask: gives class log-probabilities, shape (n, c), of a few utterances, asked under a mark of their own; "" is
            how they are asked in a run.

    Raises:
        UsageError: another class, or a probability that differs by more than 0.01.
    """
    first = ask("")
    for mark in AGAIN:
        again = ask(mark)
        apart = (first.exp() - again.exp()).abs().amax(dim=1) > _TOLERANCE
        other = apart | (first.argmax(dim=1) != again.argmax(dim=1))
        if other.any():
            found = (
                f"other answers about {int(other.sum())} of {len(first)} utterances when the same bytes were sent again"
            )
            remedy = "take chance out of it (sampling, dropout), or say randomised=true: each query is asked anew"
            raise UsageError(where, found, "the same answer to the same request", remedy)
