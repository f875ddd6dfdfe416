"""Multi-condition training: noisy copies at random levels beside the clean speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import FitContext, NoiseSet, Perturbation, Rng, Traits, UsageError, Utterance, keyed
from bench.audio.signal import mix
from bench.defending.augmentation import NoisyCopies
from bench.defending.retraining import as_recorded

_WHERE = "defense 'multi_condition'"


@dataclass(frozen=True)
class MultiCondition(NoisyCopies):
    """Noise in training: beside each clean utterance stands a copy with a random sound at a random SNR.

    The sounds come from the noise bank's "train" part: none of them is heard again in an attack. The validation part
    stays clean. What another defence of a stack has changed gets no copy.

    Args:
        min_snr_db: the loudest noise, in dB.
        max_snr_db: the softest noise, in dB; SNRs are uniform between the two.
        fraction: share of the training utterances that get a noisy copy, above 0, at most 1.
        categories: of the noise bank; none means all that can lie under speech.

    Common practice, and none of the four papers' defence: P1's `noise_augmentation` leaves a kind of noise out, P4's
    `noise_mixup` has fixed levels, P2's `random_noise` is a small white noise. Up to version 0.1.0 it was called
    `random_noise`.
    """

    where: ClassVar[str] = _WHERE
    min_snr_db: float = 0.0
    max_snr_db: float = 20.0
    fraction: float = 1.0
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"{_WHERE}, parameter "
        if not self.min_snr_db <= self.max_snr_db:
            found, remedy = f"{self.min_snr_db} above max_snr_db={self.max_snr_db}", "swap them"
            raise UsageError(where + "'min_snr_db'", found, "at most max_snr_db", remedy)
        if not 0 < self.fraction <= 1:
            raise UsageError(where + "'fraction'", str(self.fraction), "above 0, at most 1", "try fraction=1")

    @property
    def traits(self) -> Traits:
        """Declare the categories that it names."""
        return Traits(categories=self.categories, dimensional=True)

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that are trained on: all that can lie under speech where none is named."""
        return frozenset(self.categories or noises.ambient)

    def noisy_copies(self, train: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Make a noisy copy of a random share of the utterances."""
        clean = as_recorded(train)
        chosen = keyed(context.seed, "multi_condition").permutation(len(clean))[: round(self.fraction * len(clean))]
        return [
            self._noisy(clean[i], context, keyed(context.seed, "multi_condition", clean[i].id)) for i in sorted(chosen)
        ]

    def _noisy(self, utterance: Utterance, context: FitContext, rng: Rng) -> Utterance:
        categories = self.categories or context.noises.ambient
        clip = context.noises.draw(rng, categories[int(rng.integers(len(categories)))])
        snr_db = float(rng.uniform(self.min_snr_db, self.max_snr_db))
        mixed = mix(utterance.waveform, clip.waveform, snr_db).clamp(-1.0, 1.0)
        done = Perturbation("noise", clip.category, f"{clip.id} {snr_db:.1f} dB")
        return replace(utterance, waveform=mixed, perturbation=done)
