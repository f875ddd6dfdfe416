"""P1's denoising: RNNoise before the victim, in training and when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench import FitContext, NoiseSet, TrainableVictim, Traits, Utterance, Victim
from bench.defending.denoiser import Denoiser
from bench.defending.purified_victim import AudioDefense, fit_purified, load_purified

_WHERE = "defense 'rnnoise'"


@dataclass(frozen=True)
class Rnnoise(AudioDefense):
    """Takes noise out with RNNoise, as it is, before the victim hears anything (P1 sections 6.3 and 7.3).

    Training, validation and enrolled speech, and every utterance that the victim is asked about, goes through RNNoise
    and is aligned for its delay of 20 ms; the victim is trained on what comes out. There is nothing to set: P1 takes
    RNNoise with its default parameters, and so does this.

    Differences to the original: P1 does not state which RNNoise it took (its reference is of 2018); here it is the one
    inside the package `pyrnnoise`, whose network is larger than that of 2018. P1 does not say how the delay is treated;
    here it is removed to the sample. RNNoise works at 48 kHz: utterances are resampled to it and back.
    """

    where: ClassVar[str] = _WHERE
    traits: ClassVar[Traits] = Traits(dimensional=True)

    def fingerprint(self) -> str:
        """Digest the library that holds RNNoise, and how sound gets there and back.

        Raises:
            UsageError: pyrnnoise is not installed.
        """
        return Denoiser(_WHERE).fingerprint()

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that this defence was trained against: none of the bank's.

        RNNoise's own training noises are not known here. P1 says that they overlap considerably with its own, so that
        environmental noise is not unseen noise to RNNoise.
        """
        return frozenset()

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train the victim on denoised speech.

        Raises:
            UsageError: pyrnnoise is not installed, or the victim does not hear.
        """
        denoiser = Denoiser(_WHERE)
        return fit_purified(_WHERE, denoiser, _note(denoiser), victim, train, valid, context)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load the trained victim behind RNNoise.

        Raises:
            DataError: it was trained behind another RNNoise.
            UsageError: pyrnnoise is not installed, or the victim does not hear.
        """
        denoiser = Denoiser(_WHERE)
        return load_purified(_WHERE, denoiser, _note(denoiser), victim, folder, context)


def _note(denoiser: Denoiser) -> dict[str, str]:
    return {"defense": "rnnoise", "library": denoiser.binary()}
