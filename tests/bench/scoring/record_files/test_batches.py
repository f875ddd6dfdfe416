"""Files read together: the same as read one by one, and what is wrong with one is no other's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import DataError
from bench.scoring.entries.sources import Damaged, sources_in
from bench.scoring.entries.units import condensed_cells
from bench.scoring.record_files import batches
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.condensed import CondensedCell, condensed
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store

LIAR = 3


def asked(fold: int, lies: bool) -> list[Row]:
    """Some queries of utterances that other folds have too; who lies has a success too many."""
    rows = []
    for number in range(4):
        for query in range(2 + (number + fold) % 3):
            fell = query == 2 and (number + fold) % 2 == 0
            about: dict[str, Any] = {"snr_db": 11.0 + query, "source": f"clip{fold}"} if query else {}
            about |= {"turn": number} if query and fold == 2 else {}
            accepted = fell or (lies and query == 1)
            said = ("anger", "anger", "sadness" if fell else "anger")
            rows.append(Row(f"u{number}", f"s{number % 2}", query, *said, accepted=accepted, **about))
    return rows


def plain(cell: CondensedCell) -> tuple[object, ...]:
    """All that a condensed cell holds, to be compared."""
    return cell.columns.frame().to_csv(), cell.tally, cell.most_asked, cell.description


@pytest.mark.parametrize("most_rows", [1, 30, 1000])
def test_cells_read_together(
    tmp_path: Path, about: dict[str, Any], monkeypatch: pytest.MonkeyPatch, most_rows: int
) -> None:
    """Cells of two budgets, one of which is not to be believed."""
    store, told = Store(tmp_path), {}
    for fold in range(6):
        cell = about | {"fold": fold, "max_queries": 8 + fold % 2}
        told[fold] = determined_key(cell)
        store.write(told[fold], cell, asked(fold, lies=fold == LIAR))
    monkeypatch.setattr(batches, "MOST_ROWS", most_rows)
    damaged: Damaged = {}
    sources = sources_in(tmp_path, damaged)
    assert damaged == {}
    found = batches.condensed_files([(one.description, one.decode) for one in sources.values() if one.decode])
    assert len(found) == 6
    for key, one in zip(sources, found, strict=True):
        if key == told[LIAR]:
            assert one is None
        else:
            assert one is not None
            assert plain(one) == plain(condensed(store.read(key)))
    with pytest.raises(DataError, match=told[LIAR]):
        condensed_cells([*sources.values()])
    assert [*damaged] == [store.path(told[LIAR])]
    whole = [one for key, one in sources.items() if key != told[LIAR]]
    assert len(condensed_cells(whole)) == 5
