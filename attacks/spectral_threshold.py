"""The weakest components of speech left out, as many as an SNR lets go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, UsageError, within
from bench.audio.signal.levels import audible
from bench.perturbations.filtering import thresholded
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class SpectralThreshold:
    """Only the strongest components of speech are kept (after Kenansville); asks once.

    What people do not hear beside louder sound, a recogniser on a logarithmic scale does: where nothing is left, it
    sees what it never saw. Nobody was asked what people hear of it: it counts as additive, and not as imperceptible. It
    does not apply to silence.

    Args:
        window: samples of the windows in which components are compared, an even number from 32 to 16384; 0 for one
            spectrum of the whole utterance.
        snr_db: speech over what is left out, in dB, from 0 to 60.

    Differences to the original: Abdullah et al. 2021 ("Hear 'no evil', see 'Kenansville'", IEEE S&P, arXiv:1910.05262)
    take a threshold by halves, for each utterance the least that fools; here the SNR gives it, so that it asks once. Of
    their two decompositions it is the Fourier transform, also of windows.
    """

    window: int = 512
    snr_db: float = 10.1
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        name = "attack 'spectral_threshold'"
        within(name, "snr_db", self.snr_db, "try snr_db=10.1", at_least=0, at_most=60)
        if self.window and (not 32 <= self.window <= 16384 or self.window % 2):
            raise UsageError(f"{name}, parameter 'window'", str(self.window), "0, or even, 32 to 16384", "try 512")

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what is left of the utterance."""
        if not audible(original.waveform):
            return None
        done = Perturbation("spectral_threshold", "signal", f"windows of {self.window} at {self.snr_db:g} dB")
        return sound_effect(original, lambda sound: thresholded(sound, self.window, self.snr_db), done)
