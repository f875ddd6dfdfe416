"""Figures of many attacks computed at once: the same as one by one, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.scoring.figures import contrasts
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.efforts import foresee_medians, query_medians, smallest_perturbations
from bench.scoring.figures.many_intervals import foresee_intervals
from bench.scoring.inference.clustering import Clusters
from bench.scoring.inference.comparisons import compare, compare_many
from bench.scoring.inference.designs import Design
from bench.scoring.inference.intervals import (
    clopper_pearson,
    clopper_pearson_of,
    clustered_share,
    clustered_shares,
    proportion_interval,
    proportion_intervals,
    shares_intervals,
)
from bench.scoring.inference.p_values import paired_t_test, paired_t_tests
from bench.scoring.record_files.columns import Columns, Texts
from bench.scoring.record_files.pooled import PooledRecords

N, KS = 60, (1, 2, 4)


@pytest.mark.parametrize("strata", [1, 3, 9])
@pytest.mark.parametrize("sounds", [0, 7])
def test_shares_at_once(strata: int, sounds: int) -> None:
    """Of one mean and of several, with crossing clusters, and utterances of two rows."""
    rng, places = np.random.default_rng(strata + sounds), np.arange(N)
    ways = (places // 6, *((rng.permutation(places % sounds),) if sounds else ()))
    weights = rng.uniform(0.5, 1.5, N)
    design = Design.of(weights / weights.sum(), Clusters(ways, places // 2), places % strata)
    hits = np.stack([np.zeros(N), np.ones(N), places % strata == 0, *(rng.random((9, N)) < rng.random((9, 1)))])
    assert clustered_shares(hits, design) == [clustered_share(one, design) for one in hits]
    assert shares_intervals(hits, design) == [clustered_share(one, design).interval() for one in hits]


def drawn(seed: int) -> PooledRecords:
    """A search of forty utterances of eight speakers, each with four queries."""
    rng, rows = np.random.default_rng(seed), np.arange(200)
    number, query = rows // 5, rows % 5
    names = {"utterance": number, "speaker": number // 5, "label_true": number * 0}
    names |= {"label_before": number % 3 // 2, "label_after": number * 0, "source": number * 0}
    texts = {name: Texts.of([f"{name[-2:]}{one}" for one in codes]) for name, codes in names.items()}
    texts["label_before"] = Texts(texts["label_true"].names, np.where(number % 3 == 2, -1, 0))
    truths = {name: (rng.random(200) < 0.3) & (query > 0) for name in ("accepted", "imperceptible", "survives_pcm")}
    columns = Columns(query, texts, {"snr_db": np.full(200, 12.0)}, {name: one * 1 for name, one in truths.items()})
    return PooledRecords(columns, np.zeros(200, dtype=np.intp), ((0, 0, 0),))


def test_what_is_foreseen_is_what_is_asked_for() -> None:
    """Also of attacks that share a design, one of which has a share that another has."""
    apart, together = ([Condition(False, "all", drawn(seed)) for seed in (0, 1, 0)] for _ in range(2))
    foresee_intervals([(one, KS) for one in together], "fitted")
    for one, other in zip(apart, together, strict=True):
        known = (
            one.records.once(("intervals", True, "fitted"), dict),
            other.records.once(("intervals", True, "fitted"), dict),
        )
        found = [(each.acc_att(k), each.robust_accuracy(k), each.acc_att_pcm(k)) for each in (one, other) for k in KS]
        assert found[: len(KS)] == found[len(KS) :]
        assert known[0] == known[1] != {}


def test_intervals_at_once() -> None:
    """Also of none, of all, of nobody beside one, and of a single speaker."""
    shares = [(0.0, 9.5), (1.0, 9.5), (0.3, 12.25), (0.999, 40.0), (1e-9, 3.0)]
    assert clopper_pearson_of(shares, 0.95) == [clopper_pearson(value * n, n, 0.95) for value, n in shares]
    gaps, speakers = np.random.default_rng(3).random((4, 24)) ** 4, np.arange(24) // 4
    assert proportion_intervals(gaps, speakers, None) == [proportion_interval(one, speakers) for one in gaps]
    assert proportion_intervals(gaps, np.zeros(24), None) == [(0.0, 1.0)] * 4
    with pytest.raises(ValueError, match="no utterances"):
        proportion_intervals(np.empty((2, 0)), [], None)


@pytest.mark.parametrize("speakers", [2, 5, 6, 12, 20])
@pytest.mark.parametrize("sounds", [0, 7])
def test_comparisons_at_once(speakers: int, sounds: int) -> None:
    """With too few speakers for a test, with all flips, and with some of them; where nothing and where all differs."""
    rng, places = np.random.default_rng(speakers + sounds), np.arange(4 * speakers)
    crossed = (rng.permutation(places % sounds),) if sounds else ()
    first, second = (rng.random((9, len(places))) < 0.5 for _ in range(2))
    first[0], second[0], first[1], second[1] = second[0], second[0], True, False
    differences = first.astype(np.float64) - second
    who, units = places // 4, places // 2
    design = Design.paired(len(places), Clusters((who, *crossed), units))
    pairs = [*zip(first, second, strict=True)]
    alone = [compare(*pair, who, units=units, crossed=crossed, design=design) for pair in pairs]
    assert compare_many(differences, who, units, design) == alone
    assert paired_t_tests(differences) == [paired_t_test(*pair) for pair in pairs]


def test_whole_attacks_are_foreseen() -> None:
    """Medians and comparisons of attacks of several designs, budgets and kinds of noises, twice the same."""
    attacks = [
        [Condition(corr, noises, drawn(seed)) for corr in (False, True) for noises in ("all", "imperceptible")]
        for seed in (0, 1, 0)
    ]
    known = [_figures(some, budget) for budget, some in enumerate(attacks, 4)]
    again = [[replace(one, records=replace(one.records)) for one in some] for some in attacks]
    foresee_medians([(some, KS, budget) for budget, some in enumerate(again, 4)], "fitted")
    contrasts.foresee_comparisons([(some, KS) for some in again], "fitted")
    assert [_figures(some, budget) for budget, some in enumerate(again, 4)] == known
    assert len(known[0]) == 4 + 4 * len(KS) + 2 * len(KS) + 4 * len(KS)


def _figures(conditions: list[Condition], budget: int) -> list[object]:
    return [
        *query_medians(conditions, budget, "fitted"),
        *smallest_perturbations(conditions, KS, "fitted"),
        *contrasts.validity_gaps(conditions, KS),
        *contrasts.tests(conditions, KS, "fitted"),
    ]
