"""Other words in a transcript, as recipes describe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.core.heard import Heard
from bench.core.types import Word


def reworded(original: Heard, edits: Sequence[tuple[int, int, str]]) -> Heard | None:
    """Edit a transcript by its words between spaces.

    Args:
        original: left as it is; its sound stays.
        edits: for each the first word that goes, the one after the last, and the text that comes; in order.

    Returns:
        The words with times are edited along where there is one for each word of the transcript and each edit brings
        as many words as it takes; else there are none any more. None where there is no transcript, or it has not so
        many words.

    >>> from bench.core.heard import Heard
    >>> import torch
    >>> reworded(Heard(torch.ones(1), transcript="the old dog"), [(1, 2, "young")]).transcript
    'the young dog'
    """
    if original.transcript is None:
        return None
    tokens, timed = original.transcript.split(), list(original.words or ())
    aligned = original.words is not None and len(timed) == len(tokens)
    if any(after > len(tokens) for _, after, _ in edits):
        return None
    for first, after, text in reversed(edits):
        new = text.split()
        aligned = aligned and len(new) == after - first
        if aligned:
            timed[first:after] = [
                Word(word, old.start_s, old.end_s) for word, old in zip(new, timed[first:after], strict=True)
            ]
        tokens[first:after] = new
    return replace(original, transcript=" ".join(tokens), words=tuple(timed) if aligned else None)
