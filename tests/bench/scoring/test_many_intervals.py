"""Figures of many attacks computed at once: the same as one by one, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from bench.scoring.clustering import Clusters
from bench.scoring.columns import Columns, Texts
from bench.scoring.conditions import Condition
from bench.scoring.designs import Design
from bench.scoring.intervals import clustered_share, clustered_shares
from bench.scoring.many_intervals import foresee_intervals
from bench.scoring.pooled import PooledRecords

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
