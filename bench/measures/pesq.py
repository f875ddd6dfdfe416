"""PESQ, perceptual evaluation of speech quality, wide band: the opinion that listeners would have of a telephone
connection that did this to the sound, by the package `pesq`."""

from __future__ import annotations

from torch import Tensor

from bench.audio.signal.levels import SILENCE_RMS, rms
from bench.core.types import SAMPLE_RATE
from bench.measures.catalogue import missing

SHORTEST_S, LONGEST_S = 0.25, 19.0
"""Seconds. The package refuses what is shorter. It has room for 50 stretches of speech, of 0.2 s or more with pauses of
0.2 s or more between them, and writes beyond it where there are more of them; within 19 s there cannot be."""


def wide_band(original: Tensor, candidate: Tensor) -> float | None:
    """Predict listeners' opinion of a changed sound by PESQ, wide band, on its scale MOS-LQO.

    Source: ITU-T P.862 (2001), P.862.2 (2007). The model was fitted to telephone speech of 8 s and more; on single
    words its values are coarse.

    Args:
        original: shape (t,), at 16 kHz.
        candidate: shape (t,).

    Returns:
        From 1.0 (bad) to 4.64 (unchanged). None where the lengths differ, one of the two is silent, they are shorter
        than 0.25 s or longer than 19 s, or the model finds no speech in the original.

    Raises:
        bench.core.errors.UsageError: pesq is not installed.
    """
    try:
        from pesq import NoUtterancesError, pesq
    except ImportError as error:
        raise missing("pesq", "pesq") from error
    if original.shape != candidate.shape or not SHORTEST_S * SAMPLE_RATE <= len(original) <= LONGEST_S * SAMPLE_RATE:
        return None
    if min(float(rms(original)), float(rms(candidate))) <= SILENCE_RMS:
        return None
    try:
        return float(pesq(SAMPLE_RATE, original.cpu().numpy(), candidate.cpu().numpy(), "wb"))
    except NoUtterancesError:
        return None
