"""Record files of other versions, with other columns, and damaged ones: read as what they are, or named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.core.code.keys import key_of_json
from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject
from bench.evaluation.runs import read_results
from bench.scoring.record_files import schema
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.rows import NEEDED, SCHEMA
from bench.scoring.record_files.schema import RecordFile
from bench.scoring.records import Store, read_cell
from bench.scoring.results import collect

COLUMNS = (
    *("utterance", "speaker", "query", "label_true", "label_before", "label_after", "snr_db", "perturbation"),
    *("category", "source", "imperceptible", "accepted"),
)
"""What a record file of version 1 needs: whoever adds to it, or takes away, makes a new version."""
TOLD = (
    *("victim", "defense", "attack", "attack_base", "corr", "noises", "corpus", "noise_bank", "task", "split", "fold"),
    *("seed", "limit", "max_queries", "min_snr_db", "perception", "fitting", "attack_identity", "attack_noises"),
)
"""Likewise of its description."""


def parquet(path: Path, metadata: object, table: pa.Table | None = None) -> None:
    found = table if table is not None else pa.table({"query": [1]})
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    pq.write_table(found.replace_schema_metadata({"serbench": text} if metadata is not None else None), path)


def without(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != name}


def recast(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write the file again with other columns, its metadata as it was, but for the digest of what it was."""
    table = pq.read_table(path)
    kept = {name: text for name, text in table.schema.metadata.items() if name != b"serbench_sha256"}
    pq.write_table(change(table).replace_schema_metadata(kept), path)


def respelt(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the file again with another description."""
    table = pq.read_table(path)
    parquet(path, change(json.loads(table.schema.metadata[b"serbench"])), table)


def retyped(table: pa.Table, name: str, kind: str) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, name, table.column(name).cast(pa.type_for_alias(kind)))


def emptied(table: pa.Table, name: str) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.nulls(table.num_rows, table.column(name).type))


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
        pytest.param(lambda file: respelt(file, lambda told: without(told, "schema")), id="no version"),
        pytest.param(lambda file: respelt(file, lambda told: told | {"schema": SCHEMA + 1}), id="a newer version"),
        pytest.param(lambda file: respelt(file, lambda told: told | {"schema": 0}), id="an unknown version"),
        pytest.param(lambda file: respelt(file, lambda told: told | {"schema": "1"}), id="no number"),
        pytest.param(lambda file: respelt(file, lambda told: told | {"fold": "0"}), id="a fold of text"),
        pytest.param(lambda file: respelt(file, lambda told: told | {"noises": ["some"]}), id="unknown noises"),
        pytest.param(lambda file: recast(file, lambda table: table.slice(0, 0)), id="no row"),
        pytest.param(lambda file: recast(file, lambda table: retyped(table, "query", "string")), id="another type"),
        pytest.param(lambda file: recast(file, lambda table: retyped(table, "stoi", "float")), id="a measure's type"),
        pytest.param(lambda file: recast(file, lambda table: emptied(table, "accepted")), id="nulls"),
        *(
            pytest.param(
                lambda file, name=name: recast(file, lambda table: table.drop_columns([name])), id=f"no column {name}"
            )
            for name in COLUMNS
        ),
        *(
            pytest.param(lambda file, name=name: respelt(file, lambda told: without(told, name)), id=f"no {name}")
            for name in TOLD
        ),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, store: Store, spoil: Callable[[Path], None]) -> None:
    spoil(store.path("key"))
    for read in (lambda: store.read("key"), lambda: list(store.cells()), lambda: read_results([tmp_path])):
        with pytest.raises(DataError) as caught:
            read()
        assert caught.value.where == str(store.path("key"))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda file: recast(file, lambda t: t.drop_columns(["accepted"])),
            "no columns accepted; expected one of type",
        ),
        (lambda file: recast(file, lambda t: retyped(t, "query", "string")), "column query of type string; expected"),
        (lambda file: recast(file, lambda t: emptied(t, "accepted")), "column accepted with 5 nulls; expected none"),
        (lambda file: respelt(file, lambda told: told | {"fold": "0"}), "field fold with a text; expected a whole"),
        (lambda file: respelt(file, lambda told: told | {"corr": 1}), "field corr with a whole number; expected true"),
        (lambda file: respelt(file, lambda told: told | {"fitting": {}}), "no field fitting.versions; expected one"),
        (
            lambda file: respelt(file, lambda told: told | {"schema": 99}),
            "version 99; expected version 1 or older; upd",
        ),
    ],
)
def test_what_is_wrong_is_said(store: Store, spoil: Callable[[Path], None], said: str) -> None:
    spoil(store.path("key"))
    with pytest.raises(DataError) as caught:
        store.read("key")
    assert said in str(caught.value)


def test_columns_that_nobody_knows_are_kept_and_those_that_are_lacking_are_null(tmp_path: Path, store: Store) -> None:
    whole = store.read("key").rows
    more = pa.array([f"melody {number}" for number in range(len(whole))])
    recast(store.path("key"), lambda t: t.append_column("melody", more).drop_columns(["stoi", "nmr_db"]))
    found = store.read("key").rows
    assert [*found] == [*whole, "melody"]
    assert found["melody"].tolist() == more.to_pylist()
    pd.testing.assert_frame_equal(found[[*whole]], whole)
    key = determined_key(json.loads(store.read("key").description.text))
    store.path("key").rename(store.path(key))
    assert read_results([tmp_path]).cells == collect([store.read(key)], (8,)).cells


def test_an_older_version_is_read_as_the_one_of_today(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps at once: a column that got another name, and a field that was not there."""
    today = store.read("key")

    def older(table: pa.Table) -> pa.Table:
        return table.rename_columns(["id" if name == "utterance" else name for name in table.column_names])

    def first(file: RecordFile) -> RecordFile:
        names = ["utterance" if name == "id" else name for name in file.table.column_names]
        return replace(file, table=file.table.rename_columns(names))

    def second(file: RecordFile) -> RecordFile:
        told = replace(file.description, fields={**file.description.fields, "perception": "p1"})
        return replace(file, description=told)

    recast(store.path("key"), older)
    respelt(store.path("key"), lambda told: without(told, "perception"))
    with pytest.raises(DataError, match="utterance"):
        store.read("key")
    monkeypatch.setattr(schema, "SCHEMA", 3)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: first, 2: second})
    found = store.read("key")
    assert found.description == today.description
    pd.testing.assert_frame_equal(found.rows, today.rows)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: first})
    with pytest.raises(DataError, match=r"records of version 1; expected version 3; delete it and run again"):
        store.read("key")


def test_any_flipped_byte_is_an_error_or_the_same_records(store: Store) -> None:
    whole, rows = store.path("key").read_bytes(), store.read("key").rows
    for position in range(0, len(whole), 7):
        store.path("key").write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            found = read_cell(store.path("key"))
        except DataError:
            continue
        pd.testing.assert_frame_equal(found.rows, rows)


def test_what_is_needed_is_what_is_written(about: dict[str, Any]) -> None:
    assert tuple(column.name for column in NEEDED) == COLUMNS
    assert set(about) == set(TOLD)


def test_cells_of_before_they_named_their_code_rest_on_that_of_their_parts(about: dict[str, Any]) -> None:
    codes = [
        Description.of(JsonObject(Path("x"), told, "")).rests_on.code for told in (about, about | {"code": "digest"})
    ]
    assert codes == [key_of_json({"code": ["h", "v", "", "a"]}), "digest"]
