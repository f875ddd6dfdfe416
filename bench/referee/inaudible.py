"""Whether a victim still answers clean speech under noise that nobody hears: else it knows recordings, not speech."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from bench.audio.signal import mix
from bench.core.errors import ComponentError
from bench.core.rng import keyed
from bench.core.types import Utterance
from bench.referee.prediction import Predictor
from bench.referee.rechecks import Question

INAUDIBLE_DB = 60.0
"""Speech over noise that nobody hears: some ten times the last bit of a file."""
FEWEST = 4
"""Of fewer clean utterances that were answered nothing is said."""
_QUERIES = 16
"""The sample key is that of one of so many queries."""


def check_hears(predictor: Predictor, clean: Sequence[Question], key: Callable[[Utterance, int], str]) -> None:
    """Refuse a victim that answers clean speech, and would not with noise that nobody hears.

    A refusal is no attack's success. So who refuses all but recordings that it knows, or all that does not lie on the
    grid of a 16-bit file, or all whose sample key is not that of query 0, could not be attacked at all. The noise is
    drawn anew each time, and so is the query whose key a randomised victim is given: nobody can know them.

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
    said = predictor.answers([_hissing(one.utterance) for one in answered], keys)
    lost = sum(one.label == refusal for one in said)
    if 2 * lost > len(answered):
        of = f"{lost} of {len(answered)} clean utterances refused"
        found = f"{of} with noise {INAUDIBLE_DB:g} dB below them, and not without"
        remedy = "go by what is heard: not by a list of recordings, nor by their last bits"
        raise ComponentError("victim", found, "an answer, since nobody hears that", remedy)


def _hissing(utterance: Utterance) -> Utterance:
    drawn = keyed(secrets.token_hex(16)).standard_normal(utterance.waveform.shape[-1], dtype="float32")
    noise = torch.from_numpy(drawn).to(utterance.waveform.device)
    return replace(utterance, waveform=mix(utterance.waveform, noise, INAUDIBLE_DB).clamp(-1.0, 1.0))
