"""What an interval is about decides which figures depend on each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from bench.core.errors import UsageError
from bench.scoring.figures.dependence import (
    ESTIMANDS,
    crossed_with_speakers,
    estimand_named,
    estimated_share,
    trainings,
)
from bench.scoring.inference.clustering import codes
from bench.scoring.record_files.columns import as_objects
from bench.scoring.records import CellRecords, Store
from bench.scoring.results import collect
from bench.scoring.scores import successes

RUN = Path(__file__).parents[3] / "fixtures" / "run_of_schema_1"


def rows(seeds: int = 1, queries: int = 1) -> pd.DataFrame:
    """Twelve utterances of six speakers; utterance i is asked with sound i % 3, which alone decides."""
    made = [
        (0, seed, 0, f"u{i}", f"s{i // 2}", query, f"n{i % 3}" if query else None, bool(query) and i % 3 == 0)
        for seed in range(seeds)
        for i in range(12)
        for query in range(queries + 1)
    ]
    columns = ["fold", "seed", "repeat", "utterance", "speaker", "query", "source", "accepted"]
    return pd.DataFrame(made, columns=columns)


def test_an_effect_that_asks_once_has_its_sounds_in_common() -> None:
    records = rows()
    found = successes(records, 1, counted="all")
    (sounds,) = crossed_with_speakers(found, records)
    assert list(np.asarray(sounds)) == [f"n{i % 3}" for i in range(12)]
    narrow, wide = estimated_share(found, "success"), estimated_share(found, "success", [sounds])
    assert narrow.value == wide.value == pytest.approx(1 / 3)
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)


def test_an_utterance_to_which_it_did_not_apply_shares_no_sound() -> None:
    records = rows()
    records = records[(records["query"] == 0) | (records["utterance"] != "u0")]
    (sounds,) = crossed_with_speakers(successes(records, 1, counted="all"), records)
    assert pd.isna(np.asarray(sounds, dtype=object)[0])


def test_a_search_and_clean_speech_share_no_sound() -> None:
    search = rows(queries=3)
    assert crossed_with_speakers(successes(search, 3, counted="all"), search) == []
    clean = search[search["query"] == 0]
    assert crossed_with_speakers(clean, clean) == []


def test_an_estimand_goes_by_its_name() -> None:
    assert [estimand_named(name) for name in ESTIMANDS] == ["fitted", "trainings"]
    with pytest.raises(UsageError, match="fitted or trainings"):
        estimand_named("fited")


def test_trainings_are_a_sample_where_the_interval_is_about_them() -> None:
    found = successes(rows(seeds=5), 1, counted="all")
    assert trainings(found, "fitted") == []
    (cells,) = trainings(found, "trainings")
    assert sorted(np.bincount(np.asarray(cells))) == [12] * 5
    with pytest.raises(UsageError, match=r"records of 4 seeds.*5 or more"):
        trainings(successes(rows(seeds=4), 1, counted="all"), "trainings")


def test_trainings_that_differ_widen_the_interval() -> None:
    """Against every other training nothing succeeds: about trainings the figure says little."""
    records = rows(seeds=6)
    found = successes(records.assign(accepted=records["accepted"] & (records["seed"] % 2 == 0)), 1, counted="all")
    narrow, wide = (estimated_share(found, "success", trainings(found, about)) for about in ("fitted", "trainings"))
    assert narrow.value == wide.value == pytest.approx(1 / 6)
    assert wide.high - wide.low > 1.1 * (narrow.high - narrow.low)


def test_pooled_results_alone_are_about_trainings() -> None:
    """The first cell of an old run under five seeds, in one of which nothing succeeds."""
    (cell, *_) = (one for one in Store(RUN).cells() if one.description.attack_base == "boundary")

    def under(seed: int) -> CellRecords:
        about = cell.description
        kept = cell.rows if seed else cell.rows.assign(accepted=False)
        return CellRecords(str(seed), replace(about, names=replace(about.names, seed=seed)), kept)

    cells = [under(seed) for seed in range(5)]
    fitted, like = (collect(cells, [10], estimand=estimand) for estimand in ("fitted", "trainings"))
    assert fitted.cells == like.cells
    (one,), (other,) = fitted.pooled, like.pooled
    assert (one.estimand, other.estimand) == ("fitted", "trainings")
    assert other.to_json()["estimand"] == "trainings"
    for narrow, wide in zip(one.scores, other.scores, strict=True):
        assert narrow.acc_att.value == wide.acc_att.value
        assert wide.acc_att.ci95 != narrow.acc_att.ci95
    with pytest.raises(UsageError, match="--estimand trainings"):
        collect(cells[:3], [10], estimand="trainings")


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b"],
        as_objects(["b", "a", "b"]),
        as_objects([3, -1, 3, 0]),
        as_objects(["b", None, "a", None, "b"]),
        as_objects(["b", float("nan"), "b"]),
        np.array([4, 2, 4, -1]),
        [],
    ],
)
def test_labels_are_numbered_in_the_order_in_which_they_appear(labels: ArrayLike) -> None:
    """As pandas, not loaded for texts and numbers, has them; what is missing comes after, each by itself."""
    given = np.asarray(labels)
    found, known = pd.factorize(given)
    missing = iter(range(len(known), len(given)))
    assert codes(labels).tolist() == [next(missing) if one < 0 else one for one in found.tolist()]
