"""Figures that are kept: the same as those made, of nothing but the same files and code, and checked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bench.core.errors import DataError
from bench.core.storage.plain import Plain
from bench.core.storage.remembering import keep, recalled
from bench.evaluation.runs import read_results
from bench.scoring.entries import kept_scores, sources
from bench.scoring.entries.fates import NotedFates, told
from bench.scoring.figures.attacked_places import AttackedPlaces
from bench.scoring.figures.outcomes import Outcomes
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files import batches
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.candidates import Tally
from bench.scoring.record_files.columns import Columns
from bench.scoring.record_files.condensed import condensed, condensed_columns
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store
from bench.scoring.results import Results, collect

SPEAKERS = [f"s{number // 4}" for number in range(40)]


def searches(shift: int) -> list[Row]:
    """Three queries of each of 40 utterances; some succeed at the second."""
    rows = []
    for number, who in enumerate(SPEAKERS):
        for query in range(4):
            hit = query == 2 and (number + shift) % 3 > 0
            about: dict[str, Any] = {"snr_db": 12.5 + number % 2, "imperceptible": True} if query else {}
            said = "sadness" if hit else "anger"
            rows.append(Row(f"u{number}", who, query, "anger", "anger", said, accepted=hit, **about))
    return rows


def named(about: dict[str, Any], victim: str, fold: int) -> dict[str, Any]:
    """What determines a cell of a victim and a fold."""
    return about | {"victim": victim, "fold": fold}


@pytest.fixture
def run(tmp_path: Path, about: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two victims of two folds, and a cache of its own."""
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_scores, "_places", {})
    store = Store(tmp_path / "run")
    for number, victim in enumerate(("one", "two")):
        for fold in (0, 1):
            cell = named(about, victim, fold)
            store.write(determined_key(cell), cell, searches(number + fold))
    return store.folder


def alike(one: Results, other: Results) -> bool:
    """Whether all figures are the same, bit by bit, and what ranks are made of too."""
    digests = [[s.outcomes and s.outcomes.digest for e in found.pooled for s in e.scores] for found in (one, other)]
    return one.to_json() == other.to_json() and one == other and digests[0] == digests[1]


def made(run: Path, ks: list[int]) -> Results:
    """The figures of all cells, in the order of their descriptions, with nothing kept."""
    return collect(sorted(Store(run).cells(), key=lambda cell: cell.description.text), ks)


def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *_: object) -> None:
        raise DataError(path, "rows that were read", "none", "")

    monkeypatch.setattr(batches, "check_columns", refused)
    monkeypatch.setattr(sources, "check_believable", refused)


def test_the_second_time_no_rows_are_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_results([run], [2, 8])
    assert alike(first, made(run, [2, 8]))
    no_reading(monkeypatch)
    assert alike(read_results([run], [2, 8]), first)
    with pytest.raises(DataError, match="rows that were read"):
        read_results([run], [2])


