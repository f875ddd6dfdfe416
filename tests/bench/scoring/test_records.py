"""Records on disk: what is written is read, whole or not at all, and the same cell gives the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from bench.contracts.recipes import Recipe, Samples
from bench.core.errors import DataError
from bench.evaluation.runs import read_results, remember, remembered
from bench.measures.catalogue import MEASURES
from bench.scoring.entries.several_runs import believed_of
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import LATER, NEEDED, SCHEMA, Row
from bench.scoring.records import Store, pooled_rows
from bench.scoring.results import collect

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
    measures=st.dictionaries(st.sampled_from([*MEASURES]), st.none() | st.floats(allow_nan=False)),
)


@given(rows=st.lists(ANY_ROW, min_size=1, max_size=5))
def test_rows_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], about: dict[str, Any]
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    store.write("key", about, rows)
    table = pq.read_table(store.path("key")).to_pylist()
    for row, read in zip(rows, table, strict=True):
        for column in (*NEEDED, *LATER):
            assert read[column.name] == getattr(row, column.name)
        assert {name: read[name] for name in MEASURES} == dict.fromkeys(MEASURES) | dict(row.measures)
    assert list(table[0]) == [*(column.name for column in NEEDED), *MEASURES, *(column.name for column in LATER)]


@pytest.mark.parametrize("rows", [[], [Row("u", "s", 1, "a", "a", "b", measures={"loudness": 1.0})]])
def test_what_cannot_be_kept_is_refused(tmp_path: Path, rows: list[Row], about: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no row|loudness"):
        Store(tmp_path).write("key", about, rows)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_cell_is_read_as_it_was_written(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store = Store(tmp_path / "deep" / "run")
    assert not store.has("key")
    store.write("key", about, rows)
    assert store.has("key")
    cell = store.read("key")
    assert (cell.key, json.loads(cell.description.text)) == ("key", about)
    names, rests = cell.description.names, cell.description.rests_on
    assert (names.victim, names.defense, names.attack, cell.description.attack_base) == (
        "cnn_gru",
        "none",
        about["attack"],
        "boundary",
    )
    assert names.setting.to_json() == {name: about.get(name) for name in names.setting.to_json()}
    assert (names.fold, names.seed, names.repeat) == (0, 0, 0), "a description without a repeat is of the first"
    assert (rests.corpus_fingerprint, rests.noise_fingerprint, rests.max_queries) == ("c", "n", 8)
    assert cell.rows["query"].tolist() == [row.query for row in rows]
    assert cell.rows["snr_db"].isna().tolist() == [row.snr_db is None for row in rows]
    assert cell.rows["accepted"].dtype == bool
    assert [found.key for found in store.cells()] == ["key"]


def test_a_schema_of_columns_whose_every_value_is_null(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    """Columns have the same types in every file, so that files can be put together."""
    store = Store(tmp_path)
    store.write("clean", about, rows[:1])
    store.write("full", about, rows)
    clean, full = (pq.read_schema(store.path(key)) for key in ("clean", "full"))
    assert clean.equals(full)
    assert clean.field("snr_db").type == pa.float64()
    assert clean.field("imperceptible").type == pa.bool_()
    assert clean.field("source").type == pa.string()
    assert json.loads(clean.metadata[b"serbench"])["schema"] == SCHEMA


def test_the_same_cell_gives_the_same_bytes(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    for run in ("a", "b"):
        Store(tmp_path / run).write("key", about, rows)
    assert (tmp_path / "a/cells/key.parquet").read_bytes() == (tmp_path / "b/cells/key.parquet").read_bytes()
    Store(tmp_path / "c").write("key", about, [*rows[:-1], replace(rows[-1], label_after="anger")])
    assert (tmp_path / "a/cells/key.parquet").read_bytes() != (tmp_path / "c/cells/key.parquet").read_bytes()


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_write_that_is_stopped_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tree: Callable,
    stop: type[BaseException],
    about: dict[str, Any],
    rows: list[Row],
) -> None:
    store = Store(tmp_path)
    store.write("old", about, rows)
    before = tree(tmp_path)
    whole = pq.write_table

    def half(table: pa.Table, where: Path, **options: Any) -> None:
        whole(table, where, **options)
        Path(where).write_bytes(Path(where).read_bytes()[:99])
        raise stop("the disk is full")

    monkeypatch.setattr(pq, "write_table", half)
    for key in ("new", "old"):
        with pytest.raises(stop):
            store.write(key, about, rows)
        assert tree(tmp_path) == before
    assert not store.has("new")


def test_what_a_killed_process_leaves_is_passed_over(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store = Store(tmp_path)
    store.write("key", about, rows)
    (tmp_path / "cells" / ".other.parquet.1a2b3c4d.tmp").write_bytes(b"PAR1")
    (tmp_path / "cells" / ".key.parquet.1a2b3c4d.tmp").write_bytes(b"")
    assert [cell.key for cell in store.cells()] == ["key"]
    assert not store.has("other")


def test_no_flipped_bit_is_believed(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    """Wherever it is: the file is refused, or what is read is what was written."""
    store = Store(tmp_path)
    store.write("key", about, rows)
    path, whole = store.path("key"), store.path("key").read_bytes()
    expected, refused = store.read("key"), 0
    places = [*range(0, len(whole), 29), *range(len(whole) - 40, len(whole))]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        wrong = store.damage("key")
        try:
            found = store.read("key")
        except DataError:
            refused += 1
            assert wrong is not None
        else:
            assert found.description == expected.description, place
            pd.testing.assert_frame_equal(found.rows, expected.rows)
    assert refused > len(places) / 2


def test_a_description_that_was_changed_is_refused(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store = Store(tmp_path)
    store.write("key", about, rows)
    table = pq.read_table(store.path("key"))
    metadata = table.schema.metadata
    changed = metadata | {b"serbench": metadata[b"serbench"].replace(b'"seed": 0', b'"seed": 1')}
    assert changed != metadata
    pq.write_table(table.replace_schema_metadata(changed), store.path("key"))
    with pytest.raises(DataError, match="a description or columns that are not those written"):
        store.read("key")


def test_what_cannot_be_read_is_passed_over_where_that_is_asked(
    tmp_path: Path, about: dict[str, Any], rows: list[Row]
) -> None:
    store = Store(tmp_path)
    store.write("b", about, rows)
    (tmp_path / "cells" / "a.parquet").write_bytes(b"PAR1")
    told: list[DataError] = []
    assert [cell.key for cell in store.cells(told.append)] == ["b"]
    assert [error.where for error in told] == [str(tmp_path / "cells" / "a.parquet")]
    with pytest.raises(DataError):
        list(store.cells())


def test_a_failure_is_kept_with_its_cell_and_traceback(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store = Store(tmp_path)
    assert store.failures() == []
    store.fail("key", about, "it broke", "Traceback ...\n")
    told = store.failure("key").to_json()
    assert told == {name: about[name] for name in told if name in about} | {
        "bank_half": None,
        "train_corpus": None,
        "error": "it broke",
        "traceback": "Traceback ...\n",
    }
    assert store.failures() == [store.failure("key")]
    assert not store.has("key")
    store.write("key", about, rows)
    assert store.failures() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no readable note of a failure"),
        ("[]", "JSON that is a list; expected a JSON object"),
        ("{}", "no field corpus; expected one"),
    ],
)
def test_a_damaged_note_of_a_failure_is_named(store: Store, text: str, said: str, about: dict[str, Any]) -> None:
    store.path("key").rename(store.path(determined_key(about)))
    note = store.folder / "failed" / "other.json"
    note.parent.mkdir()
    note.write_text(text)
    with pytest.raises(DataError) as caught:
        read_results([store.folder])
    assert str(caught.value).startswith(f"{note}: found {said}")
    told: list[DataError] = []
    assert read_results([store.folder], instead=told.append).pooled, "and hides nothing else"
    assert [error.where for error in told] == [str(note)]


def test_a_failure_is_told_until_its_own_cell_is_done(store: Store, about: dict[str, Any], rows: list[Row]) -> None:
    store.path("key").rename(store.path(determined_key(about)))
    store.fail("edited", about | {"code": "of another time"}, "it broke", "Traceback ...")
    assert not read_results([store.folder]).failed, "the same cell is done, with other code"
    again = about | {"repeat": 1}
    store.fail(determined_key(again), again, "it broke", "Traceback ...")
    assert [one.names.repeat for one in read_results([store.folder]).failed] == [1]
    store.write(determined_key(again), again, rows)
    assert not read_results([store.folder]).failed


def test_rows_of_several_cells_know_their_cell(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store = Store(tmp_path)
    for key, place in (("a", {"fold": 1}), ("b", {"seed": 2, "repeat": 3})):
        store.write(key, about | place, rows)
    found = pooled_rows(store.cells())
    assert found.index.tolist() == list(range(2 * len(rows)))
    places = found[["fold", "seed", "repeat"]].drop_duplicates().to_numpy().tolist()
    assert places == [[1, 0, 0], [0, 2, 3]]


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


def test_scores_are_read_from_records_alone(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    store, key = Store(tmp_path), determined_key(about)
    store.write(key, about, rows)
    remember(tmp_path, (1, 2, 99))
    results = read_results([tmp_path])
    assert [(score.k, score.acc_att.value, score.acc_att.n) for score in results.cells[0].scores] == [
        (1, 0.0, 2),
        (2, 0.5, 2),
    ]
    assert results.cells == collect([store.read(key)], (2, 1)).cells
    frame = results.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["k"].tolist() == [1, 2]


FREE = torch.linspace(-0.5, 0.5, 9)
RECIPE = str(Recipe(Samples(FREE)))


@pytest.fixture
def kept(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> tuple[Store, str]:
    """A cell that has accepted free samples, and its key."""
    store, key = Store(tmp_path / "run"), determined_key(about)
    store.keep_samples(key, {Samples(FREE).digest: FREE})
    store.write(key, about, [replace(row, recipe=RECIPE if row.accepted else row.recipe) for row in rows])
    assert any(row.accepted for row in rows)
    assert store.damage(key) is None
    assert store.samples_of(store.read(key)).keys() == {Samples(FREE).digest}
    return store, key


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.unlink(), "no samples"),
        (lambda file: save_file({}, file), "no samples"),
        (lambda file: save_file({Samples(FREE).digest: FREE[None]}, file), "samples that are not"),
        (lambda file: save_file({"x": FREE.bfloat16()}, file), "samples that are not"),
        (lambda file: (file.unlink(), file.mkdir()), "no readable samples"),
        (lambda file: (file.unlink(), file.symlink_to(file.name)), "no readable samples"),
    ],
    ids=["lost", "none", "of another shape", "numbers of no kind", "a folder", "a link"],
)
def test_accepted_samples_that_are_lost_or_damaged_are_missed(
    kept: tuple[Store, str], spoil: Callable[[Path], object], said: str
) -> None:
    """What was accepted would be left out of what is brought to others, and nobody would know."""
    store, key = kept
    spoil(store.folder / "samples" / f"{key}.safetensors")
    damage = store.damage(key)
    assert damage is not None
    assert damage.found.startswith(said)
    with pytest.raises(DataError, match=said):
        store.samples_of(store.read(key))
    store.set_aside(key, damage, print)
    assert not store.has(key)
    assert list((store.folder / "samples").iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), os.mkfifo(file)),
        lambda file: (file.unlink(), file.symlink_to("/nowhere/at/all")),
        lambda file: (file.unlink(), file.symlink_to(file.name)),
    ],
    ids=["a folder", "a pipe", "a link to nothing", "a link to itself"],
)
def test_what_stands_in_the_place_of_records_is_set_aside(
    kept: tuple[Store, str], spoil: Callable[[Path], object]
) -> None:
    """Listed as done, and not there: it was never measured, and the run ended well."""
    store, key = kept
    spoil(store.path(key))
    assert store.done() == {key}
    damage = store.damage(key)
    assert damage is not None
    store.set_aside(key, damage, print)
    assert store.done() == set()


def test_the_records_of_another_cell_are_damage(kept: tuple[Store, str]) -> None:
    store, key = kept
    other = store.path("0" * 20)
    other.write_bytes(store.path(key).read_bytes())
    damage = store.damage("0" * 20)
    assert damage is not None
    assert f"the key {key}" in damage.found
    with pytest.raises(DataError, match=f"the key {key}"):
        believed_of([store.folder])
    other.unlink()
    assert [cell.key for cell in believed_of([store.folder, store.folder])] == [key]


def test_two_runs_with_other_records_of_one_cell_are_refused(
    kept: tuple[Store, str], tmp_path: Path, about: dict[str, Any], rows: list[Row]
) -> None:
    store, key = kept
    other = Store(tmp_path / "other")
    other.write(key, about, rows)
    with pytest.raises(DataError, match="others of the same cell"):
        believed_of([store.folder, other.folder])


def test_a_note_of_a_failure_that_stays_undoes_no_record(store: Store, about: dict[str, Any], rows: list[Row]) -> None:
    (store.folder / "failed" / "key.json" / "in").mkdir(parents=True)
    store.write("key", about, rows)
    assert store.has("key")
