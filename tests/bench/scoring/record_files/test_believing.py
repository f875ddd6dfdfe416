"""Records of others: what no referee could have written is named, and the rest is used."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.core.errors import DataError
from bench.core.storage.regular import at_most, read_regular
from bench.evaluation.runs import read_results
from bench.scoring.entries.several_runs import believed
from bench.scoring.record_files import cell_records
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store
from tests.bench.scoring.conftest import ABOUT

CLEAN = Row("u1", "s1", 0, "anger", "anger", "anger")
FAILED = Row("u1", "s1", 1, "anger", "anger", "anger", 12.0, "noise", "human", "cough", True, additive=True)
WON = replace(FAILED, query=2, label_after="neutral", accepted=True)
FITTING = ABOUT["fitting"]
HONEST = [CLEAN, FAILED, WON, Row("u2", "s2", 0, "sadness", "(refused)", "(refused)")]


def reason(folder: Path, about: dict[str, Any], rows: list[Row], key: str | None = None) -> str:
    """What is said of a run's one cell; "" where it is believed."""
    store = Store(folder)
    store.write(key or determined_key(about), about, rows)
    told: list[DataError] = []
    used = list(believed(store, told.append))
    assert len(used) + len(told) == 1
    return told[0].found if told else ""


def test_what_a_referee_wrote_is_believed(tmp_path: Path, about: dict[str, Any], rows: list[Row]) -> None:
    assert reason(tmp_path / "a", about, HONEST) == ""
    assert reason(tmp_path / "b", about | {"found": {"looks": 3}}, rows[::-1]) == "", "whatever the order of rows"
    narrow = about | {"attack_identity": {"code": "a", "params": {"noises": "additive"}}, "noises": ["all"]}
    assert reason(tmp_path / "e", narrow, HONEST) == "", "as an attack that offers no more is run"
    undecided = [replace(CLEAN, flip_share=0.5), replace(WON, query=1, accepted=False)]
    assert reason(tmp_path / "c", about, undecided) == ""
    unsure = [CLEAN, replace(WON, query=1, flip_share=0.5, accepted=False)]
    assert reason(tmp_path / "d", about, unsure) == ""


LIES = {
    "accepted below the threshold": [CLEAN, replace(WON, query=1, snr_db=-30.0)],
    "accepted at the threshold": [CLEAN, replace(WON, query=1, snr_db=10.0)],
    "a success that is hidden": [CLEAN, replace(WON, query=1, accepted=False)],
    "accepted, and nothing changed": [CLEAN, replace(FAILED, accepted=True)],
    "accepted, and refused": [CLEAN, replace(WON, query=1, label_after="(refused)")],
    "accepted, and tied": [CLEAN, replace(WON, query=1, tied=True)],
    "accepted by chance": [CLEAN, replace(WON, query=1, flip_share=0.4)],
    "accepted of chance": [replace(CLEAN, flip_share=0.6), replace(WON, query=1)],
    "the clean row accepted": [replace(CLEAN, accepted=True)],
    "no clean row": [FAILED, WON],
    "two clean rows": [CLEAN, CLEAN, FAILED],
    "a query twice": [CLEAN, FAILED, FAILED],
    "a query left out": [CLEAN, WON],
    "a negative query": [replace(CLEAN, query=-1), CLEAN, FAILED],
    "more queries than there were": [CLEAN, *(replace(FAILED, query=number) for number in range(1, 10))],
    "two speakers": [CLEAN, replace(FAILED, speaker="s2")],
    "two truths": [CLEAN, replace(FAILED, label_true="neutral")],
    "two clean answers": [CLEAN, replace(FAILED, label_before="neutral")],
    "a clean row that answers twice": [replace(CLEAN, label_after="neutral")],
    "a class of another task": [CLEAN, replace(FAILED, label_after="bored")],
    "a truth that is refused": [replace(CLEAN, label_true="(refused)")],
    "a share above 1": [CLEAN, replace(FAILED, flip_share=1.5)],
    "imperceptible, not additive": [CLEAN, replace(FAILED, additive=False)],
    "a clean row with an SNR": [replace(CLEAN, snr_db=20.0), FAILED],
}


@pytest.mark.parametrize("lie", LIES)
def test_rows_that_no_referee_writes_are_refused(tmp_path: Path, about: dict[str, Any], lie: str) -> None:
    assert reason(tmp_path, about, LIES[lie])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"max_queries": 0}, "a budget of 0"),
        ({"max_queries": 10**9}, "a budget of 1000000000"),
        ({"min_snr_db": float("nan")}, "a threshold of nan"),
        ({"split": "mine"}, "split 'mine'"),
        ({"attack_identity": {"code": "a", "params": {"corr": True}}}, "corr False of an attack with True"),
        (
            {"attack_identity": {"code": "a", "params": {"noises": "all"}}, "noises": ["additive"]},
            "noises additive of an attack that keeps to all",
        ),
        ({"attack_base": "square"}, "an attack 'boundary:noises=imperceptible' that tables would call 'square'"),
        ({"attack_base": "boundary:step_db=1"}, "an attack 'boundary:noises=imperceptible' that tables would call"),
        ({"corr": True}, "corr True of an attack with None"),
        ({"defense": "mine"}, "defense 'mine' of what was measured as 'none'"),
        ({"fitting": FITTING | {"victim": {"code": "v", "spec": "hf"}}}, "victim 'cnn_gru' of what was measured as"),
        ({"fitting": FITTING | {"defense": {"spec": "rnnoise"}}}, "defense 'none' of what was measured as 'rnnoise'"),
        ({"fitting": FITTING | {"fold": 3}}, "fold 0 of what was measured as 3"),
        ({"fitting": FITTING | {"task": {"name": "activation"}}}, "task 'ahsn' of what was measured as 'activation'"),
        (
            {"task": "activation", "fitting": FITTING | {"task": {"name": "activation", "shift": 3.9}}},
            "the shift of task activation 0.5 of what was measured as 3.9",
        ),
        ({"attack_identity": {"code": "a", "spec": "white_noise"}}, "attack 'boundary:noises=imperceptible' of what"),
    ],
    ids=str,
)
def test_descriptions_that_contradict_themselves_are_refused(
    tmp_path: Path, about: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    assert reason(tmp_path, about | change, HONEST).startswith(said)


def test_a_description_under_another_key_is_refused(tmp_path: Path, about: dict[str, Any]) -> None:
    said = reason(tmp_path, about | {"victim": "better"}, HONEST, key=determined_key(about))
    assert said == f"what has the key {determined_key(about | {'victim': 'better'})}"


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def linked(file: Path) -> None:
    file.rename(file.with_suffix(".away"))
    file.symlink_to(file.with_suffix(".away"))


def retold(file: Path, text: str) -> None:
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({"serbench": text}), file)


