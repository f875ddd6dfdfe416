"""Records on disk: what is written is read, whole or not at all, and the same cell gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import DataError
from bench.evaluation.runs import read_results, remember, remembered
from bench.scoring.records import SCHEMA, Row, Store, read_cell
from bench.scoring.results import collect

ABOUT: dict[str, Any] = {
    "victim": "cnn_gru",
    "defense": "none",
    "attack": "boundary",
    "attack_base": "boundary",
    "corr": False,
    "noises": ["all"],
    "corpus": "emodb",
    "noise_bank": "folder",
    "task": "ahsn",
    "split": "k-fold",
    "fold": 0,
    "seed": 0,
    "limit": None,
    "max_queries": 8,
    "min_snr_db": 10.0,
    "perception": "p1",
    "fitting": {
        "victim": {"code": "v"},
        "defense": None,
        "corpus": "c",
        "device": "cpu",
        "versions": {"serbench": "1", "torch": "2", "harness": "h"},
    },
    "attack_identity": {"code": "a"},
    "attack_noises": "n",
}
ROWS = [
    Row("u1", "s1", 0, "anger", "anger", "anger"),
    Row("u1", "s1", 1, "anger", "anger", "neutral", 3.25, "noise", "human", "cough", True),
    Row("u1", "s1", 2, "anger", "anger", "neutral", None, "speed_utterance", "signal", "rate=1.25", False, True),
    Row("ü2", "s2", 0, "sadness", "neutral", "neutral"),
    Row("ü2", "s2", 1, "sadness", "neutral", "neutral", float("inf"), None, None, None, None),
]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ANY_ROW = st.builds(
    Row,
    utterance=TEXT,
    speaker=TEXT,
    query=st.integers(0, 2**31 - 1),
    label_true=TEXT,
    label_before=TEXT,
    label_after=TEXT,
    snr_db=st.none() | st.floats(allow_nan=False),
    perturbation=st.none() | TEXT,
    category=st.none() | TEXT,
    source=st.none() | TEXT,
    imperceptible=st.none() | st.booleans(),
    accepted=st.booleans(),
)


@given(st.lists(ANY_ROW, min_size=1, max_size=5))
def test_rows_are_read_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    store.write("key", ABOUT, rows)
    table = pq.read_table(store.path("key")).to_pylist()
    assert [tuple(row.values()) for row in table] == [astuple(row) for row in rows]
    assert list(table[0]) == [field.name for field in fields(Row)]


def test_a_cell_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "run")
    assert not store.has("key")
    store.write("key", ABOUT, ROWS)
    assert store.has("key")
    cell = store.read("key")
    assert (cell.key, cell.description) == ("key", ABOUT)
    assert cell.rows["query"].tolist() == [row.query for row in ROWS]
    assert cell.rows["snr_db"].isna().tolist() == [row.snr_db is None for row in ROWS]
    assert cell.rows["accepted"].dtype == bool
    assert [found.key for found in store.cells()] == ["key"]


def test_a_schema_of_columns_whose_every_value_is_null(tmp_path: Path) -> None:
    """Columns have the same types in every file, so that files can be put together."""
    store = Store(tmp_path)
    store.write("clean", ABOUT, ROWS[:1])
    store.write("full", ABOUT, ROWS)
    clean, full = (pq.read_schema(store.path(key)) for key in ("clean", "full"))
    assert clean.equals(full)
    assert clean.field("snr_db").type == pa.float64()
    assert clean.field("imperceptible").type == pa.bool_()
    assert clean.field("source").type == pa.string()
    assert json.loads(clean.metadata[b"serbench"])["schema"] == SCHEMA


def test_the_same_cell_gives_the_same_bytes(tmp_path: Path) -> None:
    for run in ("a", "b"):
        Store(tmp_path / run).write("key", ABOUT, ROWS)
    assert (tmp_path / "a/cells/key.parquet").read_bytes() == (tmp_path / "b/cells/key.parquet").read_bytes()
    Store(tmp_path / "c").write("key", ABOUT, [*ROWS[:-1], replace(ROWS[-1], label_after="anger")])
    assert (tmp_path / "a/cells/key.parquet").read_bytes() != (tmp_path / "c/cells/key.parquet").read_bytes()


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_write_that_is_stopped_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable, stop: type[BaseException]
) -> None:
    store = Store(tmp_path)
    store.write("old", ABOUT, ROWS)
    before = tree(tmp_path)
    whole = pq.write_table

    def half(table: pa.Table, where: Path, **options: Any) -> None:
        whole(table, where, **options)
        Path(where).write_bytes(Path(where).read_bytes()[:99])
        raise stop("the disk is full")

    monkeypatch.setattr(pq, "write_table", half)
    for key in ("new", "old"):
        with pytest.raises(stop):
            store.write(key, ABOUT, ROWS)
        assert tree(tmp_path) == before
    assert not store.has("new")


def test_what_a_killed_process_leaves_is_passed_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("key", ABOUT, ROWS)
    (tmp_path / "cells" / ".other.parquet.1a2b3c4d.tmp").write_bytes(b"PAR1")
    (tmp_path / "cells" / ".key.parquet.1a2b3c4d.tmp").write_bytes(b"")
    assert [cell.key for cell in store.cells()] == ["key"]
    assert not store.has("other")


def test_failures(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.failures() == []
    store.fail("key", ABOUT, "it broke", "Traceback ...\n")
    assert store.failure("key") == {**ABOUT, "error": "it broke", "traceback": "Traceback ...\n"}
    assert store.failures() == [store.failure("key")]
    assert not store.has("key")
    store.write("key", ABOUT, ROWS)
    assert store.failures() == []


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ABOUT.items() if key != name}


def parquet(path: Path, metadata: object, table: pa.Table | None = None) -> None:
    found = table if table is not None else pa.table({"query": [1]})
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    pq.write_table(found.replace_schema_metadata({"serbench": text} if metadata is not None else None), path)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
        pytest.param(lambda file: file.write_bytes(b"not Parquet" * 99), id="text"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:-9]), id="cut off"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[9:]), id="beheaded"),
        pytest.param(lambda file: (file.unlink(), file.mkdir()), id="a folder"),
        pytest.param(lambda file: parquet(file, None), id="somebody else's"),
        pytest.param(lambda file: parquet(file, "{"), id="broken JSON"),
        pytest.param(lambda file: parquet(file, []), id="a list"),
        pytest.param(lambda file: parquet(file, ABOUT), id="no version"),
        pytest.param(lambda file: parquet(file, {"schema": SCHEMA + 1, **ABOUT}), id="another version"),
        pytest.param(lambda file: parquet(file, {"schema": SCHEMA, **ABOUT}), id="other columns"),
        *(
            pytest.param(
                lambda file, name=name: parquet(file, {"schema": SCHEMA, **without(name)}, pq.read_table(file)),
                id=f"no {name}",
            )
            for name in ABOUT
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    store = Store(tmp_path)
    store.write("key", ABOUT, ROWS)
    spoil(store.path("key"))
    for read in (lambda: store.read("key"), lambda: list(store.cells()), lambda: read_results([tmp_path])):
        with pytest.raises(DataError) as caught:
            read()
        assert caught.value.where == str(store.path("key"))
        assert "\n" not in str(caught.value)


def test_any_flipped_byte_is_an_error_or_the_same_records(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("key", ABOUT, ROWS)
    whole, rows = store.path("key").read_bytes(), store.read("key").rows
    for position in range(0, len(whole), 7):
        store.path("key").write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            found = read_cell(store.path("key"))
        except DataError:
            continue
        pd.testing.assert_frame_equal(found.rows, rows)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="cells/"):
            list(Store(folder).cells())


def test_which_k_a_run_was_scored_at(tmp_path: Path) -> None:
    assert remembered(tmp_path) == ()
    remember(tmp_path, (15, 5))
    assert remembered(tmp_path) == (5, 15)
    remember(tmp_path, (5, 25))
    assert remembered(tmp_path) == (5, 15, 25)


def test_scores_are_read_from_records_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("key", ABOUT, ROWS)
    remember(tmp_path, (1, 2, 99))
    results = read_results([tmp_path])
    assert [(score["k"], score["acc_att"], score["n"]) for score in results.cells[0]["scores"]] == [
        (1, 0.0, 2),
        (2, 0.5, 2),
    ]
    assert results.cells == collect([store.read("key")], (2, 1)).cells
    frame = results.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["k"].tolist() == [1, 2]
