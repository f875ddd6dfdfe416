"""P2's real-noise attack (section 3, generation of δ)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import fit_length
from bench.audio.signal.levels import SILENCE_RMS, audible
from bench.audio.signal.noise_estimate import estimate_noise


@dataclass(frozen=True)
class RealNoise:
    """More of the noise that the utterance already has: x' = x + ε·δ; asks once.

    δ is a random café, meeting or station noise whose mean and variance are made equal to those of the noise in the
    utterance, as estimated from its spectrum. At ε = 1 the two are equally loud. It does not apply where there is no
    noise to estimate (silence, digital silence between the words, less than 0.25 s), nor where every sound of the
    category is silent over the utterance's length.

    Differences to the original: P2 does not say how it finds the noise beyond "using spectral and log-amplitude" and
    Ephraim and Malah (1984); here their gain refines minimum statistics (`bench.audio.signal.noise_estimate`).
    Readings: one sound of the category is drawn for each utterance; it begins with the utterance and is repeated where
        it is shorter.

    Args:
        category: of the noise bank: P2's are "crowd" (café), "meeting" and "station".
        epsilon: ε, how many times the noise that is already there; from 0.1 to 2, as in P2.
    """

    category: str = "crowd"
    epsilon: float = 1.0

    def __post_init__(self) -> None:
        within("attack 'real_noise'", "epsilon", self.epsilon, "P2 takes 0.1 to 2", at_least=0.1, at_most=2)

    @property
    def traits(self) -> Traits:
        """Declare that it asks once, with sounds of the category."""
        return Traits(asks_once=True, categories=(self.category,))

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Lay the noise over speech; None where there is no noise to estimate."""
        clips = tools.noises.of(self.category)
        if not audible(original.waveform):
            return None
        samples = original.waveform.shape[-1]
        there = estimate_noise(original.waveform[None], torch.tensor([samples], device=original.waveform.device))
        if not bool(there.known):
            return None
        for index in rng.permutation(len(clips)):
            sound = fit_length(clips[index].waveform, samples).double()
            spread, mean = torch.std_mean(sound, correction=0)
            if float(spread) > SILENCE_RMS:
                delta = (sound - mean) / spread * there.variance.sqrt() + there.mean
                noisy = original.waveform + (self.epsilon * delta).float()
                done = Perturbation("real_noise", clips[index].category, f"{clips[index].id} epsilon={self.epsilon:g}")
                return replace(original, waveform=noisy, perturbation=done)
        return None
