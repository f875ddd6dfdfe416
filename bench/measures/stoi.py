"""STOI, short-time objective intelligibility: how well the words come through, by the package `pystoi`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from bench.audio.signal.levels import SILENCE_RMS, rms
from bench.core.types import SAMPLE_RATE
from bench.measures.catalogue import missing

if TYPE_CHECKING:
    from numpy.typing import NDArray


def short_time_objective(original: Tensor, candidate: Tensor) -> float | None:
    """Correlate the two sounds' envelopes in fifteen third-octave bands from 150 Hz, over 384 ms at a time, and average
    (STOI).

    Source: C. H. Taal, R. C. Hendriks, R. Heusdens and J. Jensen, "An algorithm for intelligibility prediction of
    time-frequency weighted noisy speech", IEEE Transactions on Audio, Speech, and Language Processing 19(7), 2011; not
    the extended measure of 2016, which draws random numbers.

    Args:
        original: shape (t,), at 16 kHz.
        candidate: shape (t,).

    Returns:
        At most 1, which is an unchanged sound; near 0 where nothing can be understood, and in theory down to −1. None
        where the lengths differ, one of the two is silent, or fewer than 30 frames (some 0.4 s) are left of the
        original once its silences, 40 dB below its loudest frame, are taken out.

    Raises:
        bench.core.errors.UsageError: pystoi is not installed.
    """
    try:
        from pystoi import stoi
    except ImportError as error:
        raise missing("stoi", "pystoi") from error
    if original.shape != candidate.shape or not len(original):
        return None
    if min(float(rms(original)), float(rms(candidate))) <= SILENCE_RMS:
        return None
    speech, heard = original.double().cpu().numpy(), candidate.double().cpu().numpy()
    if not _long_enough(speech):
        return None
    return float(stoi(speech, heard, SAMPLE_RATE))


def _long_enough(speech: NDArray[Any]) -> bool:
    """Whether pystoi has the frames it needs. It warns and gives 1e-5 otherwise, or breaks off on no frame at all."""
    from pystoi.stoi import DYN_RANGE, FS, N_FRAME, N
    from pystoi.utils import remove_silent_frames, resample_oct

    hop = N_FRAME // 2
    enough = N_FRAME + (N - 1) * hop + 1  # pystoi leaves out a frame that ends with the last sample
    resampled = resample_oct(speech, FS, SAMPLE_RATE)
    if len(resampled) < enough:
        return False
    loud, _ = remove_silent_frames(resampled, resampled, DYN_RANGE, N_FRAME, hop)
    return bool(len(loud) >= enough)
