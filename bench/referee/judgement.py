"""How a candidate is judged, as pure functions: its SNR, which column it stands in, and whether it lies within the
rules.

The referee asks these of every candidate, and whoever shows candidates without a victim (`bench listen`) asks the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.contracts.perception import Perception
from bench.contracts.recipes import Recipe
from bench.core.heard import Heard
from bench.core.types import REFUSED
from bench.perturbations.laying import Rendered
from bench.referee.columns import is_imperceptible, is_reworded, length_is_covered

SNR_DECIMALS = 4
"""Decimals of a recorded SNR: far beyond hearing, and within the precision of the sums."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a candidate whoever the victim is.

    Args:
        snr_db: over the original's own samples; None where it is undefined, because the length was changed, the words
            alone were, or there is no sound; +inf where no sample was changed.
        imperceptible: whether people were asked about just this, and heard the same emotion.
        additive: whether it is imperceptible, or changes the sound and keeps the length and the words.
        within_rules: whether it is a success where it fools the victim.
    """

    snr_db: float | None
    imperceptible: bool
    additive: bool
    within_rules: bool


def energy64(waveform: Tensor) -> Tensor:
    """Sum the squares of one unpadded waveform, shape (t,), in float64: a scalar on the waveform's device."""
    wide = waveform.double()
    return torch.dot(wide, wide)


@dataclass(frozen=True)
class Scratch:
    """Memory to measure in, which many candidates share: what is warm in a core's cache is not made anew.

    Args:
        narrow: shape (u,), float32, for the samples of the longest.
        wide: likewise, float64.
    """

    narrow: Tensor
    wide: Tensor

    @classmethod
    def of(cls, samples: int, device: torch.device) -> Scratch:
        """Make one.

        Args:
            samples: of the longest candidate.
            device: where.
        """
        narrow = torch.empty(samples, device=device)
        return cls(narrow, torch.empty_like(narrow, dtype=torch.float64))

    def change64(self, heard: Tensor, clean: Tensor) -> Tensor:
        """Sum the squares of a difference in float64, see `energy64`.

        Args:
            heard: shape (t,), float32.
            clean: likewise.
        """
        samples = heard.shape[-1]
        change = torch.sub(heard, clean, out=self.narrow[:samples])
        wide = self.wide[:samples].copy_(change)
        return torch.dot(wide, wide)


def energies(
    original: Tensor,
    rendered: Rendered,
    signal: Tensor,
    scratch: Scratch | None = None,
    laid: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Sum a candidate's signal and its noise after clipping, in float64, without waiting for the device.

    Of the original's length it is the whole change against the original. Of another length it is all overlays together
    against the speech as the effects have left it.

    Args:
        original: the utterance's samples, shape (t,), on the candidate's device.
        rendered: the candidate.
        signal: `energy64` of the original, which many candidates share.
        scratch: to measure in; made anew by default.
        laid: the candidate's samples, where they have been laid somewhere.

    Returns:
        Two float64 scalars on the device, which `snr_db_of` reads.
    """
    heard, clean = rendered.waveform if laid is None else laid, original
    if rendered.samples != original.shape[-1]:
        if not rendered.overlaid or rendered.speech.shape != heard.shape:  # nothing to measure against
            whole = energy64(heard)
            nothing = whole - whole
            return (whole, nothing) if not rendered.overlaid else (nothing, nothing + 1)
        clean = rendered.speech.clamp(-1.0, 1.0)
        signal = energy64(clean)
    elif rendered.base.waveform is original and rendered.known is None:
        changed = rendered.changed  # elsewhere it is the original, whose bits stay
        if changed is not None:
            heard, clean = heard[changed], clean[changed]
    scratch = Scratch.of(heard.shape[-1], heard.device) if scratch is None else scratch
    return signal, scratch.change64(heard, clean)


def snr_db_of(signal: float, noise: float) -> float:
    """Compute the SNR of two energies, in dB.

    Args:
        signal: from `energies`.
        noise: likewise.

    Returns:
        NaN where the candidate has NaN samples; +inf where no sample was changed, even of silence, or where the length
        was and there is no overlay.

    >>> snr_db_of(4.0, 0.04), snr_db_of(0.0, 0.0), snr_db_of(0.0, 1.0)
    (20.0, inf, -inf)
    """
    if noise == 0:
        return math.inf
    ratio = signal / noise
    return 10 * math.log10(ratio) if ratio > 0 else math.nan if math.isnan(ratio) else -math.inf


def measured_snr_db(original: Tensor, rendered: Rendered, signal: Tensor) -> float:
    """Measure a candidate's SNR after clipping, see `energies` and `snr_db_of`; the device is waited for.

    Args:
        original: the utterance's samples, shape (t,), on the candidate's device.
        rendered: the candidate.
        signal: `energy64` of the original.
    """
    return snr_db_of(*torch.stack(energies(original, rendered, signal)).tolist())


def verdict_on(
    original: Heard, rendered: Rendered, recipe: Recipe, measured: float, perception: Perception, min_snr_db: float
) -> Verdict:
    """Judge a candidate by its measured SNR, and where that is undefined by what people were found to hear.

    Args:
        original: the utterance, samples of shape (t,).
        rendered: the candidate.
        recipe: what it is.
        measured: from `measured_snr_db`, in dB, not NaN.
        perception: the study of what people hear.
        min_snr_db: a candidate counts only above this SNR.
    """
    snr_db, samples = round(measured, SNR_DECIMALS), original.waveform.shape[-1]
    alike = is_imperceptible(recipe, samples, perception, rendered.done.category)
    if rendered.samples != samples:
        loud = rendered.overlaid and snr_db <= min_snr_db
        return Verdict(None, alike, alike, length_is_covered(recipe, perception) and not loud)
    reworded = is_reworded(original, rendered.base)
    if not original.has_sound or (snr_db == math.inf and (reworded or rendered.base.words != original.words)):
        return Verdict(None, alike, alike, within_rules=True)  # the words alone were changed
    return Verdict(snr_db, alike, alike or not reworded, snr_db > min_snr_db)


def fooled(before: str, after: str, target: str = "") -> bool:
    """Tell whether an answer is another one than before, and the one that is wanted; a refusal is no answer.

    Args:
        before: what the victim said of the clean utterance: a class, or the name of a refusal.
        after: what it says of the candidate.
        target: the class that is wanted; "" for any.

    >>> fooled("anger", "sadness"), fooled("anger", "(refused)"), fooled("anger", "sadness", "neutral")
    (True, False, False)
    """
    return before != after and REFUSED not in (before, after) and target in ("", after)


def convinced(
    before: str, after: str, tied: bool | None, flip_share: float | None, settled: bool, target: str = ""
) -> bool:
    """Tell whether an answer is another one than before, and not by chance.

    Args:
        before: what the victim said of the clean utterance.
        after: what it says of the candidate.
        tied: whether its two likeliest classes lie too close together.
        flip_share: against a randomised victim, the share of further draws in which the label is another class too, or
            the target.
        settled: whether most further draws about the clean utterance said what the first did.
        target: the class that is wanted; "" for any.

    >>> convinced("anger", "sadness", False, 0.4, True), convinced("anger", "sadness", False, None, True)
    (False, True)
    """
    return fooled(before, after, target) and settled and not tied and (flip_share is None or flip_share > 0.5)
