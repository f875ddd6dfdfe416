"""An attack: bursts of white noise, each just above the SNR at which a success counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from bench import AttackTools, Heard, Recipe, Rng, Samples, Steps, ThreatModel, Traits, UsageError
from bench.audio.signal import mix

_SHORTEST = 2


@dataclass(frozen=True)
class WhiteBurst:
    """White noise over a random stretch of the utterance; stretch after stretch until one fools the victim.

    The stretches grow shorter: the same energy in less time is louder, and harder to overlook.

    Args:
        draws: how many stretches are tried, at least 1.
        margin_db: above the threshold, in dB, above 0; clipping may take some of it.
        shrink: each stretch is so much shorter than the one before; above 0, at most 1.
    """

    traits: ClassVar[Traits] = Traits(threat_model=ThreatModel(allowed="additive"), anytime=True)
    draws: int = 20
    margin_db: float = 0.1
    shrink: float = 0.9

    def __post_init__(self) -> None:
        if not (self.draws >= 1 and self.margin_db > 0 and 0 < self.shrink <= 1):
            found = f"draws={self.draws}, margin_db={self.margin_db}, shrink={self.shrink}"
            expected = "draws of at least 1, margin_db above 0, shrink above 0 and at most 1"
            raise UsageError("attack 'white_burst'", found, expected, "try the defaults")

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield bursts until one counts."""
        samples = original.waveform.shape[-1]
        for draw in range(self.draws):
            length = min(samples, max(_SHORTEST, round(samples * self.shrink**draw)))
            start = int(rng.integers(samples - length + 1))
            noise = torch.zeros_like(original.waveform)
            burst = torch.from_numpy(rng.standard_normal(length, dtype="float32"))
            noise[start : start + length] = burst.to(noise.device)
            answer = yield Recipe(Samples(mix(original.waveform, noise, tools.min_snr_db + self.margin_db)))
            if answer.fooled and answer.counts:
                return
