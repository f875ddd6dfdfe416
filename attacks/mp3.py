"""MP3, as in voice memos and archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, chosen
from bench.audio.signal import codecs
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Mp3:
    """Coded as MP3 at a constant bit rate and decoded again, by LAME and mpg123 through libsndfile; asks once.

    The codec's delay is taken away: samples stay where they were. Bytes can differ from one libsndfile to the next.

    Args:
        kbps: kilobits a second: 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144 or 160 (what MPEG-2 layer III has
            at 16 kHz).
    """

    kbps: int = 16
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        chosen("attack 'mp3'", "kbps", [str(self.kbps)], [str(rate) for rate in codecs.MP3_KBPS])

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what was coded and decoded."""
        done = Perturbation("mp3", "signal", f"{self.kbps} kbit/s")
        return sound_effect(original, lambda sound: codecs.mp3(sound, self.kbps), done)
