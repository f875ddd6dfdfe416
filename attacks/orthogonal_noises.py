"""Noises of spectra that differ as far as they can, over what a threshold leaves of the speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import AttackTools, Heard, Rng, Steps, ThreatModel, Traits, drawn_key, within
from bench.audio.signal.levels import audible
from bench.perturbations.curves import TOGETHER_DB, as_curve, spectrum_at, weakened

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class OrthogonalNoises:
    """Noise of another spectrum for every query, orthogonal to all that failed (after SurFree), over weakened speech.

    It knows nothing, is told one bit, and asks at once where it counts. What failed tells one bit, so that the next is
    as different as it can be: the gains of mel bands of white noise are drawn, and made orthogonal to those of all
    earlier queries, until there are as many as bands; then it begins anew. Half of the energy that the SNR lets go is
    spent otherwise: the weakest components of the speech are left out, so that the noise stands where they were.

    Args:
        bands: of the noise's spectrum, from 3 to 64.
        range_db: the greatest gain of a band, above 0 and up to 60.
        threshold: whether weak components are left out; without, the noise alone has the SNR.
        from_db: how far above the threshold the SNR is drawn, in dB, uniformly from this, above 0.
        to_db: up to this, from `from_db` to 45. A detector lets pass what is quieter.

    Differences to the original: SurFree (Maho et al., CVPR 2021, arXiv:2011.12807) draws orthogonal directions among
    low frequencies of an image, and along each walks from afar to the boundary. Here no query lies beyond the
    threshold, so that each may be the one, and there is no walk. Leaving out weak components is Kenansville's (see
    `spectral_threshold`).
    """

    bands: int = 12
    range_db: float = 25.0
    threshold: bool = True
    from_db: float = 0.1
    to_db: float = 0.1

    def __post_init__(self) -> None:
        name = "attack 'orthogonal_noises'"
        within(name, "bands", self.bands, "try bands=12", at_least=3, at_most=64)
        within(name, "range_db", self.range_db, "try range_db=25", above=0, at_most=60)
        within(name, "from_db", self.from_db, "try from_db=0.1", above=0)
        within(name, "to_db", self.to_db, "give it from_db or more", at_least=self.from_db, at_most=45)

    @property
    def traits(self) -> Traits:
        """Declare what it keeps to, and the effects that it puts together."""
        made_of = ("shaped_noise", "spectral_threshold") if self.threshold else ("shaped_noise",)
        effects = tuple(("attacks", name) for name in made_of)
        return Traits(made_of=effects, threat_model=ThreatModel(allowed="additive"), anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield noises until one counts."""
        if not audible(original.waveform):
            return
        for direction in _orthogonal(self.bands, rng):
            snr_db = round(tools.min_snr_db + float(rng.uniform(self.from_db, self.to_db)), 3)
            each = round(snr_db + TOGETHER_DB, 3) if self.threshold else snr_db
            noise = spectrum_at(as_curve(direction), each, self.range_db, drawn_key(rng))
            answer = yield weakened(each).then(noise) if self.threshold else noise
            if answer.fooled and answer.counts:
                return


def _orthogonal(bands: int, rng: Rng) -> Iterator[Array]:
    """Directions of norm 1 without a mean, each orthogonal to those before; after all that there are, others."""
    while True:
        known: list[Array] = []
        while len(known) < bands - 1:
            drawn = rng.standard_normal(bands)
            drawn -= drawn.mean()
            for one in known:
                drawn -= (drawn @ one) * one
            known.append(drawn / np.linalg.norm(drawn))
            yield known[-1]
