"""Whether a victim answers clean speech because of what is heard: also a little softer, and also in another draw."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.referee.clean_answers import CleanAnswer
from bench.referee.prediction import Predictor
from bench.referee.rechecks import Question

SOFTER_DB = 0.4
"""So much softer at most, and a quarter of it at least: below what anybody hears, and within what any two recordings of
one speaker differ by. Silence stays what it is, and nothing is clipped."""
FEWEST = 4
"""Of fewer clean utterances that were answered nothing is said."""
_QUERIES = 16
"""The sample key is that of one of so many queries."""
_CHANCE = 1e-5
"""What befalls an honest victim no more often than this is no chance."""


def check_hears(predictor: Predictor, clean: Sequence[Question], key: Callable[[Utterance, int], str]) -> None:
    """Refuse a victim that answers clean speech, and would not if it were a little softer.

    A refusal is no attack's success. So who refuses all but recordings that it knows, or all that does not lie on the
    grid of a 16-bit file, or all whose sample key is not that of query 0, could not be attacked at all. How much softer
    is drawn anew each time, and so is the query whose key a randomised victim is given: nobody can know them.

    Args:
        predictor: of an instance.
        clean: clean utterances, and what was said of them; of a randomised victim those that no further draw refused.
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


def check_draws(clean: Sequence[CleanAnswer], refusal: int) -> None:
    """Refuse a randomised victim that answers clean speech in the draw that counts, and refuses it in others.

    The first draw is one of all: an utterance that is refused in the share p of its draws is refused in the first with
    the chance p, whatever the victim. So how many are has a Poisson binomial distribution, which is exact.

    Args:
        clean: what was said of clean speech.
        refusal: the index that stands for a refusal.

    Raises:
        ComponentError: so few are refused in the first draw with a chance below 1e-5.

    >>> from bench.referee.prediction import Said
    >>> check_draws([CleanAnswer(Said(label), (4, 0, 4, 0)) for label in (0, 4) * 20], refusal=4)
    >>> check_draws([CleanAnswer(Said(0), (4, 4, 4, 0))] * 40, refusal=4)
    Traceback (most recent call last):
        ...
    bench.core.errors.ComponentError: victim: found 0 of 40 clean utterances refused in the first draw, where 24 are \
    in others; expected as many; do not go by whose draw it is
    """
    drawn = [(one.answer.label, *one.drawn) for one in clean if one.drawn]
    shares = [sum(label == refusal for label in labels) / len(labels) for labels in drawn]
    refused, chances = sum(labels[0] == refusal for labels in drawn), np.ones(1)
    for share in shares:
        chances = np.convolve(chances, (1 - share, share))
    if chances[: refused + 1].sum() < _CHANCE:
        of, likely = f"{refused} of {len(drawn)} clean utterances refused", sum(shares)
        found = f"{of} in the first draw, where {likely:.0f} are in others"
        raise ComponentError("victim", found, "as many", "do not go by whose draw it is")


def _softer(utterance: Utterance) -> Utterance:
    share = secrets.randbelow(1 << 30) / (1 << 30)
    return replace(utterance, waveform=utterance.waveform * 10 ** (-SOFTER_DB * (1 + 3 * share) / 4 / 20))
