"""`python -m benchmarks --small`: counts, no clock, against the baseline that is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.costs.figures import BASELINE, Figure, compared, read, worse


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[Figure]]:
    """The exit code, and the counts."""
    out = tmp_path_factory.mktemp("costs") / "counts.json"
    code = main(["--small", "--json", str(out)])
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == 1
    return code, read(out)["counts"]


def test_nothing_got_slower(found: tuple[int, list[Figure]]) -> None:
    """Where it did for a reason: python -m benchmarks --small --write-baseline."""
    code, counts = found
    assert [str(line) for line in worse(compared(counts, read(BASELINE)["counts"]))] == []
    assert code == 0


def test_what_code_alone_decides_has_no_slack(found: tuple[int, list[Figure]]) -> None:
    exact = {one.name for one in found[1] if one.slack == 0}
    assert {"noises, never fooled: queries", "noises, fooled: calls of the victim"} <= exact
    assert all(one.slack <= 0.2 for one in found[1])


def test_what_is_slower_is_named(
    found: tuple[int, list[Figure]], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline of one call of the victim fewer, and of a figure that is gone."""
    now = found[1]
    before = [replace(one, value=one.value - one.name.endswith("calls of the victim")) for one in now]
    baseline = tmp_path / "baseline.json"
    kept = {"counts": [vars(one) for one in [*before, Figure("lost", 1, "calls")]], "ratios": []}
    baseline.write_text(json.dumps(kept), encoding="utf-8")
    monkeypatch.setattr("benchmarks.__main__.measured", lambda _: (now, []))
    assert main(["--small", "--baseline", str(baseline)]) == 1
    printed = capsys.readouterr().out
    changes = [line.rsplit(maxsplit=1)[-1] for line in printed.splitlines()[1:-1]]
    assert (changes.count("slower"), changes.count("gone")) == (3, 1)
    assert "4 of 19 got slower or are gone" in printed


def test_a_baseline_is_written_and_then_kept_to(
    found: tuple[int, list[Figure]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = tmp_path / "baseline.json"
    monkeypatch.setattr("benchmarks.__main__.measured", lambda _: (found[1], []))
    assert main(["--small", "--baseline", str(baseline), "--write-baseline"]) == 0
    assert main(["--small", "--baseline", str(baseline)]) == 0
    assert read(baseline)["counts"] == found[1]


def test_slack_is_a_share_of_the_baseline() -> None:
    before = Figure("a", 100.0, "calls", 0.1)
    changes = [
        line.change for value in (109.0, 111.0, 89.0) for line in compared([replace(before, value=value)], [before])
    ]
    assert changes == ["same", "slower", "faster"]
    assert [line.change for line in compared([before], [])] == ["new"]
