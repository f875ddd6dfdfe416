"""P2's random noise in training (section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import FitContext, Perturbation, TrainableVictim, Traits, Utterance, Victim, keyed, within
from bench.defending.augmentation import TrainingDefense
from bench.defending.retraining import with_clean
from bench.perturbations.once import drawn_noise

_NAME = "random_noise"
_WHERE = f"defense {_NAME!r}"


@dataclass(frozen=True)
class RandomNoise(TrainingDefense):
    """A small white noise on all training speech, in place of the clean: as many utterances as before (P2).

    Each training utterance gets Gaussian noise of its own, drawn once; what another defence of a stack has changed
    already is left as it is. The validation part stays clean, and speakers' statistics come from clean speech.

    Readings: P2 adds "a small random noise to overall training data", and says neither which distribution nor how small
    nor whether to the sound or to the features. Here it is Gaussian, on the sound, of one level for all utterances:
    σ = 0.005 of full scale, −46 dB, some 20 to 30 dB below speech as it is usually recorded. It is no copy beside the
    clean speech, and no sound of a noise bank: that is `multi_condition`, which stood under this name up to version
    0.1.0.

    Args:
        sigma: standard deviation of a sample, as a share of full scale; above 0, at most 0.1.
    """

    where: ClassVar[str] = _WHERE
    traits: ClassVar[Traits] = Traits(dimensional=True)
    sigma: float = 0.005

    def __post_init__(self) -> None:
        within(_WHERE, "sigma", self.sigma, "small is meant: try sigma=0.005", above=0, at_most=0.1)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train the victim on noisy utterances, as many as there are.

        Args:
            victim: the recipe.
            train: labelled utterances.
            valid: labelled utterances of other speakers, which stay clean.
            context: the task, the seed, the device, the noises.

        Raises:
            UsageError: the victim does not hear or cannot be trained.
        """
        self.check(victim)
        noisy = [self.noisy(said, context.seed) for said in train]
        return victim.fit(noisy, valid, with_clean(context, train))

    def noisy(self, said: Utterance, seed: int) -> Utterance:
        """Add noise to an utterance; one without sound, or that something was done to, stays as it is.

        Args:
            said: the utterance.
            seed: of the training; with the utterance's id the key of its noise.
        """
        if said.perturbation is not None or not said.has_sound:
            return said
        drawn = keyed(seed, _NAME, said.id).standard_normal(said.waveform.shape[-1], dtype="float32")
        noise = self.sigma * drawn_noise(drawn, said.waveform)
        done = Perturbation("white_noise", "signal", f"sigma={self.sigma:g}")
        return replace(said, waveform=(said.waveform + noise).clamp(-1.0, 1.0), perturbation=done)
