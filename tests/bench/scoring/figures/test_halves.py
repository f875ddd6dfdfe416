"""What searches found with either half of their sounds: beside what they found with all, changing none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.threat_models import Counted
from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject
from bench.core.types import Half
from bench.scoring.figures.halves import bank_halves
from bench.scoring.inference.differences import difference_interval
from bench.scoring.record_files.descriptions import Description, FailedCell, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import CellRecords
from bench.scoring.results import Results, collect
from bench.scoring.statistics import proportion_interval

RESTS = RestsOn("fp", "np", "p1", 10.0, 5, "cpu", "c", {"harness": "h", "serbench": "0", "torch": "2"})
SPEAKERS = [f"s{number // 3}" for number in range(24)]


def cell(half: Half | None, falls: Mapping[int, int], noises: tuple[Counted, ...] = ("all",)) -> CellRecords:
    """Twenty-four utterances of eight speakers; which fall, and at which query."""
    rows = []
    for number, speaker in enumerate(SPEAKERS):
        for query in range(falls.get(number, 5) + 1):
            won = query == falls.get(number)
            after = "sadness" if won else "anger"
            level = 12.0 if query else None
            row = Row(f"u{number:02}", speaker, query, "anger", "anger", after, level, accepted=won)
            rows.append(row)
    names = CellNames("v", "none", "a", Setting("c", "n", "ahsn", "k-fold", None), 0, 0, 0, half)
    about = Description(names, "a", False, noises, {}, {}, RESTS, text="")
    return CellRecords(f"{half}", about, as_table(rows).to_pandas())


WHOLE = cell(None, {number: 1 + number % 3 for number in range(18)})
FIRST = cell("first", dict.fromkeys(range(12), 2))
SECOND = cell("second", dict.fromkeys(range(6, 15), 4))


def told(found: Results) -> list[dict[str, Any]]:
    (pooled,) = found.pooled
    halves: list[dict[str, Any]] = json.loads(json.dumps(pooled.to_json()))["bank_halves"]
    return halves


def test_both_halves_stand_beside_the_whole_with_intervals() -> None:
    found = collect([FIRST, WHOLE, SECOND], [2, 5])
    at_two, at_five = told(found)
    assert (at_two["k"], at_five["k"]) == (2, 5)
    assert (at_two["first"]["acc_att"], at_two["second"]["acc_att"]) == (0.5, 0.0)
    assert (at_five["first"]["acc_att"], at_five["second"]["acc_att"]) == (0.5, 9 / 24)
    assert at_five["first"]["robust_accuracy"] == 0.5
    hits = [[number < 12 for number in range(24)], [6 <= number < 15 for number in range(24)]]
    for half, one in zip(("first", "second"), hits, strict=True):
        assert at_five[half]["ci95"] == pytest.approx(proportion_interval([*map(float, one)], SPEAKERS))
        assert at_five[half]["n"] == 24
    assert at_five["difference"] == pytest.approx(3 / 24)
    low, high = difference_interval([*map(float, hits[0])], [*map(float, hits[1])], SPEAKERS)
    assert at_five["difference_ci95"] == pytest.approx([min(low, 0.0), high]), "or drawn to 0, where the test says so"


def test_they_change_nothing_of_the_whole() -> None:
    alone, beside = collect([WHOLE], [2, 5]), collect([FIRST, WHOLE, SECOND], [2, 5])
    for one, other in zip((*alone.cells, *alone.pooled), (*beside.cells, *beside.pooled), strict=True):
        plain, more = one.to_json(), other.to_json()
        assert plain.pop("bank_halves") == []
        assert len(more.pop("bank_halves")) == 2  # type: ignore[arg-type]
        assert plain == more
    assert alone.optimality == beside.optimality


def test_the_frame_has_both() -> None:
    frame = collect([WHOLE, FIRST, SECOND], [5]).to_frame()
    assert frame["acc_att_first_half"].tolist() == [0.5]
    assert frame["acc_att_second_half"].tolist() == [9 / 24]
    assert collect([WHOLE], [5]).to_frame()["acc_att_first_half"].tolist() == [None]


def test_one_half_alone_says_nothing() -> None:
    assert told(collect([WHOLE, FIRST], [5])) == []
    assert collect([FIRST, SECOND], [5]).pooled == ()
    assert list(bank_halves((), (), [5])) == []


def description(half: object) -> JsonObject:
    names = {"corpus": "c", "noise_bank": "n", "task": "t", "split": "s", "limit": None, "victim": "v"}
    rest = {"defense": "none", "attack": "a", "fold": 0, "seed": 0, "max_queries": 5, "error": "e", "traceback": ""}
    return JsonObject(Path("f.json"), {**names, **rest, "bank_half": half}, "run again")


def test_a_failure_with_a_half_is_another_than_with_all() -> None:
    half, whole = FailedCell.of(description("first")), FailedCell.of(description(None))
    assert half.names != whole.names
    assert (half.to_json()["bank_half"], whole.to_json()["bank_half"]) == ("first", None)
    with pytest.raises(DataError, match="bank_half with 'third'"):
        FailedCell.of(description("third"))
