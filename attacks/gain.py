"""Another level of recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Gain:
    """The whole utterance louder or softer; asks once.

    audEERING's tests (Derington et al. 2023, arXiv:2312.06270, "Robustness small changes") have −2, −1, 1 and 2 dB. A
    gain is no noise, but the referee measures it as one: −20·log10|g − 1|, which is 11.7 dB at +2 dB and 13.7 dB at
    −2 dB. Beyond +2.4 and −3.3 dB a change of label does not count as a success.

    Args:
        gain_db: from −60 to 40, not 0. What becomes louder than full scale is cut off.
    """

    gain_db: float = 2.0
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'gain'", "gain_db", self.gain_db, "try gain_db=2", at_least=-60, at_most=40, but_not=0)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the louder or softer utterance."""
        done = Perturbation("gain", "signal", f"{self.gain_db:+g} dB")
        return sound_effect(original, lambda sound: sound * 10 ** (self.gain_db / 20), done)
