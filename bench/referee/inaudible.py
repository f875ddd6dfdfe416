"""Whether a victim still answers clean speech a little softer, which nobody hears: else it knows recordings alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.referee.prediction import Predictor
from bench.referee.rechecks import Question

SOFTER_DB = 0.4
"""So much softer at most, and a quarter of it at least: below what anybody hears, and within what any two recordings of
one speaker differ by. Silence stays what it is, and nothing is clipped."""
FEWEST = 4
"""Of fewer clean utterances that were answered nothing is said."""
_QUERIES = 16
"""The sample key is that of one of so many queries."""


def check_hears(predictor: Predictor, clean: Sequence[Question], key: Callable[[Utterance, int], str]) -> None:
    """Refuse a victim that answers clean speech, and would not if it were a little softer.

    A refusal is no attack's success. So who refuses all but recordings that it knows, or all that does not lie on the
    grid of a 16-bit file, or all whose sample key is not that of query 0, could not be attacked at all. How much softer
    is drawn anew each time, and so is the query whose key a randomised victim is given: nobody can know them.

    Args:
        predictor: of an instance.
        clean: clean utterances, and what was said of them.
        key: gives the sample key of an utterance's query; "" for a victim that does not draw.

    Raises:
        ComponentError: it refuses more than half of those that it has answered, or ties.
    """
    refusal = len(predictor.task.classes)
    answered = [one for one in clean if one.answer.label != refusal and one.utterance.has_sound]
    if predictor.task.dimensional or len(answered) < FEWEST:
        return
    keys = list(filter(None, (key(one.utterance, 1 + secrets.randbelow(_QUERIES)) for one in answered)))
    said = predictor.answers([_softer(one.utterance) for one in answered], keys)
    lost = sum(one.label == refusal for one in said)
    if 2 * lost > len(answered):
        of = f"{lost} of {len(answered)} clean utterances refused"
        found = f"{of} where they are less than {SOFTER_DB:g} dB softer, and not as they are"
        remedy = "go by what is heard: not by a list of recordings, nor by their last bits"
        raise ComponentError("victim", found, "an answer, since nobody hears that", remedy)


def _softer(utterance: Utterance) -> Utterance:
    share = secrets.randbelow(1 << 30) / (1 << 30)
    return replace(utterance, waveform=utterance.waveform * 10 ** (-SOFTER_DB * (1 + 3 * share) / 4 / 20))
