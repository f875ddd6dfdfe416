"""Figures that a claim can be judged by: a value, its interval, and how it lies to the lines that claims draw."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scoring.inference.estimates import Difference
from leaderboards.reproduce.families import LineTest, SpeakerSums

LEAST_SPEAKERS = 6
"""With fewer, signs that all agree by chance are no rarer than 1 in 16: no test is possible."""
NEGLIGIBLE = 0.05
"""What a claim of no difference allows: five points of a score, or five percent of one."""


@dataclass(frozen=True)
class Tail:
    """Hold how well a figure lies on one side of a line.

    Args:
        line: what it is compared with.
        above: one-sided p of the hypothesis that it is not above the line.
        below: that it is not below.
        student: two-sided p of the t-test alone that it lies on the line; the others are of flipped signs too.
    """

    line: float
    above: float
    below: float
    student: float

    def test(self, wants_above: bool) -> LineTest:
        """Return the two-sided test.

        Args:
            wants_above: whether the claim has its figure above the line.
        """
        inside = (self.above < self.below) if wants_above else (self.below < self.above)
        return LineTest(self.line, min(1.0, 2 * min(self.above, self.below)), self.student, inside)


@dataclass(frozen=True)
class Measured(Difference):
    """Hold a difference, or a relative change, that claims can be judged by.

    Args:
        speakers: of so many; they are the clusters of interval and tests.
        tails: one for 0 and for each end of what is negligible; none where no test is possible.
        sums: what each speaker adds to it; None where no test is possible.
    """

    speakers: int = 0
    tails: tuple[Tail, ...] = ()
    sums: SpeakerSums | None = None

    def tail(self, line: float) -> Tail | None:
        """Look up how the figure lies to a line; None where no test is possible."""
        return next((tail for tail in self.tails if tail.line == line), None)
