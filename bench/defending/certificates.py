"""Certificates of randomised smoothing: what a vote among noisy copies proves (Cohen, Rosenfeld & Kolter 2019).

A smoothed victim g answers with the class that its base victim f gives most often to x + ε, ε drawn from N(0, σ²·I).
If f gives class A with a chance of at least p_A > 1/2, then g answers A on x + δ for every δ with ‖δ‖₂ < σ · Φ⁻¹(p_A)
(their Theorem 1, in the form of their section 3.2.2, with the runner-up bounded by 1 − p_A).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from scipy import special

from bench.contracts.protocols import Victim
from bench.core.types import Utterance

if TYPE_CHECKING:
    from bench.core.batch import Batch


LEAST_ALPHA, GREATEST_ALPHA = 1e-12, 0.5
"""Between these lies a chance of being wrong that makes sense."""


@lru_cache(maxsize=4096)
def sign_test(hits: int, of: int) -> float:
    """Compute the two-sided p of so many heads from a fair coin.

    p = min(1, 2 · Σ_{i ≥ max(hits, of − hits)} C(of, i) / 2^of), summed exactly: the binomial test of Cohen et al.'s
    Predict, after Hung & Fithian (2019).

    Args:
        hits: how often the first of two classes was voted for, from 0.
        of: how often either was.

    Returns:
        From 0 to 1; 1 where nobody voted.

    Raises:
        ValueError: more hits than votes, or fewer than none.

    >>> sign_test(5, 5), sign_test(4, 8), sign_test(0, 0)
    (0.0625, 1.0, 1.0)
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}")
    tail = sum(math.comb(of, more) for more in range(max(hits, of - hits), of + 1))
    return 1.0 if 2 * tail >= 1 << of else 2 * tail / (1 << of)


def share_lower_bound(hits: int, n: int, alpha: float) -> float:
    """Bound a chance from below: the true one is greater, but for `alpha` of all samples (Clopper & Pearson 1934,
    one-sided).

    The p at which so many hits or more have a chance of alpha: the alpha-quantile of Beta(hits, n − hits + 1).

    Args:
        hits: from 0 to n.
        n: independent trials, at least 1.
        alpha: chance of being wrong, above 0 and below 1.

    Returns:
        From 0 to 1; alpha^(1/n) where all hit.

    Raises:
        ValueError: a number out of its range.

    >>> round(share_lower_bound(99, 100, 0.001), 4), round(share_lower_bound(100, 100, 0.001), 4)
    (0.9114, 0.9333)
    """
    if not (0 <= hits <= n and n >= 1 and 0 < alpha < 1):
        raise ValueError(f"{hits} of {n} at {alpha}")
    return float(special.betaincinv(hits, n - hits + 1, alpha)) if hits else 0.0


def certified_radius(share: float, sigma: float) -> float:
    """Compute how far, in Euclidean norm, an input may move before the smoothed answer can change: σ · Φ⁻¹(share).

    Cohen et al. (2019), Theorem 1 in the form of section 3.2.2.

    Args:
        share: lower bound of the chance of the class, from 0 to 1.
        sigma: standard deviation of the smoothing noise, in the input's units.

    Returns:
        Above 0 where the share is above 1/2; else 0, which certifies nothing.

    >>> certified_radius(0.5, 1.0), round(certified_radius(0.975, 0.5), 3)
    (0.0, 0.98)
    """
    return sigma * float(special.ndtri(share)) if share > 0.5 else 0.0


def certified_snr_db(norm: float, radius: float) -> float | None:
    """Compute the SNR above which no noise can change the answer: 20 · log₁₀(‖x‖ / radius).

    The SNR is the referee's, energy over energy of the whole utterance.

    Args:
        norm: Euclidean norm of the utterance's samples.
        radius: certified, in the same units.

    Returns:
        In dB; None where nothing is certified, or the utterance is silent.

    >>> certified_snr_db(10.0, 0.1), certified_snr_db(10.0, 0.0)
    (40.0, None)
    """
    return 20 * math.log10(norm / radius) if norm > 0 and radius > 0 else None


def proven_at(proven_db: float | None, snr_db: float) -> bool:
    """Tell whether no noise at an SNR, or above it, can change an answer that is proven for all SNRs above another.

    Args:
        proven_db: the answer is proven for all SNRs above this, in dB; None where it is for none.
        snr_db: the SNR that is asked about, in dB.

    >>> proven_at(38.5, 40.0), proven_at(40.0, 40.0), proven_at(None, 40.0)
    (True, False, False)
    """
    return proven_db is not None and proven_db < snr_db


@dataclass(frozen=True)
class Certificate:
    """What a vote says of one utterance.

    Args:
        utterance: its id; empty where a victim says it, which is told none.
        label: the certified class, as a column of the task; None where the victim abstains.
        hits: copies of which the base victim said the class that was looked at.
        copies: of so many.
        share: lower bound of the chance of that class.
        radius: in Euclidean norm of the waveform, full scale being 1; 0 where it abstains.
        snr_db: the same as an SNR; None where it abstains.
    """

    utterance: str
    label: int | None
    hits: int
    copies: int
    share: float
    radius: float
    snr_db: float | None

    @classmethod
    def of(cls, said: Utterance, label: int, hits: int, copies: int, sigma: float, alpha: float) -> Certificate:
        """Certify from the votes (Cohen et al. 2019, Certify).

        Args:
            said: the utterance, with a waveform of shape (samples,).
            label: the class chosen beforehand, on other copies, as a column of the task.
            hits: copies of which the base victim said it.
            copies: how many were asked about, at least 1.
            sigma: standard deviation of the smoothing noise, full scale being 1.
            alpha: chance of being wrong, above 0 and below 1.
        """
        share = share_lower_bound(hits, copies, alpha)
        radius = certified_radius(share, sigma)
        certain = radius > 0
        snr_db = certified_snr_db(float(said.waveform.double().norm()), radius)
        return cls(said.id, label if certain else None, hits, copies, share, radius, snr_db)


@runtime_checkable
class Certifying(Victim, Protocol):
    """A fitted victim that can prove how far its answers reach."""

    def enroll(self, clean: Sequence[Utterance]) -> Certifying:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and certifies likewise."""
        ...

    def certify(self, batch: Batch, first: int, copies: int, alpha: float) -> list[Certificate]:
        """Certify each utterance; each certificate is wrong with a chance of at most `alpha`.

        Args:
            batch: the utterances as they stand.
            first: noisy copies on which the class is chosen.
            copies: further copies on which its chance is bounded.
            alpha: chance of being wrong, above 0 and below 1.
        """
        ...
