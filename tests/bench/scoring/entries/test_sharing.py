"""Cells scored by several processes: the same figures, the same errors in the same order, and nobody left behind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.core.computing.crew import Crew
from bench.core.errors import DataError
from bench.evaluation.runs import read_results
from bench.scoring.entries import kept_scores
from bench.scoring.entries.fates import NotedFates, told
from bench.scoring.entries.many_units import Kind, scored_together
from bench.scoring.entries.sharing import _Asked
from bench.scoring.entries.sources import sources_in
from bench.scoring.entries.units import units
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store
from bench.scoring.results import Results


@pytest.fixture
def run(tmp_path: Path, about: dict[str, Any]) -> Path:
    """Three victims of two folds."""
    store = Store(tmp_path / "run")
    for number, victim in enumerate(("one", "two", "three")):
        for fold in (0, 1):
            cell = about | {"victim": victim, "fold": fold}
            rows = []
            for at in range(12):
                row = Row(f"u{at}", f"s{at // 3}", 0, "anger", "anger", "anger", accepted=False)
                hit = (at + number + fold) % 3 > 0
                said = "sadness" if hit else "anger"
                asked = Row(
                    f"u{at}", f"s{at // 3}", 1, "anger", "anger", said, accepted=hit, snr_db=12.5, imperceptible=True
                )
                rows += [row, asked]
            store.write(determined_key(cell), cell, rows)
    return store.folder


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """Two processes, which share any piece of work."""
    with Crew(workers=2, least=0) as found:
        yield found


def scored(run: Path, crew: Crew, monkeypatch: pytest.MonkeyPatch, ks: list[int]) -> tuple[Results, str]:
    """Figures and fates of utterances, with nothing kept from before; damaged files are passed over."""
    monkeypatch.setenv("SERBENCH_CACHE", str(run / f"cache{crew.workers}"))
    monkeypatch.setattr(kept_scores, "_places", {})
    noted = NotedFates()
    passed: list[DataError] = []
    results = read_results([run], ks, instead=passed.append, noted=noted, crew=crew)
    return results, told(dict(sorted(noted.fates.items()))) + " ".join(map(str, passed))


def test_who_scores_makes_no_difference(run: Path, crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where a file is damaged, one process has been killed, or nothing can be kept, either."""
    one, two = (scored(run, who, monkeypatch, [8]) for who in (Crew(workers=1), crew))
    assert one[0].to_json() == two[0].to_json()
    assert one == two

    for path in sorted((run / "cells").iterdir())[1:3]:
        path.write_bytes(path.read_bytes()[:-9] if path.stem < "8" else bytes(9))
    path = min((run / "cells").iterdir())
    content = bytearray(path.read_bytes())
    content[60] ^= 255  # which shows when its rows are read
    path.write_bytes(content)
    crew._members[0]._process.kill()
    one, two = (scored(run, who, monkeypatch, [1]) for who in (Crew(workers=1), crew))
    assert one == two
    assert one[1].count(".parquet: found") == 3

    (run / "cache2").rename(run / "before")
    (run / "cache2").touch()
    assert scored(run, crew, monkeypatch, [1]) == one
    with pytest.raises(DataError, match="no readable records"):
        read_results([run], [1], crew=crew)


def test_what_became_of_utterances_is_kept_by_who_reads_them(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process does is done here, so that both have the same cache."""
    monkeypatch.setenv("SERBENCH_CACHE", str(run / "cache"))
    cells = [*sources_in(run).values()]
    parts = [[cells[place] for place in places] for places in units(cells)]
    answers = _Asked("pooled", tuple(map(tuple, parts)), (8,), "fitted", noting=True).answers()
    for path in (run / "cells").iterdir():
        path.write_bytes(b"")
    for unit, answer in zip(parts, answers, strict=True):
        noted = NotedFates()
        assert answer is not None
        answer.scores(noted)
        own, again = kept_scores.kept_fates(unit, noted), kept_scores.kept_fates(unit, NotedFates())
        assert told(own) == told(again)
        assert own.keys() == again.keys() == {one.file for one in unit}


@pytest.mark.parametrize("kind", ["pooled", "cells"])
def test_units_together_are_as_each_alone(run: Path, kind: Kind) -> None:
    cells = [*sources_in(run).values()]
    parts = [[cells[place] for place in places] for places in units(cells)]
    notes = [NotedFates(), NotedFates()]
    together = scored_together(kind, parts, (1, 8), "fitted", notes[0].note)
    alone = [one for own in parts for one in scored_together(kind, [own], (1, 8), "fitted", notes[1].note)]
    assert together == alone
    assert len(together) == len(parts) == 3
    assert told(notes[0].fates) == told(notes[1].fates)
    outcomes = [[score.outcomes for _, one in unit.entries for score in one.scores] for unit in (*together, *alone)]
    assert [[one and one.digest for one in some] for some in outcomes[:3]] == [
        [one and one.digest for one in some] for some in outcomes[3:]
    ]


def test_nobody_is_left_behind(crew: Crew) -> None:
    for _ in crew.in_order(str, [1, 2, 3]):
        processes = [member._process for member in crew._members]
        break
    with pytest.raises(ValueError, match="domain"):
        list(crew.in_order(math.sqrt, [4, -1, 9]))
    assert [process.poll() is None for process in processes] == [False, False]
    assert not crew._members
    assert list(crew.in_order(math.sqrt, [4, 9])) == [2, 3], "and they start anew"
