"""What becomes of a claim: by a test, after the correction, and never by the order of points."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from bench.core.rng import keyed
from bench.scoring.statistics import sign_flip_test
from leaderboards.reproduce.claims import Claim, above, around, below, corrected, not_above
from leaderboards.reproduce.evidence import Linearised, measured
from leaderboards.reproduce.figures import LEAST_SPEAKERS, Measured

SPEAKERS, EACH = 10, 400


def of_hits(means: NDArray[np.float64], each: int = EACH, others: float = 0.005) -> Measured:
    """What a figure is made of: answers that are right now and were not (1), or the other way round (−1), a mean for
    each speaker, and a few of both kinds beside."""
    turned = [(round((max(mean, 0) + others) * each), round((max(-mean, 0) + others) * each)) for mean in means]
    values = np.concatenate([np.repeat([1.0, -1.0, 0.0], [up, down, each - up - down]) for up, down in turned])
    who = np.repeat(np.arange(len(means)), each)
    weights = np.full(len(who), 1 / len(who))
    names = [f"s{number:02d}" for number in who]
    return measured(values, 0 * values, names, strata=0 * who, weights=weights, units=np.arange(len(who)))


def figure(mean: float, spread: float = 0.02, speakers: int = SPEAKERS, seed: int = 0) -> Measured:
    """A mean difference whose speakers differ by `spread`."""
    noise = keyed("claims", seed).normal(size=speakers) * spread
    return of_hits(mean + noise - noise.mean())


def verdict(claim: Claim, more: int = 0) -> str:
    """Of a claim among `more` others that nothing speaks for."""
    (found, *_), _, _ = corrected([[claim, *(above("other", figure(0.0, seed=seed)) for seed in range(more))]], ["c"])
    return found[0].verdict


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        (above, ["holds", "does not hold", "not decided", "not decided"]),
        (below, ["does not hold", "holds", "not decided", "not decided"]),
        (not_above, ["does not hold", "holds", "not decided", "holds"]),
        (around, ["does not hold", "does not hold", "not decided", "holds"]),
    ],
)
def test_the_test_decides(claim: Callable[..., Claim], verdicts: list[str]) -> None:
    figures = (figure(0.2), figure(-0.2), figure(0.05, spread=0.2), figure(0.0))
    assert [verdict(claim("x", one)) for one in figures] == verdicts
    assert verdict(claim("x", None)) == "not tested"


def test_nothing_is_decided_before_the_correction() -> None:
    assert above("x", figure(0.2)).verdict == "not decided"


def test_many_claims_ask_for_more() -> None:
    weak = figure(0.03, spread=0.03)
    p = above("x", weak).p
    assert p is not None
    assert 0.005 < p < 0.05
    assert verdict(above("x", weak)) == "holds"
    assert verdict(above("x", weak), more=20) == "not decided"


def test_a_small_difference_is_no_difference_to_speak_of() -> None:
    assert verdict(not_above("x", figure(0.03, spread=0.002))) == "holds"
    assert verdict(around("x", figure(-0.03, spread=0.002))) == "holds"


@pytest.mark.parametrize("speakers", [1, 2, LEAST_SPEAKERS - 1])
def test_few_speakers_make_no_test(speakers: int) -> None:
    claim = above("x", figure(0.5, speakers=speakers))
    assert claim.p is None
    assert claim.why == f"{speakers} speakers: no test is possible below 6"
    assert verdict(claim) == "not tested"


def test_where_nothing_differs_nothing_is_tested() -> None:
    ones = np.ones(80)
    who = [f"s{number % 8}" for number in range(80)]
    found = measured(ones, ones, who, strata=0 * ones, weights=ones / 80, units=np.arange(80))
    assert verdict(above("x", found)) == verdict(around("x", found)) == "not tested"


def test_p_and_interval_never_contradict_each_other() -> None:
    for seed in range(40):
        found = figure(0.012, spread=0.02, seed=seed)
        claim = above("x", found)
        assert claim.p is not None
        assert (claim.p <= 0.05) == (found.low > 0 or found.high < 0), seed


def test_p_of_a_linearised_figure_is_student_s_on_the_speakers_and_that_of_flipped_signs() -> None:
    """And never less; a little more, since changes that did not happen to be seen count."""
    for seed in range(10):
        rng = keyed("students", seed)
        who = np.repeat(np.arange(9), 4000)
        first, second, more = rng.random((3, len(who)))
        before = (first < 0.6).astype(float)
        after = np.where(second < 0.7, before, more < (rng.normal(size=9) * 0.1 + 0.5)[who])
        change = float(after.mean() / before.mean()) - 1
        linear = (after - (1 + change) * before) / before.mean()
        means = np.array([linear[who == one].mean() for one in range(9)]) + change
        apart = {"strata": 0 * who, "units": np.arange(len(who)), "names": [str(number) for number in range(9)]}
        each = np.full(len(who), 1 / len(who) / before.mean())
        linearised = Linearised(change, linear * before.mean())
        found = measured(after, before, who, weights=each, linearised=linearised, **apart)
        flips = np.array(list(itertools.product((-1, 1), repeat=9))) @ means
        flipped = float(np.mean(np.abs(flips) >= abs(means.sum()) - 1e-12))
        expected = max(flipped, float(stats.ttest_1samp(means, 0.0).pvalue))
        p = above("x", found).p
        assert p is not None
        assert p == pytest.approx(expected, rel=0.25)
        assert p >= expected - 1e-9


def test_relative_changes_of_few_answers_have_intervals_that_cover() -> None:
    """0.5 to 5 in 100 change, by speakers who differ: of intervals by the variance alone 39 to 89 in 100 cover."""
    for lost in (0.005, 0.02, 0.05):
        covered = 0
        for seed in range(100):
            rng = keyed("rare", str(lost), seed)
            right = rng.random((8, 30)) < rng.beta(7.2, 1.8, (8, 1))
            after = right & (rng.random((8, 30)) >= rng.beta(9 * lost, 9 * (1 - lost), (8, 1)))
            before, later = right.ravel().astype(float), after.ravel().astype(float)
            change = later.mean() / before.mean() - 1
            found = measured(
                later,
                before,
                np.repeat(np.arange(8), 30),
                strata=0 * before,
                weights=np.full(240, 1 / 240 / before.mean()),
                units=np.arange(240),
                linearised=Linearised(change, later - (1 + change) * before),
            )
            covered += found.low <= -lost <= found.high
        assert covered >= 93, lost


def test_under_the_null_few_claims_of_a_family_are_called_true() -> None:
    """Family-wise: whole tables of ten claims, none of them true."""
    wrong = 0
    for seed in range(60):
        means = [keyed("null", seed, number).normal(size=SPEAKERS) * 0.05 for number in range(10)]
        (found,), _, _ = corrected([[above("x", of_hits(one, each=60)) for one in means]], ["c"])
        wrong += any(claim.verdict in ("holds", "does not hold") for claim in found)
    assert wrong <= 8, "5 % of 60 and three standard errors"


@pytest.mark.parametrize("sounds", [0, 12])
def test_what_a_claim_brings_to_its_family_is_what_it_is_judged_by_alone(sounds: int) -> None:
    """Its p is the larger of t and the flips of the sums that it brings, on each line."""
    for seed in range(6):
        rng = keyed("brought", seed)
        who, heard = np.repeat(np.arange(8), 40), rng.integers(0, max(sounds, 1), size=320)
        hits = (rng.random(320) < 0.55 + 0.1 * rng.normal(size=8)[who] + 0.1 * rng.normal(size=12)[heard]).astype(float)
        apart = {"strata": 0 * who, "weights": np.full(320, 1 / 320), "units": np.arange(320)}
        found = measured(hits, 1 - hits, who, sounds=heard if sounds else None, names=[*"abcdefgh"], **apart)
        for claim, lines in ((above("x", found), 1), (not_above("x", found), 1), (around("x", found), 2)):
            brought = claim.tested("emodb")
            assert brought is not None
            assert brought.sums is not None
            assert brought.sums.speakers[:2] == ("emodb/a", "emodb/b")
            assert sum(brought.sums.sums) == pytest.approx(found.value)
            assert len(brought.lines) == lines
            for one in brought.lines:
                flipped = sign_flip_test(brought.sums.against(one.line, one.student).sums)
                assert one.p == pytest.approx(max(flipped, one.student), abs=1e-9)
            assert claim.supported == all(one.inside for one in brought.lines)
