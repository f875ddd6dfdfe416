"""Families of claims: what a claim brings to the correction for their number, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.scoring.statistics import SpeakerTest, holm, westfall_young

Rule = Literal["westfall-young", "holm"]
"""By which the p of a family are adjusted."""


@dataclass(frozen=True)
class SpeakerSums:
    """Hold what each speaker adds to a figure.

    Args:
        speakers: a name for each.
        sums: as many; together they are the figure.
        parts: of each speaker, its part of the weight; they sum to 1.
    """

    speakers: tuple[str, ...]
    sums: tuple[float, ...]
    parts: tuple[float, ...]

    def of_corpus(self, spec: str) -> SpeakerSums:
        """Name the speakers by their corpus too: a name means something within one alone.

        Args:
            spec: of the corpus; the same speakers are flipped together whatever its parameters are.

        >>> SpeakerSums(("03",), (0.1,), (1.0,)).of_corpus("emodb:a=1").speakers
        ('emodb/03',)
        """
        corpus = spec.partition(":")[0]
        return replace(self, speakers=tuple(f"{corpus}/{name}" for name in self.speakers))

    def against(self, line: float, student: float) -> SpeakerTest:
        """Return the test of whether the figure lies on a line.

        Args:
            line: to be compared with.
            student: p of the t-test of the same.
        """
        turned = (one - line * part for one, part in zip(self.sums, self.parts, strict=True))
        return SpeakerTest(self.speakers, tuple(turned), student)

    def to_json(self) -> dict[str, object]:
        """Return the sums as plain lists."""
        return {name: list(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class LineTest:
    """Hold how a figure was tested against one line of a claim.

    Args:
        line: what it is compared with.
        p: two-sided, of this test alone: the larger of t and flipped signs.
        student: that of t.
        inside: whether the figure lies on the claim's side of this line.
    """

    line: float
    p: float
    student: float
    inside: bool


@dataclass(frozen=True)
class Tested:
    """Hold what a claim brings to its family.

    Args:
        p: two-sided, of this claim alone.
        lines: one, or two where a claim is that a figure lies between them.
        sums: of its speakers, by their corpus; None where nobody kept them.
    """

    p: float
    lines: tuple[LineTest, ...]
    sums: SpeakerSums | None


@dataclass(frozen=True)
class Adjusted:
    """Hold the p of a family.

    Args:
        p: adjusted, in the order of the claims.
        rule: by which.
    """

    p: tuple[float, ...]
    rule: Rule


def adjusted(family: Sequence[Tested]) -> Adjusted:
    """Adjust the p of a family of claims for their number.

    By [`westfall_young`][bench.scoring.inference.joint_flips.westfall_young], each line of a claim a test; by Holm's
    rule where some claim has no sums of its speakers. A claim that a figure lies between two lines holds where both
    tests put it inside, and so has the greater of their p; it does not hold where one puts it outside, and so has that
    one's.

    Args:
        family: those that have a test.
    """
    known = [(one, one.sums) for one in family if one.sums is not None]
    if len(known) < len(family):
        return Adjusted(tuple(holm([one.p for one in family])), "holm")
    left = iter(westfall_young([sums.against(one.line, one.student) for claim, sums in known for one in claim.lines]))
    found = [(claim, [(line, next(left)) for line in claim.lines]) for claim, _ in known]
    return Adjusted(tuple(max(claim.p, _of_lines(lines)) for claim, lines in found), "westfall-young")


def _of_lines(lines: Sequence[tuple[LineTest, float]]) -> float:
    outside = [p for line, p in lines if not line.inside]
    return min(outside) if outside else max(p for _, p in lines)
