"""P4's noise mix-up in training (equations 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bench import FitContext, NoiseSet, Spec, Traits, UsageError, Utterance, check_fields
from bench.defending.adversarial_examples import perturbed
from bench.defending.augmentation import NoisyCopies
from bench.defending.retraining import as_recorded

_NAME = "noise_mixup"
_WHERE = f"defense {_NAME!r}"


@dataclass(frozen=True)
class NoiseMixup(NoisyCopies):
    """Beside each clean utterance, its mixtures with noise at 15, 20 and 40 dB in training (P4).

    A copy is what the attack [`mixup`](../attacks/mixup.md) makes, with sounds of the noise bank's "train" part: noise
    at one SNR in every second, and every second divided by its largest absolute value. The validation part stays clean.
    What another defence of a stack has changed gets no copy.

    Training and test are alike for every victim: clean speech is heard as it was recorded, in both; noisy speech at
    full scale, in both, since the attack divides too. `alexnet_spectrogram` divides every block itself, clean ones too,
    so for it `normalise` changes little: what would overflow is clipped without it. Other victims, which hear loudness,
    would be trained on noisy speech at another level than that of the attack. `normalise=false` goes with an attack
    `mixup:normalise=false`.

    Args:
        snrs_db: speech over noise, in dB, each from -20 to 60: one copy for each. P4 takes 15, 20 and 40.
        category: of the noise bank; none draws one for each copy.
        normalise: as in the attack: divide each second by its largest absolute value (equation 2).

    Differences to the original: P4 mixes with the noise of one classroom; here a sound is drawn from the bank for each
    copy.
    """

    where: ClassVar[str] = _WHERE
    snrs_db: tuple[float, ...] = (15.0, 20.0, 40.0)
    category: str | None = None
    normalise: bool = True

    def __post_init__(self) -> None:
        check_fields(self, _WHERE, ("snrs_db",), "P4 takes 15, 20 and 40", at_least=-20, at_most=60)
        if not self.snrs_db or len(set(self.snrs_db)) < len(self.snrs_db):
            found = "+".join(f"{snr_db:g}" for snr_db in self.snrs_db) or "none"
            remedy = "P4 takes snrs_db=15+20+40"
            raise UsageError(f"{_WHERE}, parameter 'snrs_db'", found, "one or more, each once", remedy)

    @property
    def traits(self) -> Traits:
        """Declare the attacks that it draws on, and the category that it names."""
        named = None if self.category is None else (self.category,)
        return Traits(made_of=tuple(("attacks", effect) for effect in self.effects), categories=named, dimensional=True)

    @property
    def effects(self) -> tuple[str, ...]:
        """Return the specs of the attacks that it draws on, one for each SNR.

        >>> NoiseMixup((15.0,), "crowd").effects
        ('mixup:snr_db=15.0,category=crowd,normalise=true',)
        """
        rest = () if self.category is None else (("category", self.category),)
        rest = (*rest, ("normalise", str(self.normalise).lower()))
        return tuple(str(Spec("mixup", (("snr_db", str(snr_db)), *rest))) for snr_db in self.snrs_db)

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise category that is trained on: all sounds of the bank where none is named."""
        return frozenset(noises.sounding if self.category is None else {self.category})

    def noisy_copies(self, train: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Make the copies, one SNR after the other; none of an utterance that is silent."""
        clean = as_recorded(train)
        found = [perturbed(effect, clean, context, _NAME) for effect in self.effects]
        return [copy for copies in found for copy in copies if copy is not None]
