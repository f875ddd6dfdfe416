"""Natural evolution strategies: gradients estimated from probabilities."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench import Answer, AttackTools, Heard, Recipe, Rng, Steps, ThreatModel, Traits, within
from bench.audio.signal.levels import audible
from bench.perturbations.score_searches import Array, changed, margin, norm_at


@dataclass(frozen=True)
class NesAttack:
    """Gradients estimated from probabilities of noisy copies (natural evolution strategies, Ilyas et al. 2018).

    The change begins as white noise just above the threshold. For each step it asks about pairs of opposite noises
    around it, moves by what they say makes the label of the clean speech less likely against the likeliest other one,
    or a target likelier, and asks about where it has come. Everything that it asks about is brought to the same SNR, so
    that each query may be the one. It is told the probability of each class.

    Args:
        pairs: opposite noises for each step, at least 1.
        sigma: their norm against that of the change, above 0; probabilities are told to three decimals, and a small
            one changes none of them.
        step: how far a step goes, against the norm of the change, above 0.
        above_db: how far above the threshold the SNR is, in dB, above 0.

    Differences to the original: the energy of the change is bound in place of its largest sample, and the gradient is
    divided by its own norm; a margin in place of the label's probability alone.
    """

    pairs: int = 5
    sigma: float = 0.5
    step: float = 0.5
    above_db: float = 0.1
    traits: ClassVar[Traits] = Traits(
        threat_model=ThreatModel(answers="probabilities", allowed="additive"), anytime=True
    )

    def __post_init__(self) -> None:
        within("attack 'nes'", "pairs", self.pairs, "try pairs=5", at_least=1)
        for name, value in (("sigma", self.sigma), ("step", self.step)):
            within("attack 'nes'", name, value, f"try {name}=0.5", above=0)
        within("attack 'nes'", "above_db", self.above_db, "try above_db=0.1", above=0)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield changes until one counts."""
        speech, label = original.waveform, tools.label
        if label is None or not audible(speech):
            return
        norm = norm_at(speech, tools.min_snr_db + self.above_db)

        def asked(change: Array) -> Generator[Recipe, Answer, float | None]:
            answer = yield changed(speech, change, norm)
            return None if answer.fooled and answer.counts else margin(answer.probabilities, label, tools.target)

        change = _unit(rng.standard_normal(len(speech)))
        if (yield from asked(change)) is None:
            return
        while True:
            slope = np.zeros(len(speech))
            for _ in range(self.pairs):
                noise = _unit(rng.standard_normal(len(speech)))
                sides = []
                for sign in (1, -1):
                    said = yield from asked(change + sign * self.sigma * noise)
                    if said is None:
                        return
                    sides.append(said)
                slope += (sides[0] - sides[1]) * noise
            change = _unit(change - self.step * _unit(slope))
            if (yield from asked(change)) is None:
                return


def _unit(vector: Array) -> Array:
    """The vector with norm 1; zeros stay zeros."""
    found: Array = vector / max(float(np.sqrt(np.square(vector).sum())), 1e-12)
    return found