def wide(file: Path) -> None:
    table = pq.read_table(file)
    for number in range(600):
        table = table.append_column(f"more {number}", pa.nulls(table.num_rows))
    pq.write_table(table, file)


SPOILT: dict[str, Callable[[Path], object]] = {
    "a pipe": piped,
    "a link": linked,
    "JSON of a thousand brackets": lambda file: retold(file, "[" * 100_000),
    "half a surrogate pair": lambda file: retold(file, '{"schema": 1, "victim": "\\ud800"}'),
    "no UTF-8": lambda file: retold(file, "\ud800".encode("utf-8", "surrogatepass")),  # type: ignore[arg-type]
    "a description of megabytes": lambda file: retold(file, json.dumps({"schema": 1, "victim": "v" * 5_000_000})),
    "600 columns": wide,
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_files_that_are_none_are_named_and_hide_nothing(tmp_path: Path, about: dict[str, Any], spoilt: str) -> None:
    store = Store(tmp_path)
    keys = [determined_key(one) for one in (about, about | {"seed": 1})]
    for key, seed in zip(keys, (0, 1), strict=True):
        store.write(key, about | {"seed": seed}, HONEST)
    SPOILT[spoilt](store.path(keys[0]))
    told: list[DataError] = []
    assert [cell.key for cell in believed(store, told.append)] == keys[1:]
    assert [error.where for error in told] == [str(store.path(keys[0]))]


def test_a_file_that_says_it_has_too_many_rows_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, about: dict[str, Any]
) -> None:
    monkeypatch.setattr(cell_records, "MOST_ROWS", len(HONEST) - 1)
    assert "4 rows" in reason(tmp_path / "rows", about, HONEST)
    monkeypatch.setattr(cell_records, "MOST_ROWS", 99)
    monkeypatch.setattr(cell_records, "MOST_UNPACKED", 100)
    assert "at most 100 are read" in reason(tmp_path / "bytes", about, HONEST)
    monkeypatch.setattr(cell_records, "MOST_BYTES", 1_000)
    assert "bytes" in reason(tmp_path / "packed", about, HONEST)


def test_a_file_that_unpacks_into_more_than_it_says_is_refused(tmp_path: Path, about: dict[str, Any]) -> None:
    """One text of a megabyte, said to stand in each of a million rows, in a file of three kilobytes."""
    store, key = Store(tmp_path), determined_key(about)
    places = pa.array([0], pa.int32()).take(pa.array([0] * 1_000_000))
    table = pa.table({"utterance": pa.DictionaryArray.from_arrays(places, pa.array(["u" * 1_000_000]))})
    store.path(key).parent.mkdir()
    told = {"serbench": json.dumps({"schema": 1, **about})}
    pq.write_table(table.replace_schema_metadata(told), store.path(key), compression="zstd", store_schema=False)
    assert store.path(key).stat().st_size < 10_000
    with at_most(2**26), pytest.raises(DataError, match="no readable records"):
        store.read(key)


def test_only_regular_files_of_some_size_are_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_regular(file, 5, "do") == b"12345"
    for refused, most in ((file, 4), (tmp_path, 9), (tmp_path / "none", 9), (Path("/dev/null"), 9)):
        with pytest.raises(DataError, match="expected a regular file"):
            read_regular(refused, most, "do")


def test_a_linked_folder_of_cells_is_refused(tmp_path: Path, about: dict[str, Any]) -> None:
    Store(tmp_path / "mine").write(determined_key(about), about, HONEST)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "cells").symlink_to(tmp_path / "mine" / "cells")
    with pytest.raises(DataError, match="a link"):
        list(believed(Store(tmp_path / "theirs")))


def test_another_file_of_the_same_cell_takes_nobodys_place(tmp_path: Path, about: dict[str, Any]) -> None:
    key = determined_key(about)
    Store(tmp_path / "mine").write(key, about, HONEST)
    shutil.copytree(tmp_path / "mine", tmp_path / "copy")
    Store(tmp_path / "theirs").write(key, about, [*HONEST[:2], HONEST[3]])
    assert len(read_results([tmp_path / "mine", tmp_path / "copy"], (8,)).pooled) == 1
    with pytest.raises(DataError) as caught:
        read_results([tmp_path / "mine", tmp_path / "theirs"], (8,))
    for folder in ("mine", "theirs"):
        assert str(tmp_path / folder / "cells" / f"{key}.parquet") in str(caught.value)
