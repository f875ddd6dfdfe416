"""Segmental SNR: the mean over short frames of the signal-to-noise ratio in dB, so that quiet sounds count too."""

from __future__ import annotations

from torch import Tensor, arange, pi

from bench.audio.signal.levels import SILENCE_RMS, rms
from bench.core.types import SAMPLE_RATE

FRAME_S = 0.03
"""Seconds."""
_FRAME = round(FRAME_S * SAMPLE_RATE)
_HOP = _FRAME // 4
LEAST_DB, GREATEST_DB = -10.0, 35.0
SILENCE_DB = 40.0
"""A frame whose energy is so far below that of the original's loudest frame is silence."""


def segmental_snr_db(original: Tensor, candidate: Tensor) -> float | None:
    """Average 10·log10(Σs² / Σ(s'−s)²) over frames, each between −10 and 35 dB.

    Frames of 30 ms under a Hann window, one every 7.5 ms. Frames of silence are left out: their ratio says how silent
    the silence was, not how far the speech was changed. Samples after the last whole frame are not looked at.

    Source: J. H. L. Hansen and B. L. Pellom, "An effective quality evaluation protocol for speech enhancement
    algorithms", ICSLP 1998; frames, window and limits as in P. C. Loizou, "Speech Enhancement", 2007, section 10.1.

    Differences to the original:
        Both papers tell how to limit the damage that silent frames do; Loizou's program has the limits alone. Here
        frames more than 40 dB below the loudest are left out as well, the rule by which STOI drops them.

    Args:
        original: s, shape (t,), at 16 kHz.
        candidate: s', shape (t,).

    Returns:
        From −10 to 35, higher for a candidate nearer to the original: 35 where nothing was changed. None where the
        lengths differ, the original is silent, or it is shorter than a frame.

    >>> import torch
    >>> tone = 0.5 * torch.sin(torch.arange(8_000) / 9)
    >>> round(segmental_snr_db(tone, 0.9 * tone), 3), segmental_snr_db(tone, tone), segmental_snr_db(tone, tone[1:])
    (20.0, 35.0, None)
    """
    if original.shape != candidate.shape or len(original) < _FRAME or float(rms(original)) <= SILENCE_RMS:
        return None
    signal, noise = _energies(original), _energies(candidate.double() - original.double())
    heard = signal > signal.max() * 10 ** (-SILENCE_DB / 10)
    ratios = 10 * (signal[heard] / noise[heard]).log10()
    return float(ratios.clamp(LEAST_DB, GREATEST_DB).mean())


def _energies(waveform: Tensor) -> Tensor:
    """Σ(w·x)² of each frame, shape (frames,), float64."""
    samples = waveform.double()
    place = arange(1, _FRAME + 1, dtype=samples.dtype, device=samples.device)
    window = 0.5 * (1 - (2 * pi * place / (_FRAME + 1)).cos())
    return (samples.unfold(0, _FRAME, _HOP) * window).square().sum(dim=1)
