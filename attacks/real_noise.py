"""P2's real-noise attack (section 3, generation of δ)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from bench import AttackTools, Heard, Overlay, Recipe, Rng, Steps, Traits, within
from bench.audio.signal import energy
from bench.audio.signal.levels import audible
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
        it is shorter. It is brought to the noise's power, variance and squared mean together; its own mean stays, which
        for a recorded sound is next to nothing.

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

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield the noise's overlay; where it is silent over the utterance's length, the next one's."""
        clips = tools.noises.of(self.category)
        if not audible(original.waveform):
            return
        samples = original.waveform.shape[-1]
        there = estimate_noise(original.waveform[None], torch.tensor([samples], device=original.waveform.device))
        if not bool(there.known):
            return
        power = float(there.variance + there.mean.square()) * self.epsilon**2
        snr_db = 10 * math.log10(float(energy(original.waveform)) / (samples * power))
        for index in rng.permutation(len(clips)):
            if (yield Recipe(Overlay(clips[index], snr_db))).applied:
                return
