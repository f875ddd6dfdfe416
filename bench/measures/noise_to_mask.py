"""Noise-to-mask ratio: what was added to a sound, over what that sound masks."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.measures.auditory_masking import lines, masking_threshold, power_spectra


def noise_to_mask_db(original: Tensor, candidate: Tensor) -> float | None:
    """Compute the mean, over frames of 32 ms and critical bands, of added noise over masking threshold, in dB.

    What was added is the difference of the two. In each frame and critical band its power is divided by the least power
    that would be heard there beside the original ([`bench.measures.auditory_masking`][]). The quotients are averaged
    and the mean is put into dB, so that one loud moment is not made up for by many soft ones.

    Source: threshold, ISO/IEC 11172-3:1993 Annex D.1, the least of each band as in step 8; averaging, ITU-R BS.1387
    ("Total NMR").

    Args:
        original: shape (t,), at 16 kHz, a full-scale sine being played at 96 dB SPL.
        candidate: shape (t,).

    Returns:
        In dB, lower for a candidate nearer to the original. Below 0, the noise is masked on average; −inf where nothing
        was changed. None where the lengths differ or there is no sound.
    """
    quotients = _quotients(original, candidate)
    return None if quotients is None else 10 * float(quotients.mean().log10())


def audible_share(original: Tensor, candidate: Tensor) -> float | None:
    """Compute the share of frames in which the added noise is above the masking threshold in a critical band or more.

    The frames have 32 ms. Source: threshold, ISO/IEC 11172-3:1993 Annex D.1; ITU-R BS.1387's "relative disturbed
    frames" counts from 1.5 dB above it, this from 0 dB.

    Args:
        original: shape (t,), at 16 kHz, a full-scale sine being played at 96 dB SPL.
        candidate: shape (t,).

    Returns:
        From 0 (never heard) to 1. None where the lengths differ or there is no sound.
    """
    quotients = _quotients(original, candidate)
    return None if quotients is None else float((quotients > 1).any(dim=1).double().mean())


def _quotients(original: Tensor, candidate: Tensor) -> Tensor | None:
    """Power of the noise over that of the threshold, shape (frames, bands); None where it is not defined."""
    if original.shape != candidate.shape or not len(original):
        return None
    fixed = lines()
    threshold = masking_threshold(power_spectra(original))
    noise = power_spectra(candidate.double() - original.double()) @ fixed.in_band
    least = torch.full_like(noise, torch.inf).scatter_reduce(1, fixed.band.expand_as(threshold), threshold, "amin")
    return noise / least
