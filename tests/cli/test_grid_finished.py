"""`bench grid` of what is done: said at once, and only as long as nothing that it rests on has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import bench.evaluation.file_states
import bench.evaluation.plans.plan_file
from bench.evaluation.file_states import state_of
from tests.cli.small_runs import SMALL


class LookedAtAnewError(Exception):
    """The plan was read: the grid was not known to be done."""


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written a moment ago counts as left alone."""
    monkeypatch.setattr(bench.evaluation.file_states, "SETTLED_NS", -(10**18))


@pytest.mark.usefixtures("settled", "own_cache")
def test_a_finished_grid_is_known_until_something_changes(
    tiny_corpus: Path, tiny_noises: Path, tmp_path: Path, bench_here: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = tmp_path / "plan.yaml", tmp_path / "run"
    data = f"corpus: emodb\ncorpus-root: {tiny_corpus}\nnoise-bank: folder\nnoise-root: {tiny_noises}\n"
    plan.write_text(f"victim: {SMALL}\nattack: [gain]\nk: 1\nlimit: 2\ndevice: cpu\nout: {out}\n{data}")
    assert bench_here("grid", plan).code == 0

    def anew(*_: object, **__: object) -> None:
        raise LookedAtAnewError

    looked = bench_here("grid", plan, "--json", tmp_path / "scores.json").err.splitlines()
    monkeypatch.setattr(bench.evaluation.plans.plan_file, "read_plan", anew)
    known = bench_here("grid", plan)
    assert known.code == 0, known.err
    assert known.err.splitlines()[-1].startswith("1 cells: 1 done when it began, 1 when it ended, 0 failed; ")
    assert [line.partition(" failed;")[0] for line in known.err.splitlines()] == [
        line.partition(" failed;")[0] for line in looked
    ]

    record = next((out / "cells").iterdir())
    content = record.read_bytes()
    for change in (content[:-1], bytes([*content[:99], content[99] ^ 1, *content[100:]])):
        record.write_bytes(change)
        with pytest.raises(LookedAtAnewError):
            bench_here("grid", plan)
    record.write_bytes(content)
    for words in (("--seeds", "1"), ("--json", "-"), ("--dry-run",), ("--workers", "0")):
        with pytest.raises(LookedAtAnewError):
            bench_here("grid", plan, *words)
    assert bench_here("grid", plan, "--workers", "2").code == 0
    plan.write_text(plan.read_text() + "# the same, said otherwise\n")
    with pytest.raises(LookedAtAnewError):
        bench_here("grid", plan)


@pytest.mark.usefixtures("settled")
def test_a_state_changes_with_each_file(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "below").mkdir(parents=True)
    (root / "below" / "one.wav").write_bytes(b"1")
    first = state_of([root])
    assert first is not None
    assert first == state_of([root])
    (root / "below" / "two.wav").write_bytes(b"")
    second = state_of([root])
    (root / "below" / "one.wav").write_bytes(b"12")
    assert len({first, second, state_of([root]), state_of([])}) == 4
    (root / "elsewhere").symlink_to(tmp_path)
    assert state_of([root]) is None, "a link may lead anywhere"
    assert state_of([tmp_path / "gone"]) is None


def test_what_has_just_been_changed_is_not_relied_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.wav").write_bytes(b"1")
    monkeypatch.setattr(bench.evaluation.file_states, "SETTLED_NS", 10**18)
    assert state_of([tmp_path]) is None
