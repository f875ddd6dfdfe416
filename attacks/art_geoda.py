"""ART's GeoDA behind the referee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bench import SAMPLE_RATE, within
from bench.peers.asked_models import art_model
from bench.peers.begun import BegunAfar
from bench.peers.libraries import art_evasion
from bench.peers.questions import Array, Questions
from bench.peers.starts import Start, check_start


@dataclass(frozen=True)
class ArtGeoda(BegunAfar):
    """ART's GeoDA (Rahmati et al. 2020): the boundary's normal, estimated among low frequencies, and across it.

    ART's own steps run (search by halves, estimate of the normal, walk to the boundary), and each sample that it has
    the model predict is a query.

    Args:
        start: where it begins: a "clip" of the bank or white "noise" over the speech, from just above the threshold,
            5 dB louder each time until the victim is fooled; "speech", what somebody else says; "uniform", noise
            over the whole range.
        steps: how many normals it may estimate, at least 1.
        below_hz: it keeps to frequencies below this, above 0 and up to 8000.
        evals: queries for the first normal, at least 1; later ones take more, see `share`.
        share: the paper's λ, above 0 and below 1: the queries for a normal grow by λ to the power of −2/3.
        tolerance: how near the boundary a search by halves ends, as L2 norm of samples from 0 to 1, above 0.
        sigma: standard deviation of what it asks about around the boundary, above 0.

    Differences to the original: ART takes square images alone and writes the basis of its subspace, a cosine transform
    of rows and columns, into the current folder; here the cosine transform is that of sound, and nothing is written.
    ART shares some thousand queries out over the steps, never fewer than 50 for a normal; here the steps go on with
    shares that grow as the paper has them. It begins at `start`. The first success that counts ends it.
    """

    image: ClassVar[tuple[int, ...]] = (1, 1)
    start: Start = "clip"
    steps: int = 1000
    below_hz: float = 4000.0
    evals: int = 10
    share: float = 0.6
    tolerance: float = 0.1
    sigma: float = 0.0002

    def __post_init__(self) -> None:
        name = "attack 'art_geoda'"
        check_start(name, self.start)
        within(name, "steps", self.steps, "try steps=1000", at_least=1)
        within(name, "below_hz", self.below_hz, "try below_hz=4000", above=0, at_most=SAMPLE_RATE / 2)
        within(name, "evals", self.evals, "try evals=10", at_least=1, at_most=1000)
        within(name, "share", self.share, "try share=0.6", above=0, below=1)
        within(name, "tolerance", self.tolerance, "try tolerance=0.1", above=0)
        within(name, "sigma", self.sigma, "try sigma=0.0002", above=0)

    def walk(self, begin: Array, questions: Questions) -> None:
        """Let ART search."""
        attack = _for_sound(self.below_hz, art_model(questions, *self.image), self.sigma)
        speech, label = questions.speech.reshape(begin.shape), np.array([[1.0, 0.0]])
        boundary, normal, queries = begin, np.zeros_like(begin), float(self.evals)
        boundary = attack._binary_search(speech, label, boundary, tol=self.tolerance)
        for _ in range(self.steps):
            estimate, _ = attack._black_grad_batch(boundary, min(round(queries), 1000), 64, label)
            normal = normal + estimate
            beyond = attack._go_to_boundary(speech, label, normal)
            boundary = attack._binary_search(speech, label, beyond, tol=self.tolerance)
            queries *= self.share ** (-2 / 3)


def _for_sound(below_hz: float, model: Any, sigma: float) -> Any:
    """ART's attack, whose subspace is that of a sound's low frequencies."""
    from scipy.fft import idct

    class Sound(art_evasion().GeoDA):  # type: ignore[misc]
        clip_min, clip_max = 0.0, 1.0
        sub_basis = np.zeros((1, 1))

        def _sub_noise(self, num_noises: int, basis: Array) -> Array:
            samples = self.estimator.input_shape[-1]
            low = np.zeros((num_noises, samples))
            many = max(1, round(samples * below_hz / (SAMPLE_RATE / 2)))
            low[:, :many] = np.random.normal(size=(num_noises, many))
            found: Array = idct(low, norm="ortho").astype(np.float32).reshape(num_noises, 1, 1, samples)
            return found

    attack = Sound(model, sigma=sigma, verbose=False)
    attack.clip_min, attack.clip_max = 0.0, 1.0
    return attack
