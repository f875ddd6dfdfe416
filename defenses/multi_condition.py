"""Multi-condition training: noisy copies at random levels beside the clean speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

import torch
from torch import Tensor

from bench import FitContext, NoiseSet, Perturbation, Rng, Traits, UsageError, Utterance, check_fields, keyed, within
from bench.audio.signal import mix
from bench.defending.augmentation import NoisyCopies
from bench.defending.retraining import as_recorded
from bench.perturbations.noise_shapes import NoiseShape, draws_for, shaped_noise

_WHERE = "defense 'multi_condition'"
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 8000.0


@dataclass(frozen=True)
class MultiCondition(NoisyCopies):
    """Noise in training: beside clean utterances stand copies with a random sound or shape of noise at a random SNR.

    The sounds come from the noise bank's "train" part: none of them is heard again in an attack. Shapes are what the
    attack `shaped_noise` lays under speech, each as likely: white and pink noise, noise of the speech's own spectrum,
    under its envelope or in the valleys between its partials, one tone; nothing above a frequency that is drawn for
    each copy between 100 and 8000 Hz, or the tone's own. The validation part stays clean. What another defence of a
    stack has changed gets no copy.

    Args:
        min_snr_db: the loudest noise, in dB.
        max_snr_db: the softest noise, in dB; SNRs are uniform between the two.
        fraction: share of the training utterances that get noisy copies, above 0, at most 1.
        categories: of the noise bank; none means all that can lie under speech.
        copies: of each of these utterances, from 1 to 16.
        shapes: share of the copies that get a shape of noise in the place of a recorded sound, from 0 to 1.

    Common practice, and none of the four papers' defence: P1's `noise_augmentation` leaves a kind of noise out, P4's
    `noise_mixup` has fixed levels, P2's `random_noise` is a small white noise. Up to version 0.1.0 it was called
    `random_noise`.
    """

    where: ClassVar[str] = _WHERE
    min_snr_db: float = 0.0
    max_snr_db: float = 20.0
    fraction: float = 1.0
    categories: tuple[str, ...] = ()
    copies: int = 1
    shapes: float = 0.0

    def __post_init__(self) -> None:
        where = f"{_WHERE}, parameter "
        if not self.min_snr_db <= self.max_snr_db:
            found, remedy = f"{self.min_snr_db} above max_snr_db={self.max_snr_db}", "swap them"
            raise UsageError(where + "'min_snr_db'", found, "at most max_snr_db", remedy)
        if not 0 < self.fraction <= 1:
            raise UsageError(where + "'fraction'", str(self.fraction), "above 0, at most 1", "try fraction=1")
        check_fields(self, _WHERE, ("copies",), "try copies=3", at_least=1, at_most=16)
        within(_WHERE, "shapes", self.shapes, "try shapes=0.5", at_least=0, at_most=1)

    @property
    def traits(self) -> Traits:
        """Declare the categories that it names, or that it needs some."""
        return Traits(categories=self.categories or (None if self.shapes < 1 else ()), dimensional=True)

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that are trained on: all that can lie under speech where none is named; "signal"
        where shapes are."""
        sounds = frozenset(self.categories or noises.ambient) if self.shapes < 1 else frozenset()
        return sounds | (frozenset({"signal"}) if self.shapes else frozenset())

    def noisy_copies(self, train: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Make noisy copies of a random share of the utterances."""
        clean = as_recorded(train)
        chosen = keyed(context.seed, "multi_condition").permutation(len(clean))[: round(self.fraction * len(clean))]
        return [self._noisy(clean[i], context, number) for i in sorted(chosen) for number in range(self.copies)]

    def _noisy(self, utterance: Utterance, context: FitContext, number: int) -> Utterance:
        key = (context.seed, "multi_condition", utterance.id, *((number,) if number else ()))
        shape = keyed(*key, "shape").random() < self.shapes
        speech, rng = utterance.waveform, keyed(*key, "noise") if shape else keyed(*key)
        noise, snr_db, category, source = self._shape(speech, rng) if shape else self._sound(context.noises, rng)
        done = Perturbation("noise", category, f"{source} {snr_db:.1f} dB")
        return replace(utterance, waveform=mix(speech, noise, snr_db).clamp(-1.0, 1.0), perturbation=done)

    def _shape(self, speech: Tensor, rng: Rng) -> tuple[Tensor, float, str, str]:
        """A shape of noise: its samples, its SNR in dB, its category, and what it is."""
        shapes: tuple[NoiseShape, ...] = get_args(NoiseShape)
        shape = shapes[int(rng.integers(len(shapes)))]
        below_hz = _LOWEST_HZ * (_HIGHEST_HZ / _LOWEST_HZ) ** float(rng.random())
        snr_db = float(rng.uniform(self.min_snr_db, self.max_snr_db))
        draws = torch.from_numpy(rng.standard_normal(draws_for(speech.shape[-1]), dtype="float32"))
        noise = shaped_noise(speech, shape, below_hz, draws.to(speech.device))
        return noise, snr_db, "signal", f"{shape} below {below_hz:.0f} Hz"

    def _sound(self, noises: NoiseSet, rng: Rng) -> tuple[Tensor, float, str, str]:
        """A recorded sound, likewise."""
        categories = self.categories or noises.ambient
        clip = noises.draw(rng, categories[int(rng.integers(len(categories)))])
        return clip.waveform, float(rng.uniform(self.min_snr_db, self.max_snr_db)), clip.category, clip.id
