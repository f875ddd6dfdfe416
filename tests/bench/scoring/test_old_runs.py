"""Runs of older versions are read for ever: their counts and point estimates are what they were.

`tests/fixtures/run_of_schema_1` is a run of serbench 0.1.0 before its modules were put into rooms: the embedded corpus
and noises, `cnn_gru:max_epochs=4`, at most 12 utterances a fold.

- `boundary` in P1's four conditions, and `fade_in`: folds 0 and 1, k up to 10, with the measure `seg_snr_db`;
- `boundary:corr=false` under `smoothing`, which is randomised: 3 repeats of 4 utterances, k up to 5;
- `drop_words`, which does not apply to all, and the composition `pitch+fade_in`: fold 0, k of 1.

`scores.json` is what that version's `bench show --json` said. Neither is ever written again: another version gets a
fixture of its own beside it. Intervals and p-values may change with the statistics; nothing else here may.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.evaluation.runs import read_results
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import arrow_schema
from bench.scoring.records import Store
from bench.scoring.results import Results
from leaderboards.curves import curves

RUN = Path(__file__).parents[2] / "fixtures" / "run_of_schema_1"
KEPT_OUT = ("p", "p_holm", "code")
"""What may change: statistics, and the digest that tells figures of different code apart."""


def frozen(told: Any) -> Any:
    """The same without intervals, p-values and the digest of code."""
    if isinstance(told, list):
        return [frozen(one) for one in told]
    if isinstance(told, dict):
        return {
            name: frozen(value) for name, value in told.items() if name not in KEPT_OUT and not name.endswith("ci95")
        }
    return told


def within(told: Any, known: Any) -> Any:
    """The fields of `told` that are known; later versions may say more."""
    if isinstance(known, list):
        assert len(told) == len(known)
        return [within(one, other) for one, other in zip(told, known, strict=True)]
    return {name: within(told[name], known[name]) for name in known} if isinstance(known, dict) else told


def scores_of(run: Path) -> Any:
    return frozen(json.loads(json.dumps(read_results([run]).to_json())))


@pytest.fixture(scope="module")
def results() -> Results:
    """The run, scored now."""
    return read_results([RUN])


@pytest.fixture(scope="module")
def scores(results: Results) -> Any:
    """What is said of it now, without what may change."""
    return frozen(json.loads(json.dumps(results.to_json())))


KNOWN = frozen(json.loads((RUN / "scores.json").read_text(encoding="utf-8")))


def close(told: Any, known: Any) -> None:
    """All equal; figures to within rounding, should sums be taken in another order."""
    if isinstance(known, dict):
        for name in known:
            close(told[name], known[name])
    elif isinstance(known, list):
        for one, other in zip(told, known, strict=True):
            close(one, other)
    elif isinstance(known, float):
        assert told == pytest.approx(known, abs=1e-12)
    else:
        assert told == known


def test_counts_and_point_estimates_are_what_they_were(scores: Any) -> None:
    close(within(scores, KNOWN), KNOWN)


def test_the_run_has_what_is_to_be_kept() -> None:
    """So that the test above says something."""
    pooled = {(entry["attack"], entry["defense"]): entry for entry in KNOWN["pooled"]}
    boundary, smoothed = pooled["boundary", "none"], pooled["boundary", "smoothing"]
    conditions = {(score["corr"], score["noises"]) for score in boundary["scores"]}
    assert conditions == {(corr, noises) for corr in (False, True) for noises in ("all", "imperceptible")}
    assert (boundary["folds"], boundary["n"], len(boundary["tests"])) == ([0, 1], 24, 12)
    assert (smoothed["repeats"], smoothed["scores"][0]["n"]) == (3, 12)
    assert pooled["drop_words", "none"]["perturbed"]["applied"] == 10
    assert pooled["pitch+fade_in", "none"]["perturbed"]["of"] == 12
    assert {tuple(cell.description.measures) for cell in Store(RUN).cells()} == {("seg_snr_db",), ()}


def test_intervals_hold_their_figures(results: Results) -> None:
    for entry in results.pooled:
        for figure in (entry.clean.uar, entry.clean.war, *(score.acc_att for score in entry.scores)):
            assert 0 <= figure.low <= figure.value + 1e-12
            assert figure.value - 1e-12 <= figure.high <= 1


def test_its_columns_are_written_to_this_day() -> None:
    """Whoever takes one away, or gives it another type, makes a new version and a migration."""
    written = arrow_schema()
    for file in (RUN / "cells").glob("*.parquet"):
        for field in pq.read_schema(file):
            assert written.field(field.name).type == field.type


def rewritten(tmp_path: Path, columns: Callable[[pa.Table], pa.Table], drop: tuple[str, ...]) -> Path:
    """The run with other columns, and without some fields of its descriptions."""
    run = shutil.copytree(RUN, tmp_path / "run")
    for file in (run / "cells").glob("*.parquet"):
        table = pq.read_table(file)
        told = json.loads(table.schema.metadata[b"serbench"])
        kept = {name: value for name, value in told.items() if name not in drop}
        file.unlink()
        named = file.with_stem(determined_key({name: value for name, value in kept.items() if name != "schema"}))
        pq.write_table(columns(table).replace_schema_metadata({"serbench": json.dumps(kept)}), named)
    return run


def test_a_column_more_changes_no_figure(tmp_path: Path, scores: Any) -> None:
    def more(table: pa.Table) -> pa.Table:
        sheets = pa.array([[{"clip": str(number)}] for number in range(table.num_rows)])
        return table.add_column(3, "score_sheet", sheets).append_column(
            "loudness", pa.nulls(table.num_rows, pa.float64())
        )

    run = rewritten(tmp_path, more, drop=())
    assert scores_of(run) == scores
    rows = next(Store(run).cells()).rows
    assert [*rows][-2:] == ["score_sheet", "loudness"]
    assert rows["score_sheet"][0] == [{"clip": "0"}]


def test_columns_and_fields_less_change_no_figure(tmp_path: Path, scores: Any) -> None:
    optional = ["seg_snr_db", "stoi", "pesq", "nmr_db", "audible_share"]
    drop = ("effects", "measures", "perception_fingerprint")
    run = rewritten(tmp_path, lambda table: table.drop_columns(optional), drop)
    assert scores_of(run) == scores
    before_of = {cell.description.names: cell for cell in Store(RUN).cells()}
    for cell in Store(run).cells():
        before = before_of[cell.description.names]
        assert cell.rows[optional].isna().all(axis=None)
        pd.testing.assert_frame_equal(cell.rows.drop(columns=optional), before.rows.drop(columns=optional))


def test_a_description_without_a_repeat_is_of_the_first(tmp_path: Path) -> None:
    run = rewritten(tmp_path, lambda table: table, drop=("repeat",))
    names = {cell.key: cell.description.names for cell in Store(run).cells()}
    assert {one.repeat for one in names.values()} == {0}
    assert len({one.repeat for one in (cell.description.names for cell in Store(RUN).cells())}) == 3


def test_it_is_shown_ranked_and_drawn(bench_here: Callable[..., Any], tmp_path: Path) -> None:
    shown = bench_here("show", RUN)
    assert shown.code == 0, shown.err
    for text in ("attack pitch+fade_in", "defense smoothing", "n = 24 utterances of 4 speakers", "applied to 10 of 12"):
        assert text in shown.out
    ranked = bench_here("leaderboard", RUN, "--out", tmp_path)
    assert ranked.code == 0, ranked.err
    lines = (tmp_path / "leaderboard.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + sum(len(entry["scores"]) for entry in KNOWN["pooled"])
    (curve,) = curves(Store(RUN).cells(), "percent_per_s")
    assert [(point.x, point.of) for point in curve.points] == [(2.0, 24)]


def test_a_defence_that_has_another_name_now_is_shown_under_its_own(tmp_path: Path, bench_here: Any) -> None:
    """`random_noise` with the parameters of what is `multi_condition` now: no component is built to read it."""
    import pyarrow.parquet as pq

    old = "random_noise:max_snr_db=10.0"
    cell = min((RUN / "cells").iterdir())
    table = pq.read_table(cell)
    told = json.loads(table.schema.metadata[b"serbench"])
    told |= {"defense": old, "fitting": told["fitting"] | {"defense": {"spec": old, "params": {"max_snr_db": 10.0}}}}
    (tmp_path / "run" / "cells").mkdir(parents=True)
    changed = table.replace_schema_metadata({"serbench": json.dumps(told)})
    key = determined_key({name: value for name, value in told.items() if name != "schema"})
    pq.write_table(changed, tmp_path / "run" / "cells" / f"{key}.parquet", write_page_checksum=True)
    shown = bench_here("show", tmp_path / "run")
    assert shown.code == 0, shown.err
    assert f"defense {old}" in shown.out
    made = bench_here("leaderboard", tmp_path / "run", "--out", tmp_path / "board")
    assert made.code == 0, made.err
    assert old in (tmp_path / "board" / "leaderboard.csv").read_text()
