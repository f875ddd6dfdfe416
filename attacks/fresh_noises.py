"""The plainest search: another noise just above the threshold for every query."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

from bench import AttackTools, Effect, Heard, Recipe, Rng, Steps, ThreatModel, Traits, drawn_key, within
from bench.audio.signal.levels import audible
from bench.perturbations.pools import SHAPED, anywhere, at_level


@dataclass(frozen=True)
class FreshNoises:
    """A fresh noise for every query, at once where it counts: what a search must be better than.

    It knows nothing, and goes by no answer but success. Sounds are drawn from the whole bank and begin anywhere in
    themselves; shapes of noise come in a fixed order, drawn anew in each turn.

    Args:
        noises: "imperceptible" for sounds of the bank; "additive" for shapes of noise (white, pink, low, tones, what
            fills the valleys between partials), which nobody was asked about.
        from_db: how far above the threshold the SNR is drawn, in dB, uniformly from this, above 0.
        to_db: up to this, from `from_db` to 45. A detector lets pass what is quieter.
    """

    noises: Literal["additive", "imperceptible"] = "imperceptible"
    from_db: float = 0.1
    to_db: float = 0.1

    def __post_init__(self) -> None:
        name = "attack 'fresh_noises'"
        within(name, "from_db", self.from_db, "try from_db=0.1", above=0)
        within(name, "to_db", self.to_db, "give it from_db or more", at_least=self.from_db, at_most=45)

    @property
    def traits(self) -> Traits:
        """Declare what it keeps to, and the effect that makes its shapes."""
        made_of = (("attacks", "shaped_noise"),) if self.noises == "additive" else ()
        return Traits(categories=None, made_of=made_of, threat_model=ThreatModel(allowed=self.noises), anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield noises until one counts."""
        if not audible(original.waveform):
            return
        for turn in itertools.count():
            snr_db = round(tools.min_snr_db + float(rng.uniform(self.from_db, self.to_db)), 3)
            if self.noises == "additive":
                recipe = at_level(Recipe(Effect(str(SHAPED[turn % len(SHAPED)]), drawn_key(rng))), snr_db)
            else:
                recipe = anywhere(tools.noises.under_speech, rng, snr_db)
            answer = yield recipe
            if answer.fooled and answer.counts:
                return
