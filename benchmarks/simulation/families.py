"""Families of claims whose truth is known: how often one is called true that is not, and how many that are.

Claim i is a mean of differences, of utterance j of speaker g with sound c: √r a_gi + √r b_ci + √(1 − 2 r) e_ji (1 − r
without sounds), all standard normal, and a shift where something is to be found. Claims share the part `together` of
the variance of each of the three, as those about the same noises and speakers do. Uneven speakers: all of g is
multiplied by exp(z_g).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.scoring.inference.sign_flip import EXACT, signs
from bench.scoring.statistics import SpeakerTest, holm, sign_flip_test, westfall_young
from benchmarks.simulation.batched import flipped_p, variances
from benchmarks.simulation.corpora import Design, Numbers

CLAIMS = 26
SHIFT = 0.7
"""Of the claims that are true: in standard deviations of an utterance, with ten speakers; more see smaller ones."""
LEVEL = 0.05
CHECKED = 2


@dataclass(frozen=True)
class FamilyErrors:
    """What came of the families of a point, nothing true in some, every other claim in as many more.

    Args:
        design: the point.
        together: see above.
        uneven: whether speakers are.
        wrong: how often a claim was called true where none was: by `westfall_young`, by flipped signs without t, and by
            Holm's rule.
        half_wrong: likewise, of the claims that are not, where every other is.
        power: the share of those that are true, and were called so.
    """

    design: Design
    together: float
    uneven: bool
    wrong: dict[str, float]
    half_wrong: dict[str, float]
    power: dict[str, float]


def family_errors(rng: np.random.Generator, design: Design, together: float, uneven: bool, count: int) -> FamilyErrors:
    """Draw families, and judge them.

    Args:
        rng: of the point.
        design: speakers, sounds, and how alike what they share makes.
        together: what claims share.
        uneven: whether speakers are.
        count: families, of each kind.
    """
    true = np.arange(CLAIMS) % 2 == 0
    null, half = (
        [
            _judged(*_drawn(rng, design, together, uneven, shift), design, checked=place < CHECKED)
            for place in range(count)
        ]
        for shift in (0.0 * true, SHIFT * (10 / design.speakers) ** 0.5 * true)
    )
    rules = list(null[0])
    return FamilyErrors(
        design,
        together,
        uneven,
        {rule: float(np.mean([one[rule].any() for one in null])) for rule in rules},
        {rule: float(np.mean([one[rule][~true].any() for one in half])) for rule in rules},
        {rule: float(np.mean([one[rule][true].mean() for one in half])) for rule in rules},
    )


def _drawn(
    rng: np.random.Generator, design: Design, together: float, uneven: bool, shift: Numbers
) -> tuple[Numbers, NDArray[np.intp]]:
    """Differences, shape (claims, utterances), and the sound of each utterance."""
    who = design.names

    def normal(rows: int) -> Numbers:
        own = rng.normal(size=(rows, CLAIMS))
        return np.asarray(together**0.5 * rng.normal(size=(rows, 1)) + (1 - together) ** 0.5 * own)

    heard = rng.integers(0, max(design.sounds, 1), size=len(who))
    found = design.alike**0.5 * normal(design.speakers)[who]
    if design.sounds:
        found = found + design.alike**0.5 * normal(design.sounds)[heard]
    found = found + (1 - design.alike * (2 if design.sounds else 1)) ** 0.5 * normal(len(who))
    if uneven:
        found = found * np.exp(rng.normal(size=(design.speakers, 1)))[who]
    return (found + shift).T, heard


def _judged(figures: Numbers, heard: NDArray[np.intp], design: Design, checked: bool) -> dict[str, NDArray[np.bool_]]:
    """Which claims are decided, by each rule."""
    n, mean = figures.shape[1], figures.mean(axis=1)
    sums = figures.reshape(CLAIMS, design.speakers, -1).sum(axis=2).T / n
    sounds = np.broadcast_to(heard, figures.shape) if design.sounds else None
    found = variances(figures - mean[:, None], design.speakers, sounds)
    error = np.sqrt(np.maximum(found.value, figures.var(axis=1) / n))
    student = 2 * special.stdtr(found.freedom, -np.abs(mean) / error)
    shares = flipped_shares(sums)
    flipped = flipped_p(sums.T)
    together = adjusted_at_once(shares, student, design.speakers)
    if checked:
        if not np.allclose([sign_flip_test(one) for one in sums.T], flipped, rtol=0, atol=1e-9):
            raise AssertionError(f"{design}: not the p of the sign-flip test")
        names = tuple(f"{number:02d}" for number in range(design.speakers))
        real = westfall_young([SpeakerTest(names, tuple(one), p) for one, p in zip(sums.T, student, strict=True)])
        if not np.allclose(real, together, rtol=0, atol=1e-9):
            raise AssertionError(f"{design}: {list(together)} at once, {real} as claims have it")
    return {
        "together": np.asarray(together) < LEVEL,
        "flips alone": adjusted_at_once(shares, np.zeros(CLAIMS), design.speakers) < LEVEL,
        "holm": np.array(holm(np.maximum(student, flipped).tolist())) < LEVEL,
    }


def flipped_shares(sums: Numbers) -> Numbers:
    """The size of Σ s_g D_g, as a share of what it could be, shape (m, signs), the first signs without a −.

    Args:
        sums: shape (G, m).
    """
    speakers, flips = len(sums), signs(len(sums))
    if speakers > EXACT:
        flips = np.concatenate([np.ones((1, speakers)), flips])
    found: Numbers = np.abs((sums / np.sqrt(np.square(sums).sum(axis=0) * speakers)).T @ flips.T)
    return np.round(found, 9, out=found)


def adjusted_at_once(shares: Numbers, student: Numbers, speakers: int) -> Numbers:
    """As `westfall_young` has it, where all tests have the same speakers: by max-T, since Student's p falls as T grows.

    Args:
        shares: of `flipped_shares`, shape (m, signs).
        student: shape (m,), p of t.
        speakers: G.
    """
    t = -special.stdtrit(speakers - 1, np.maximum(student, 1e-30) / 2)
    reached = np.minimum(shares[:, 0], np.round(t / np.sqrt(t**2 + speakers - 1), 9))
    order = np.argsort(-reached, kind="stable")
    most, adjusted = np.zeros(shares.shape[1]), np.empty(len(student))
    for place in order[::-1]:
        np.maximum(most, shares[place], out=most)
        adjusted[place] = (most >= reached[place]).mean()
    adjusted[order] = np.maximum.accumulate(adjusted[order])
    return adjusted
