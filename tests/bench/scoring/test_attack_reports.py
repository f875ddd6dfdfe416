"""Reports on attacks: figures of different code or data never mix, whatever lies in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.scoring.attack_reports import attack_reports
from bench.scoring.believing import determined_key
from bench.scoring.records import Store
from bench.scoring.rows import Row
from bench.scoring.several_runs import believed_of


def test_what_two_versions_measured_is_reported_on_apart(
    tmp_path: Path, about: dict[str, Any], rows: list[Row]
) -> None:
    """An utterance that both attacked was counted twice."""
    store = Store(tmp_path / "run")
    store.write(determined_key(about), about, rows)
    (alone,) = attack_reports(believed_of([store.folder]))
    fitting = {**about["fitting"], "versions": {**about["fitting"]["versions"], "torch": "0.0"}}
    other = {**about, "fitting": fitting}
    store.write(determined_key(other), other, rows)
    found = [one.to_json() for one in attack_reports(believed_of([store.folder]))]
    assert found == [alone.to_json()] * 2
