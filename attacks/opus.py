"""Opus, as in video calls and voice messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import codecs
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Opus:
    """Coded as Opus at a variable bit rate and decoded again, by libopus through libsndfile; asks once.

    Opus (RFC 6716) carries most video calls and voice messages. Its delay is taken away: samples stay where they were.
    Bytes can differ from one libsndfile to the next.

    Args:
        kbps: kilobits a second that are aimed at, from 6 to 128. Without the container; messengers take 16 to 32.
    """

    kbps: float = 12.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        lowest, highest = codecs.OPUS_KBPS
        within("attack 'opus'", "kbps", self.kbps, "try kbps=12", at_least=lowest, at_most=highest)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what was coded and decoded."""
        done = Perturbation("opus", "signal", f"{self.kbps:g} kbit/s")
        return sound_effect(original, lambda sound: codecs.opus(sound, self.kbps), done)
