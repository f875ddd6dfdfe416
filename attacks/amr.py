"""AMR narrow band, the codec of mobile telephones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, chosen
from bench.audio.signal import codecs
from bench.audio.signal.filters import at_rate
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Amr:
    """Resampled to 8 kHz, coded as AMR narrow band (3GPP TS 26.071), and back; asks once.

    The codec of GSM and UMTS calls. audEERING's test "Low Quality Phone" (Derington et al. 2023, arXiv:2312.06270)
    codes at 7.4 kbit/s, after a compressor and before pink noise, which are not part of this effect. The codec's delay
    is taken away: samples stay where they were. Needs PyAV: `pip install 'serbench[codecs]'`.

    Args:
        kbps: kilobits a second: 4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2 or 12.2.
    """

    kbps: float = 7.4
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        chosen("attack 'amr'", "kbps", [f"{self.kbps:g}"], [f"{rate:g}" for rate in codecs.AMR_KBPS])
        codecs.require_amr()

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what was coded and decoded."""
        done = Perturbation("amr", "signal", f"{self.kbps:g} kbit/s")
        coded = partial(codecs.amr, kbps=self.kbps)
        return sound_effect(original, lambda sound: at_rate(sound, codecs.AMR_RATE, coded), done)
