"""The same estimators as statsmodels, SciPy and lifelines have, to nine digits; and CR2 by its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, stats

from bench.scoring.inference.clustering import codes
from bench.scoring.inference.survival import kaplan_meier
from bench.scoring.statistics import (
    clopper_pearson,
    cluster_variance,
    holm,
    multiway_variance,
    paired_t_test,
    quantiles,
)

CLOSE = 1e-9


def unbalanced(
    seed: int, n: int = 90
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """0/1 figures, and of each its speaker, sound and class."""
    rng = np.random.default_rng(seed)
    speakers = codes(rng.choice(9, n, p=np.arange(1, 10) / 45))
    return (rng.random(n) < 0.4).astype(float), speakers, codes(rng.integers(0, 7, n)), codes(rng.integers(0, 3, n))


@pytest.mark.parametrize("seed", range(5))
def test_the_cluster_variance_of_a_mean_is_statsmodels(seed: int) -> None:
    import statsmodels.api as sm

    y, speakers, _, _ = unbalanced(seed)
    fitted = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": speakers})
    ours = cluster_variance(y, np.full(len(y), 1 / len(y)), speakers, correction="CR1")
    assert ours.value == pytest.approx(float(fitted.cov_params()[0, 0]), rel=CLOSE)


@pytest.mark.parametrize("seed", range(5))
def test_that_of_a_mean_of_classes_means_is_statsmodels(seed: int) -> None:
    """UAR: the mean of the coefficients of class dummies. statsmodels counts the classes as parameters too."""
    import statsmodels.api as sm

    y, speakers, _, labels = unbalanced(seed)
    dummies = (labels[:, None] == np.arange(3)).astype(float)
    options = {"groups": speakers, "use_correction": False}
    theirs = np.asarray(sm.OLS(y, dummies).fit(cov_type="cluster", cov_kwds=options).cov_params()).sum() / 9
    weights = 1 / 3 / np.bincount(labels)[labels]
    ours = cluster_variance(y, weights, speakers, labels, correction="CR1")
    groups = speakers.max() + 1
    assert ours.value == pytest.approx(theirs * groups / (groups - 1), rel=CLOSE)


@pytest.mark.parametrize("seed", range(5))
def test_the_two_way_variance_is_statsmodels(seed: int) -> None:
    import statsmodels.api as sm
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    y, speakers, sounds, _ = unbalanced(seed)
    fitted = sm.OLS(y, np.ones(len(y))).fit()
    theirs = float(cov_cluster_2groups(fitted, speakers, sounds)[0][0, 0])
    ours = multiway_variance(y, np.full(len(y), 1 / len(y)), [speakers, sounds], correction="CR1")
    assert ours.value == pytest.approx(max(theirs, 0.0), rel=CLOSE, abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_cr2_and_its_degrees_of_freedom_are_bell_and_mccaffreys(seed: int) -> None:
    """By dense matrices: A_g = (I − H_gg)^(−1/2), and the eigenvalues of the T_g's covariance."""
    y, speakers, _, labels = unbalanced(seed)
    design = (labels[:, None] == np.arange(3)).astype(float)
    contrast = np.full(3, 1 / 3)
    bread = np.linalg.inv(design.T @ design)
    hat = design @ bread @ design.T
    rows, value = [], 0.0
    for group in range(speakers.max() + 1):
        own = np.flatnonzero(speakers == group)
        adjust = linalg.pinvh(linalg.sqrtm(np.eye(len(own)) - hat[np.ix_(own, own)]).real)
        lever = adjust @ design[own] @ bread @ contrast
        left = (y - hat @ y)[own]
        value += float(lever @ left) ** 2
        rows.append((np.eye(len(y)) - hat)[own].T @ lever)
    spread = np.array(rows) @ np.array(rows).T
    ours = cluster_variance(y, design @ bread @ contrast, speakers, labels)
    assert ours.value == pytest.approx(value, rel=CLOSE)
    assert ours.freedom == pytest.approx(np.trace(spread) ** 2 / np.square(spread).sum(), rel=CLOSE)


def test_clopper_and_pearsons_interval_is_statsmodels_and_scipys() -> None:
    from statsmodels.stats.proportion import proportion_confint

    for hits, n in ((0, 10), (3, 17), (17, 17), (250, 1000)):
        assert clopper_pearson(hits, n, 0.95) == pytest.approx(proportion_confint(hits, n, 0.05, "beta"), abs=CLOSE)
        exact = stats.binomtest(hits, n).proportion_ci(0.9, "exact")
        assert clopper_pearson(hits, n, 0.9) == pytest.approx((exact.low, exact.high), abs=CLOSE)


def test_quantiles_are_scipys() -> None:
    for level, freedom in ((0.95, 9), (0.9, 1), (0.999, 4.3), (0.8, 200)):
        theirs = stats.norm.ppf(0.5 + level / 2), stats.t.ppf(0.5 + level / 2, freedom)
        assert quantiles(level, freedom) == pytest.approx(theirs, rel=CLOSE)


def test_holms_rule_is_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(1).random(20) ** 3
    assert holm(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1].tolist(), abs=CLOSE)


def test_p1s_paired_t_test_is_scipys() -> None:
    first, second = np.random.default_rng(2).integers(0, 2, (2, 50))
    assert paired_t_test(first, second) == pytest.approx(float(stats.ttest_rel(first, second).pvalue), abs=CLOSE)
    for n in range(2, 300):
        difference = np.random.default_rng(n).integers(-1, 2, n).astype(float)
        if difference.std():
            assert paired_t_test(difference, np.zeros(n)) == stats.ttest_1samp(difference, 0.0).pvalue


@pytest.mark.parametrize("seed", range(4))
def test_kaplan_and_meiers_curve_and_median_are_lifelines(seed: int) -> None:
    import lifelines
    from lifelines.utils import median_survival_times

    rng = np.random.default_rng(seed)
    times, observed = rng.integers(1, 26, 60), rng.random(60) < 0.7
    theirs = lifelines.KaplanMeierFitter().fit(times, observed)
    ours = kaplan_meier(times, observed)
    assert ours.survival == pytest.approx(theirs.survival_function_at_times(ours.times).to_numpy(), abs=CLOSE)
    assert ours.median == median_survival_times(theirs.survival_function_)
