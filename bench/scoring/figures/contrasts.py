"""What sets the conditions of P1's Table 2 apart: the validity gap, and tests of Corr and of Noises."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bench.contracts.threat_models import Counted
from bench.scoring.arrays import Floats, Mask
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.dependence import Estimand, crossed_with_speakers
from bench.scoring.inference.comparisons import PairedComparison, compare, compare_many
from bench.scoring.inference.designs import Design
from bench.scoring.inference.estimates import Difference
from bench.scoring.inference.p_values import holm, holm_of_known, paired_t_test, paired_t_tests
from bench.scoring.scores import in_common


@dataclass(frozen=True)
class ValidityGap:
    """Hold what an attack wins by noises that change what people hear.

    Args:
        corr: whether the attacker was informed.
        k: queries allowed.
        gap: Acc_att with all noises less that with those heard as the same emotion.
    """

    corr: bool
    k: int
    gap: Difference

    def to_json(self) -> dict[str, object]:
        """Return one of `validity_gap[]` in docs/json.md."""
        return {"corr": self.corr, "k": self.k, "gap": self.gap.value, "ci95": list(self.gap.ci95)}


@dataclass(frozen=True)
class PairedTest:
    """Hold a test between two conditions.

    Args:
        compared: "corr": informed less uninformed; "noises": all less imperceptible.
        corr: what was held fixed where noises are compared; else None.
        noises: what was held fixed where Corr is compared; else None.
        k: queries allowed.
        found: the difference of the two Acc_att, its interval and p, and the smallest that could have been seen.
        p_holm: p adjusted by Holm's rule for all tests of the same attack; None where no test is possible.
        p1: p of P1's own paired t-test, which takes utterances for independent.
        p1_holm: the same, adjusted likewise.
        family: for how many tests p was adjusted.
    """

    compared: Literal["corr", "noises"]
    corr: bool | None
    noises: Counted | None
    k: int
    found: PairedComparison
    p_holm: float | None
    p1: float
    p1_holm: float
    family: int

    @property
    def difference(self) -> float:
        """Return the difference of the two Acc_att."""
        return self.found.difference.value

    @property
    def p(self) -> float | None:
        """Return the p, not adjusted; None where no test is possible."""
        return self.found.p

    def to_json(self) -> dict[str, object]:
        """Return one of `tests[]` in docs/json.md."""
        fixed = {"corr": self.corr} if self.noises is None else {"noises": self.noises}
        figures = {
            "difference": self.difference,
            "ci95": list(self.found.difference.ci95),
            "p": self.p,
            "p_holm": self.p_holm,
            "family": self.family,
            "detectable": self.found.detectable,
            "p1_paired_t": {"p": self.p1, "p_holm": self.p1_holm},
        }
        return {"compared": self.compared, **fixed, "k": self.k, **figures}


_Named = tuple[bool, Counted]
_PAIRS: tuple[tuple[Literal["corr", "noises"], _Named, _Named], ...] = (
    ("corr", (True, "imperceptible"), (False, "imperceptible")),
    ("corr", (True, "all"), (False, "all")),
    *(("noises", (corr, "all"), (corr, "imperceptible")) for corr in (False, True)),
)
"""What is tested: by Corr and Noises, whose Acc_att less whose."""


def validity_gaps(
    conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand = "fitted"
) -> Iterator[ValidityGap]:
    """Estimate the validity gap for each Corr that was run with all noises and with imperceptible ones, and each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget, in the order of the gaps.
        estimand: what the intervals are about.
    """
    known = {(one.corr, one.noises): one for one in conditions}
    for corr, k in itertools.product((False, True), ks):
        everything, fair = known.get((corr, "all")), known.get((corr, "imperceptible"))
        found = None if everything is None or fair is None else compared_at(everything, fair, k, estimand)
        if found is not None:
            yield ValidityGap(corr, k, found.of.difference)


def tests(conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand) -> list[PairedTest]:
    """Test at each k Corr against none, and all noises against imperceptible ones, with p after Holm over all of them.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget, in the order of the tests.
        estimand: what the intervals are about.
    """
    known = {(one.corr, one.noises): one for one in conditions}
    made: list[PairedTest] = []
    for (compared, one, other), k in itertools.product(_PAIRS, ks):
        if one in known and other in known:
            found = compared_at(known[one], known[other], k, estimand)
            fixed: tuple[bool | None, Counted | None] = (None, one[1]) if compared == "corr" else (one[0], None)
            made += [] if found is None else [PairedTest(compared, *fixed, k, found.of, None, found.p1, found.p1, 0)]
    adjusted, p1_adjusted = holm_of_known([one.p for one in made]), holm([one.p1 for one in made])
    family = sum(p is not None for p in adjusted)
    return [
        replace(one, p_holm=p_holm, p1_holm=p1_holm, family=family)
        for one, p_holm, p1_holm in zip(made, adjusted, p1_adjusted, strict=True)
    ]


@dataclass(frozen=True)
class ComparedConditions:
    """Hold two conditions compared on the utterances that both attacked.

    Args:
        of: by our test.
        p1: p of P1's own paired t-test.
    """

    of: PairedComparison
    p1: float


def compared_at(one: Condition, other: Condition, k: int, estimand: Estimand) -> ComparedConditions | None:
    """Compare the successes of two conditions; None where they attacked no utterance in common within k queries.

    Args:
        one: the condition whose Acc_att the other's is taken from.
        other: the other.
        k: queries allowed.
        estimand: what the interval is about.
    """
    if not (one.has(k) and other.has(k)):
        return None
    mine, its = one.at(k).records, other.at(k).records
    if mine.same_utterances(its):
        return _on_the_same([_Pair(one, other, k)], estimand)[0]
    both = in_common(one.successes(k), other.successes(k))
    if both.empty:
        return None
    ways = crossed_with_speakers(both, one.at(k).rows, estimand)
    speakers, units = both["speaker"].to_numpy(object), both["utterance"].to_numpy(object)
    return _compared(both["success"].to_numpy(bool), both["other"].to_numpy(bool), speakers, units, ways)


def foresee_comparisons(asked: Iterable[tuple[Sequence[Condition], Sequence[int]]], estimand: Estimand) -> None:
    """Make the comparisons that `validity_gaps` and `tests` will ask for, of any attacks.

    Args:
        asked: of each attack its conditions and numbers of queries.
        estimand: what the intervals are about.
    """
    wanted: list[_Pair] = []
    for conditions, ks in asked:
        known = {(one.corr, one.noises): one for one in conditions}
        pairs = [(known[one], known[other]) for _, one, other in _PAIRS if one in known and other in known]
        wanted += [_Pair(*two, k) for two, k in itertools.product(pairs, ks) if all(each.has(k) for each in two)]
    _on_the_same([pair for pair in wanted if pair.alike], estimand)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two conditions that are compared at k queries."""

    one: Condition
    other: Condition
    k: int

    @property
    def alike(self) -> bool:
        """Whether the same utterances were attacked."""
        return self.one.at(self.k).records.same_utterances(self.other.at(self.k).records)

    @cached_property
    def told(self) -> bytes:
        """Which utterances fell under either: what the comparison follows from, of the same records."""
        return self.one.fell(self.k).tobytes() + self.other.fell(self.k).tobytes()

    @cached_property
    def differences(self) -> Floats:
        return self.one.fell(self.k).astype(np.float64) - self.other.fell(self.k).astype(np.float64)