def test_a_victim_more_leaves_the_others_kept(
    run: Path, about: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_results([run])
    read: list[Path] = []

    def noted(path: Path, *digests: Any) -> pa.Table:
        read.append(path)
        return decode(path, *digests)

    decode = sources._decode
    monkeypatch.setattr(sources, "_decode", noted)
    more = named(about, "three", 0)
    Store(run).write(determined_key(more), more, searches(0))
    found = read_results([run])
    assert [path.stem for path in read] == [determined_key(more)]
    assert alike(found, made(run, [8]))


@pytest.mark.parametrize("at", [10, -10])
def test_what_is_damaged_is_made_anew(run: Path, at: int) -> None:
    first = read_results([run])
    for file in (run.parent / "cache").rglob("*.json"):
        content = bytearray(file.read_bytes())
        content[at] ^= 1
        file.write_bytes(content)
    kept_scores._places.clear()
    assert alike(read_results([run]), first)


def test_other_rows_under_the_same_name_are_not_what_was_kept(run: Path, about: dict[str, Any]) -> None:
    first = read_results([run])
    other = named(about, "one", 0)
    Store(run).write(determined_key(other), other, searches(1))
    found = read_results([run])
    assert not alike(found, first)
    assert alike(found, made(run, [8]))


def test_a_file_whose_rows_are_damaged_is_passed_over(run: Path, about: dict[str, Any]) -> None:
    """Its description can be read; that its rows can not shows only when they are asked for."""
    path = Store(run).path(determined_key(named(about, "two", 1)))
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    passed: list[DataError] = []
    found = read_results([run], instead=passed.append)
    assert [error.where for error in passed] == [str(path)]
    assert [(entry.victim, entry.folds) for entry in found.pooled] == [("one", (0, 1)), ("two", (0,))]
    with pytest.raises(DataError, match=path.stem):
        read_results([run])


def test_a_cache_that_cannot_be_written_to_is_no_error(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_results([run])
    (run.parent / "file").touch()
    monkeypatch.setenv("SERBENCH_CACHE", str(run.parent / "file"))
    assert alike(read_results([run]), first)


def test_most_rows_are_left_out(run: Path) -> None:
    (cell, *_) = Store(run).cells()
    light = condensed(cell)
    assert len(light.columns) < 0.8 * len(cell.rows)
    again = condensed_columns(light.description, light.columns)
    assert (len(again.columns), again.most_asked) == (len(light.columns), light.most_asked)
    assert light.tally == Tally.of(Columns.of(cell.rows), cell.description.rests_on.min_snr_db)


def test_outcomes_of_the_same_places_are_compared_as_those_of_others_are() -> None:
    names = tuple((number % 2, 0, f"u{number}") for number in range(40))
    places = AttackedPlaces(names, tuple(SPEAKERS), (tuple(number % 7 for number in range(40)),))
    rng = np.random.default_rng(0)
    one, two = (Outcomes(places, rng.integers(0, 2, 40).astype(float)) for _ in range(2))
    apart = replace(two, places=replace(places, ways=(*places.ways, (0,) * 40)))
    assert one.places.digest != apart.places.digest
    assert one.less(two) == one.less(apart)
    assert one.less(two) is not None


def test_only_what_may_be_read_is_written_and_read() -> None:
    plain = Plain((Estimate,), {})
    told = (Estimate(0.1, 0.0, float("inf"), 3), {"a": (1, None)}, "=Estimate")
    assert plain.value(plain.text(told)) == told
    with pytest.raises(TypeError, match="AttackedPlaces"):
        plain.text(AttackedPlaces((), ()))
    for text in ('{"=AttackedPlaces":[1]}', '{"=Estimate":[1]}', "{", '{"a":1,"b":2}'):
        with pytest.raises(ValueError, match=r".+"):
            plain.value(text)


def test_a_kept_text_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path))
    assert recalled("kind", "abc") is None
    keep("kind", "abc", "Übung")
    assert recalled("kind", "abc") == "Übung"
    (file,) = tmp_path.rglob("abc.json")
    file.write_bytes(file.read_bytes() + b" ")
    assert recalled("kind", "abc") is None


def test_the_text_of_another_key_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copied file is whole, and says what somebody else's figures are."""
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path))
    keep("kind", "abc", "of one")
    keep("kind", "abd", "of another")
    keep("other", "abc", "of another kind")
    own, *others = (
        tmp_path / name / "ab" / f"{key}.json" for name, key in (("kind", "abc"), ("kind", "abd"), ("other", "abc"))
    )
    for other in others:
        own.write_bytes(other.read_bytes())
        assert recalled("kind", "abc") is None


def test_what_stands_in_the_place_of_a_kept_text_costs_no_more_than_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path))
    file = tmp_path / "kind" / "ab" / "abc.json"
    file.mkdir(parents=True)
    keep("kind", "abc", "of one")
    assert recalled("kind", "abc") is None
    file.rmdir()
    os.mkfifo(file)
    assert recalled("kind", "abc") is None
    keep("kind", "abc", "of one")
    assert recalled("kind", "abc") == "of one"


def test_what_became_of_utterances_is_read_once(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = NotedFates()
    read_results([run], noted=noted)
    cells = [*noted.sources[run].values()]
    assert noted.fates.keys() == {one.file for one in cells}
    for key, source in noted.sources[run].items():
        own, rows = noted.fates[source.file or ""], Store(run).read(key).rows
        won = rows[rows["accepted"]].groupby("utterance")["query"].min()
        assert dict(zip(own.utterances, own.fell["all"].tolist(), strict=True)) == {
            name: int(won.get(name, 0)) for name in sorted(set(rows["utterance"]))
        }
    no_reading(monkeypatch)
    first = kept_scores.kept_fates(cells, noted)
    again = kept_scores.kept_fates(cells, NotedFates())
    assert told(first) == told(again) == told({file: noted.fates[file] for file in first})
