"""What becomes of a claim: by a test, after the correction, and never by the order of points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from bench.core.rng import keyed
from leaderboards.reproduce.claims import Claim, above, around, below, corrected, not_above
from leaderboards.reproduce.evidence import measured
from leaderboards.reproduce.figures import LEAST_SPEAKERS, Measured

SPEAKERS, EACH = 10, 30


def figure(mean: float, spread: float = 0.02, speakers: int = SPEAKERS, each: int = EACH, seed: int = 0) -> Measured:
    """A mean difference whose speakers differ by `spread`."""
    rng = keyed("claims", seed)
    who = np.repeat(np.arange(speakers), each)
    noise = np.repeat(rng.normal(size=speakers), each) * spread
    values = mean + noise - noise.mean() + rng.normal(size=len(who)) * 0.01
    weights = np.full(len(who), 1 / len(who))
    names = [f"s{number}" for number in who]
    return measured(values, 0 * values, names, strata=0 * who, weights=weights, units=np.arange(len(who)))


def verdict(claim: Claim, more: int = 0) -> str:
    """Of a claim among `more` others that nothing speaks for."""
    (found, *_), _ = corrected([[claim, *(above("other", figure(0.0, seed=seed)) for seed in range(more))]])
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
    weak = figure(0.025, spread=0.03)
    assert 0.01 < above("x", weak).p < 0.05  # type: ignore[operator]
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
        found = figure(0.01, spread=0.02, seed=seed)
        claim = above("x", found)
        assert claim.p is not None
        assert (claim.p < 0.05) == (found.low > 0 or found.high < 0), seed


def test_p_is_student_s_on_the_speakers_means() -> None:
    rng = keyed("students", 0)
    means = rng.normal(size=9) * 0.1 + 0.05
    who = np.repeat(np.arange(9), 200)
    values = means[who]
    weights = np.full(len(who), 1 / len(who))
    found = measured(
        values, 0 * values, [str(n) for n in who], strata=0 * who, weights=weights, units=np.arange(len(who))
    )
    assert above("x", found).p == pytest.approx(float(stats.ttest_1samp(means, 0.0).pvalue))


def test_under_the_null_few_claims_of_a_family_are_called_true() -> None:
    """Family-wise: whole tables of ten claims, none of them true."""
    wrong = 0
    for seed in range(100):
        claims = [above("x", _sampled(seed, number)) for number in range(10)]
        (found,), _ = corrected([claims])
        wrong += any(claim.verdict in ("holds", "does not hold") for claim in found)
    assert wrong <= 11, "5 % of 100 and three standard errors"


def _sampled(seed: int, number: int) -> Measured:
    """A figure whose mean is not centred: the truth is 0, the sample is not."""
    rng = keyed("sampled", seed, number)
    who = np.repeat(np.arange(SPEAKERS), 5)
    values = np.repeat(rng.normal(size=SPEAKERS), 5) * 0.05 + rng.normal(size=len(who)) * 0.1
    weights = np.full(len(who), 1 / len(who))
    who_names = [str(n) for n in who]
    return measured(values, 0 * values, who_names, strata=0 * who, weights=weights, units=np.arange(len(who)))