def _on_the_same(pairs: Sequence[_Pair], estimand: Estimand) -> list[ComparedConditions]:
    """Compare conditions under each of which the same utterances were attacked; those of one design at once."""
    known = [_known(pair, estimand) for pair in pairs]
    wanted: dict[int, tuple[Design, dict[bytes, list[int]]]] = {}
    for place, pair in enumerate(pairs):
        one = pair.one.at(pair.k)
        if pair.told in known[place]:
            continue
        if (design := one.paired(estimand)) is None:
            at, crossed = one.records.attacked, one.crossed(estimand)
            fell = pair.one.fell(pair.k), pair.other.fell(pair.k)
            known[place][pair.told] = _compared(*fell, at.speaker, at.utterance, crossed)
        else:
            wanted.setdefault(id(design), (design, {}))[1].setdefault(pair.told, []).append(place)
    for design, places in wanted.values():
        some = [pairs[own[0]] for own in places.values()]
        differences, at = np.stack([pair.differences for pair in some]), some[0].one.at(some[0].k).records.attacked
        found = compare_many(differences, at.speaker, at.utterance, design)
        for own, compared, p1 in zip(places.values(), found, paired_t_tests(differences), strict=True):
            for place in own:
                known[place][pairs[place].told] = ComparedConditions(compared, p1)
    return [own[pair.told] for own, pair in zip(known, pairs, strict=True)]


def _known(pair: _Pair, estimand: Estimand) -> dict[bytes, ComparedConditions]:
    return pair.one.at(pair.k).records.once(("compared", estimand), dict[bytes, ComparedConditions])


def _compared(
    one: Mask,
    other: Mask,
    speakers: ArrayLike,
    units: ArrayLike,
    crossed: Sequence[ArrayLike],
) -> ComparedConditions:
    first, second = one.astype(np.float64), other.astype(np.float64)
    found = compare(first, second, speakers, units=units, crossed=crossed)
    return ComparedConditions(found, paired_t_test(first, second))
