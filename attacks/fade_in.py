"""P1's fade in (section 4.2)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from bench import SAMPLE_RATE, AttackTools, Perturbation, Rng, Traits, Utterance, within
from bench.audio.signal.levels import audible


@dataclass(frozen=True)
class FadeIn:
    """The loudness rises by 2 % of the original a second, as when somebody comes nearer; asks once.

    The last sample keeps its level; one that lies s seconds before it has 1 − percent_per_s / 100 · s of its own. It
    does not apply to silence.

    Args:
        percent_per_s: per cent of the original amplitude a second; above 0, at most 100. An utterance is silent where
            the line would fall below 0.
    """

    percent_per_s: float = 2.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'fade_in'", "percent_per_s", self.percent_per_s, "P1 takes 2", above=0, at_most=100)

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the faded utterance."""
        if not audible(original.waveform):
            return
        samples = original.waveform.shape[-1]
        seconds = torch.arange(samples - 1, -1, -1, device=original.waveform.device) / SAMPLE_RATE
        gain = (1 - self.percent_per_s / 100 * seconds).clamp_(min=0)
        done = Perturbation("fade_in", "signal", f"{self.percent_per_s:g}%/s")
        yield replace(original, waveform=original.waveform * gain, perturbation=done)
