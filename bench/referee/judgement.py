"""How a candidate is judged, as pure functions: what is heard of it, its SNR, and whether it lies within the rules.

The referee asks these of every candidate, and whoever shows candidates without a victim (`bench listen`) asks the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bench.audio.signal import energy
from bench.contracts.perception import Perception
from bench.core.types import REFUSED, Utterance

SNR_DECIMALS = 4
"""Decimals of a recorded SNR: far beyond hearing, and within the precision of the sums."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a candidate whoever the victim is.

    Args:
        snr_db: over the original's own samples; None where it is undefined, because the length was changed or there is
            no sound; +inf where no sample was changed.
        imperceptible: whether people were found to hear the same emotion.
        within_rules: whether it is a success where it fools the victim.
    """

    snr_db: float | None
    imperceptible: bool
    within_rules: bool


def heard(candidate: Utterance) -> Utterance:
    """Clip a candidate to [-1, 1]: as the victim hears it, and as it is measured."""
    return replace(candidate, waveform=candidate.waveform.clamp(-1.0, 1.0))


def has_snr(original: Utterance, candidate: Utterance) -> bool:
    """Tell whether a candidate has an SNR: there is sound, and its length was kept.

    Args:
        original: the utterance, with a waveform of shape (samples,).
        candidate: what was made of it.
    """
    return candidate.waveform.shape == original.waveform.shape and original.has_sound


def measured_snr_db(original: Utterance, candidate: Utterance, signal: Tensor) -> Tensor:
    """Measure a candidate's SNR without waiting for the device.

    Args:
        original: the utterance, on the candidate's device.
        candidate: as `heard` gives it.
        signal: the original's energy, a scalar, which many candidates of one original share.

    Returns:
        A scalar on the device, in dB: NaN where the candidate has NaN samples and only there; +inf where no sample was
        changed, even of silence; 0 where it is undefined.
    """
    if not has_snr(original, candidate):
        return energy(candidate.waveform) * 0
    noise = energy(candidate.waveform - original.waveform)
    return torch.where(noise == 0, torch.inf, 10 * torch.log10(signal / noise))


def verdict_on(
    original: Utterance, candidate: Utterance, measured: float, perception: Perception, min_snr_db: float
) -> Verdict:
    """Judge a candidate by its measured SNR, and where that is undefined by what people were found to hear.

    Args:
        original: the utterance.
        candidate: as `heard` gives it.
        measured: from `measured_snr_db`, in dB, not NaN.
        perception: the study of what people hear.
        min_snr_db: a candidate counts only above this SNR.
    """
    done = candidate.perturbation
    snr_db = round(measured, SNR_DECIMALS) if has_snr(original, candidate) else None
    within_rules = perception.covers(done) if snr_db is None else snr_db > min_snr_db
    return Verdict(snr_db, perception.is_imperceptible(done), within_rules)


def fooled(before: str, after: str) -> bool:
    """Tell whether an answer is another one than before; a refusal is none, neither before nor after.

    Args:
        before: what the victim said of the clean utterance: a class, or the name of a refusal.
        after: what it says of the candidate.

    >>> fooled("anger", "sadness"), fooled("anger", "(refused)")
    (True, False)
    """
    return before != after and REFUSED not in (before, after)


def convinced(before: str, after: str, tied: bool | None, flip_share: float | None, settled: bool) -> bool:
    """Tell whether an answer is another one than before, and not by chance.

    Args:
        before: what the victim said of the clean utterance.
        after: what it says of the candidate.
        tied: whether its two likeliest classes lie too close together.
        flip_share: against a randomised victim, the share of further draws in which the label is another class too.
        settled: whether most further draws about the clean utterance said what the first did.

    >>> convinced("anger", "sadness", False, 0.4, True), convinced("anger", "sadness", False, None, True)
    (False, True)
    """
    return fooled(before, after) and settled and not tied and (flip_share is None or flip_share > 0.5)
