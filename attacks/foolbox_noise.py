"""Foolbox's additive noises, drawn again and again, behind the referee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch

from bench import AttackTools, Heard, Rng, Steps, ThreatModel, Traits, chosen, within
from bench.audio.signal.levels import audible
from bench.peers.asked_models import foolbox_criterion, foolbox_model
from bench.peers.libraries import foolbox
from bench.peers.questions import Questions, asked_by

FoolboxNoise: TypeAlias = Literal[
    "gaussian", "uniform", "clipped_gaussian", "clipped_uniform", "peak_uniform", "salt_and_pepper", "blended"
]
_REPEATED: Mapping[str, str] = {
    "gaussian": "L2RepeatedAdditiveGaussianNoiseAttack",
    "uniform": "L2RepeatedAdditiveUniformNoiseAttack",
    "clipped_gaussian": "L2ClippingAwareRepeatedAdditiveGaussianNoiseAttack",
    "clipped_uniform": "L2ClippingAwareRepeatedAdditiveUniformNoiseAttack",
    "peak_uniform": "LinfRepeatedAdditiveUniformNoiseAttack",
}


@dataclass(frozen=True)
class FoolboxNoises:
    """Foolbox's additive noise attacks (Rauber et al. 2017): noise of one size, drawn anew for each query.

    Foolbox's own code runs, and each of its calls of the model is a query.

    Args:
        noise: "gaussian" or "uniform", of one L2 norm; "clipped_gaussian", "clipped_uniform", of that norm after
            clipping; "peak_uniform", of one largest sample; "salt_and_pepper", samples at the ends of the range, more
            and more of them; "blended", the speech fading into uniform noise.
        above_db: how far above the threshold the SNR is, in dB, above 0; of the first five.
        steps: how often noise is drawn; of the last two, in how many steps the speech is gone; at least 1.

    Differences to the original: the norm is what the SNR says (of "peak_uniform" that of uniform noise with this SNR).
    The speech itself is known not to fool, and no query is spent on it. The first success that counts ends it.
    """

    noise: FoolboxNoise = "gaussian"
    above_db: float = 0.1
    steps: int = 10_000

    def __post_init__(self) -> None:
        name = "attack 'foolbox_noise'"
        chosen(name, "noise", [self.noise], get_args(FoolboxNoise))
        within(name, "above_db", self.above_db, "try above_db=0.1", above=0)
        within(name, "steps", self.steps, "try steps=10000", at_least=1)

    @property
    def traits(self) -> Traits:
        """Declare that it tries samples of its own."""
        return Traits(threat_model=ThreatModel(allowed="additive"), anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield what Foolbox asks about."""
        if audible(original.waveform):
            speech = original.waveform.detach().cpu().numpy()
            norm = float(np.sqrt(np.square(speech, dtype=np.float64).sum()))
            size = norm / 2 / 10 ** ((tools.min_snr_db + self.above_db) / 20)
            if self.noise == "peak_uniform":
                size *= float(np.sqrt(3 / len(speech)))
            yield from asked_by(partial(self._run, size), original, rng)

    def _run(self, size: float, questions: Questions) -> None:
        more: dict[str, Any] = {}
        attacks = foolbox().attacks
        if self.noise == "salt_and_pepper":
            attack = attacks.SaltAndPepperNoiseAttack(steps=self.steps, across_channels=False)
        elif self.noise == "blended":
            attack = attacks.LinearSearchBlendedUniformNoiseAttack(directions=self.steps, steps=self.steps)
        else:
            attack = vars(attacks)[_REPEATED[self.noise]](repeats=self.steps)
            more["epsilon"] = size
        attack.run(foolbox_model(questions), torch.from_numpy(questions.speech), foolbox_criterion(), **more)
