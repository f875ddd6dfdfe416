"""What becomes of a paper's claims: each is tested, and all that are printed together are one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from leaderboards.reproduce.families import LineTest, Rule, Tested, adjusted
from leaderboards.reproduce.figures import LEAST_SPEAKERS, Measured

Verdict = Literal["holds", "does not hold", "not decided", "not tested"]
"""Of a claim. "not decided": the test supports neither it nor its opposite, or not after the correction."""
Says = Literal["above 0", "below 0", "not above 0", "around 0"]
"""Where a claim has its figure; "not" and "around" allow what is `NEGLIGIBLE`."""
LEVEL = 0.05
"""Of the tests, after the correction."""
MISSING = "not run, or it applied to nothing"


def verdict_on(supported: bool | None, p_adjusted: float | None) -> Verdict:
    """Decide a claim.

    Args:
        supported: whether its figure lies on its side of its line; None where no test is possible.
        p_adjusted: p adjusted for its family; None before.
    """
    if supported is None:
        return "not tested"
    if p_adjusted is None or p_adjusted >= LEVEL:
        return "not decided"
    return "holds" if supported else "does not hold"


@dataclass(frozen=True)
class Claim:
    """Hold what a paper says, and what a run says to it.

    A claim draws a line, and its figure lies on the claim's side of it or on the other. One test for each side, the
    smaller p doubled, is the claim's p; "not above 0" has its line at `NEGLIGIBLE`, and "around 0" one on each side.

    Args:
        text: the claim.
        says: where it has the figure.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.
        beside: the same in other readings or from another table of the paper, by what it is.
        untested: why the figure cannot be had.
        p_adjusted: p adjusted for the family, from [`judged`][leaderboards.reproduce.shape.judged]; None before, and
            where there is no test.
    """

    text: str
    says: Says
    ours: Measured | None = None
    published: float | None = None
    beside: tuple[tuple[str, float], ...] = ()
    untested: str = MISSING
    p_adjusted: float | None = field(default=None)

    @property
    def sides(self) -> tuple[float, float] | None:
        """Return the one-sided p of the claim's side of its line and of the other; None where no test is possible."""
        if self.ours is None or not self.ours.tails:
            return None
        middle, upper, lower = self.ours.tails
        if self.says == "above 0":
            return middle.above, middle.below
        if self.says == "below 0":
            return middle.below, middle.above
        if self.says == "not above 0":
            return upper.below, upper.above
        return max(upper.below, lower.above), min(upper.above, lower.below)

    @property
    def p(self) -> float | None:
        """Return the two-sided p, for this claim alone; None where no test is possible."""
        return None if self.sides is None else min(1.0, 2 * min(self.sides))

    @property
    def tests(self) -> tuple[LineTest, ...]:
        """Return the tests against the claim's lines: two where it has its figure between them; none without a test."""
        if self.ours is None or not self.ours.tails:
            return ()
        middle, upper, lower = self.ours.tails
        if self.says == "around 0":
            return upper.test(wants_above=False), lower.test(wants_above=True)
        return ((upper if self.says == "not above 0" else middle).test(wants_above=self.says == "above 0"),)

    def tested(self, corpus: str) -> Tested | None:
        """Return what the claim brings to its family; None without a test.

        Args:
            corpus: whose speakers its figure is of.
        """
        if self.ours is None or self.p is None:
            return None
        sums = self.ours.sums
        return Tested(self.p, self.tests, None if sums is None else sums.of_corpus(corpus))

    @property
    def why(self) -> str | None:
        """Return why a claim was not tested; None where it was."""
        if self.ours is None:
            return self.untested
        if self.ours.speakers < LEAST_SPEAKERS:
            return f"{self.ours.speakers} speakers: no test is possible below {LEAST_SPEAKERS}"
        return None if self.ours.tails else "no two answers differ by which it could be tested"

    @property
    def verdict(self) -> Verdict:
        """Return what becomes of the claim, after the correction; before it nothing is decided."""
        return verdict_on(self.supported, self.p_adjusted)

    @property
    def supported(self) -> bool | None:
        """Return whether the figure lies on the claim's side of its line; None where no test is possible."""
        return None if self.sides is None else self.sides[0] < self.sides[1]

    def to_json(self) -> dict[str, object]:
        """Return the claim as plain values."""
        ours = None if self.ours is None else self.ours.to_json()
        kept = None if self.ours is None or self.ours.sums is None else self.ours.sums.to_json()
        tests: dict[str, object] = {"lines": [vars(one) for one in self.tests], "by_speaker": kept}
        tests |= {"p": self.p, "p_adjusted": self.p_adjusted, "supported": self.supported, "why": self.why}
        beside = dict(self.beside)
        return {"claim": self.text, "says": self.says, "verdict": self.verdict, **tests, "ours": ours} | {
            "published": self.published,
            "published_beside": beside,
        }


def above(text: str, ours: Measured | None, published: float | None = None) -> Claim:
    """State that a figure is above 0.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.
    """
    return Claim(text, "above 0", ours, published)


def below(text: str, ours: Measured | None, published: float | None = None) -> Claim:
    """State that a figure is below 0.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.
    """
    return Claim(text, "below 0", ours, published)


def not_above(text: str, ours: Measured | None, published: float | None = None) -> Claim:
    """State that a figure is not above 0, to speak of: it is below `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.
    """
    return Claim(text, "not above 0", ours, published)


def around(text: str, ours: Measured | None, published: float | None = None) -> Claim:
    """State that a figure is 0, to speak of: it lies within ± `NEGLIGIBLE`.

    Args:
        text: the claim.
        ours: the figure; None where it cannot be had.
        published: the paper's figure; None where it prints none.
    """
    return Claim(text, "around 0", ours, published)


def untestable(text: str, why: str, published: float | None = None) -> Claim:
    """State a claim that no run can test.

    Args:
        text: the claim.
        why: what is missing.
        published: the paper's figure; None where it prints none.
    """
    return Claim(text, "above 0", None, published, untested=why)


def corrected(families: Sequence[Sequence[Claim]], corpora: Sequence[str]) -> tuple[list[tuple[Claim, ...]], int, Rule]:
    """Adjust the p of all claims together for their number.

    Args:
        families: the claims of each table that is printed.
        corpora: that of each table.

    Returns:
        The claims of each table with their adjusted p, how many of all of them have a test, and by which rule.
    """
    brought = [[claim.tested(corpus) for claim in claims] for claims, corpus in zip(families, corpora, strict=True)]
    told = adjusted([one for family in brought for one in family if one is not None])
    left = iter(told.p)
    found = [
        tuple(
            claim if one is None else replace(claim, p_adjusted=next(left))
            for claim, one in zip(claims, family, strict=True)
        )
        for claims, family in zip(families, brought, strict=True)
    ]
    return found, len(told.p), told.rule
