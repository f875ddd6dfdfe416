"""Many tests over the same speakers, adjusted together: step-down, by signs that are flipped for all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from bench.scoring.arrays import Floats
from bench.scoring.inference.sign_flip import EXACT, Signs, drawn_signs, signs

_ALIKE = 9
"""Digits of a statistic, from 0 to 1, that count: what differs by less is a tie."""
_MOST = 1 - 1e-9
"""Of a statistic: all speakers say the same, by as much."""
_AT_ONCE = 4_000_000
"""Signs that are multiplied at a time: a corpus may have thousands of speakers."""


@dataclass(frozen=True)
class SpeakerTest:
    """Hold one test of a family: that Σ_g D_g, a sum over speakers, is 0.

    Args:
        speakers: a name for each; the same person has the same name in all tests of the family.
        sums: D, as many; each as likely to be above 0 as below by as much, where nothing is to be found.
        student: two-sided p of the t-test of the same, which may know of what speakers share.
    """

    speakers: tuple[str, ...]
    sums: tuple[float, ...]
    student: float


def westfall_young(tests: Sequence[SpeakerTest]) -> list[float]:
    """Adjust the p of a family of tests for their number, by what they would say together if signs were flipped.

    Westfall & Young's (1993) step-down minP with Student's p of the speakers' sums, which is max-T where all tests have
    the same speakers (Ge, Dudoit & Speed 2003, TEST 12; Romano & Wolf 2005, JASA 100). For signs s of all speakers, the
    same for each test, u_i(s) is Student's two-sided p of Σ s_g D_ig / √(Σ D_ig²), and c_i is the greater of u_i(1) and
    the test's own p of t. With the tests in the order of c, p of the i-th is the share of signs whose least u of the
    i-th and all that follow is at most c_i, and no less than that of the one before.

    It holds the level for the family, whichever of the tests are true: for the true ones, speakers are independent and
    their D have jointly the same distribution with the sign turned; the u of each hang on its own D alone. All signs
    are tried up to 16 speakers, beyond them 9,999 random ones, always the same, and (b + 1) / (9,999 + 1). Speakers of
    one corpus turn apart from those of another. Where sums of speakers hang together, as with sounds that they share,
    it rests on the p of t (docs/decisions/0097-signs-flipped-together.md has the simulation).

    Args:
        tests: of one family, of at least one speaker each.

    Returns:
        As many, in the same order; none below 2 / 2^G with G speakers in all.

    >>> both = [SpeakerTest(tuple("abcdefgh"), (1.0,) * 8, 1e-6), SpeakerTest(tuple("abcdefgh"), (1.0, -1.0) * 4, 1.0)]
    >>> westfall_young(both)
    [0.015625, 1.0]
    """
    names = {name: place for place, name in enumerate(sorted({one for test in tests for one in test.speakers}))}
    flips = _flips(len(names))
    told = [_Told.of(test, names) for test in tests]
    reached = [max(float(one.student(flips[:1])[0]), test.student) for one, test in zip(told, tests, strict=True)]
    least, adjusted = np.ones(len(flips)), [1.0] * len(tests)
    order = sorted(range(len(tests)), key=lambda place: reached[place])
    for place in reversed(order):
        least = np.minimum(least, told[place].student(flips))
        adjusted[place] = float((least <= reached[place]).mean())
    highest = 0.0
    for place in order:
        adjusted[place] = highest = max(highest, adjusted[place])
    return adjusted


def _flips(speakers: int) -> Signs:
    """Rows of signs, the first without a −."""
    if speakers <= EXACT:
        return signs(speakers).astype(np.int8)
    return np.concatenate([np.ones((1, speakers), np.int8), drawn_signs(speakers)])


@dataclass(frozen=True)
class _Told:
    """The sums of a test, and where their speakers stand among all."""

    places: tuple[int, ...]
    sums: Floats

    @classmethod
    def of(cls, test: SpeakerTest, names: dict[str, int]) -> _Told:
        sums = np.asarray(test.sums, np.float64)
        largest = float(np.abs(sums).max(initial=0.0))
        if largest > 0:  # in two steps: the square of a small number may be none
            sums = sums / largest
            sums = sums / np.sqrt(np.square(sums).sum())
        return cls(tuple(names[one] for one in test.speakers), sums)

    def student(self, flips: Signs) -> Floats:
        """Student's p for each row of signs."""
        count = len(self.sums)
        step = max(1, _AT_ONCE // count)
        parts = [flips[start : start + step, self.places] @ self.sums for start in range(0, len(flips), step)]
        share = np.abs(np.concatenate(parts)) / count**0.5
        share = np.minimum(np.round(share, _ALIKE), _MOST)
        freedom = max(count - 1, 1)
        found: Floats = 2 * special.stdtr(freedom, -share * np.sqrt(freedom / (1 - share**2)))
        return found
