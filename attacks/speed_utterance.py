"""P1's SpeedUtt (section 4.2)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from bench import AttackTools, Perturbation, Rng, UsageError, Utterance
from bench.signal import stretch


@dataclass(frozen=True)
class SpeedUtterance:
    """The whole utterance faster or slower at the same pitch; asks once. People hear another emotion (P1).

    The length changes, so the SNR is undefined and the perception table alone decides where a success counts.

    Args:
        rate: above 1 is faster; P1 takes 1.25 and 0.75. From 0.25 to 4.
    """

    rate: float = 1.25

    def __post_init__(self) -> None:
        if not 0.25 <= self.rate <= 4 or self.rate == 1:
            found = str(self.rate)
            raise UsageError("attack 'speed_utterance', parameter 'rate'", found, "0.25 to 4, not 1", "P1 takes 1.25")

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the faster or slower utterance."""
        done = Perturbation("speed_utterance", "signal", f"rate={self.rate:g}")
        yield replace(original, waveform=stretch(original.waveform, self.rate), perturbation=done)
