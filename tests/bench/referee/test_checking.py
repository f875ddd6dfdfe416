"""`bench run --check`: what depends on the order of searches is found, whatever it is kept in; honest records agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.checking import check_finished, sample_of
from bench.evaluation.grids.grid import run_grids
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planned import Planned
from bench.evaluation.plans.planning import plan, select
from bench.scoring.record_files.agreement import first_difference
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import Store
from bench.testing import CPU, sample_noises, sample_utterances

HERE = Path(__file__).parent
FILES = [HERE / f"{name}.py" for name in ("learning", "forgetful")]
SHARED = HERE.parents[3] / "shared" / "cheats" / "cheats.py"
SAID = tuple(sample_utterances(10, 3, key="corpus"))


class Notes:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def task(self, description: str, total: int | None = None) -> Any:
        from bench.core.showing.progress import SILENT

        return SILENT.task(description, total)

    def say(self, text: str) -> None:
        self.said.append(text)


def run(folder: Path, *attacks: str, files: list[Path] = FILES, **more: Any) -> tuple[Experiment, list[Planned], Store]:
    registry = Registry.discover(files)
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU, progress=Notes())
    options = Options(("contrary",), attacks, ks=(6,), corr="no", noises="all", limit=20, **more)
    planned, store = plan(select(options, registry), experiment), Store(folder)
    assert run_grids([(experiment, planned)], store) == []
    return experiment, planned, store


@pytest.mark.parametrize(
    "spec",
    [
        "boundary:categories=natural+human+interior",
        "transfer:attack=boundary:categories=natural",
        "adaptive:attack=boundary:categories=natural",
        "fade_in",
        "habit",
    ],
)
def test_honest_attacks_are_the_same_again(spec: str, tmp_path: Path) -> None:
    experiment, planned, store = run(tmp_path, spec, **({"repeats": 2} if spec == "habit" else {}))
    for most, count in ((4, 4), (None, 20)):
        experiment.progress.said.clear()
        assert check_finished(experiment, planned, store, most) == []
        assert [text.partition(" (")[0] for text in experiment.progress.said] == [
            f"checked: {count} utterances again, same" for _ in planned
        ]


@pytest.mark.parametrize("spec", ["keeps_globally", "keeps_in_itself", "keeps_in_a_parameter", "habit:leaks=true"])
def test_what_is_kept_between_searches_fails_the_cell(spec: str, tmp_path: Path) -> None:
    experiment, planned, store = run(tmp_path, spec, **({"repeats": 2} if "habit" in spec else {}))
    keys = sorted(path.stem for path in (tmp_path / "cells").iterdir())
    failures = check_finished(experiment, planned, store, None)
    assert failures
    assert {failure.exit_code for failure in failures} == {1}
    for words in (f"attack '{spec}'", "on utterance 'corpus-", "query 1: found recipe", "rounds"):
        assert words in failures[0].message
    assert [store.has(key) for key in keys].count(False) == len(failures), "no figure is made of it"
    failed = {path.name for path in (tmp_path / "failed").iterdir()}
    assert len(failed) == 2 * len(failures), "the note, and the records themselves"
    assert [failure.error for failure in store.failures()]


def test_nobody_knows_beforehand_what_is_attacked_again(tmp_path: Path) -> None:
    experiment, planned, store = run(tmp_path, "keeps_unseen")
    assert check_finished(experiment, planned, store, 10)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_cheat_that_was_shared_is_found(tmp_path: Path) -> None:
    if not SHARED.is_file():
        pytest.skip("the shared cheats are not here")
    experiment, planned, store = run(tmp_path, "state", "fresh", files=[SHARED, HERE / "forgetful.py"])
    (failure,) = check_finished(experiment, planned, store, None)
    assert failure.cell.attack.spec == "state"


def test_rounds_are_attacked_again_whole_and_from_the_first(tmp_path: Path) -> None:
    experiment, planned, _ = run(tmp_path, "habit", repeats=2)
    cell, test = planned[0].cell, experiment.split(planned[0].cell.fitted).test
    assert len(sample_of(cell, test, 5, "a")) == 8
    assert sample_of(cell, test, 5, "a") == sample_of(cell, test, 8, "b") == sample_of(cell, test, 9, "c")[:8]
    assert len(sample_of(cell, test, None, "d")) == len(test)


ROWS = [
    Row("u", "s", 0, "a", "a", "a", tied=False),
    Row("u", "s", 1, "a", "a", "b", 12.0, recipe="one", tied=False),
    Row("u", "s", 2, "a", "a", "a", 12.0, recipe="two", tied=False),
]


def found(*after: Row, before: list[Row] = ROWS) -> tuple[int, str] | None:
    difference = first_difference(as_table(before).to_pandas(), after)
    return None if difference is None else (difference.query, difference.column)


def test_the_first_difference_is_named() -> None:
    assert found(*ROWS) is None
    assert found(ROWS[0], replace(ROWS[1], label_after="a"), ROWS[2]) == (1, "label_after")
    assert found(ROWS[0], ROWS[1], replace(ROWS[2], recipe="three", label_after="c")) == (2, "recipe")
    assert found(*ROWS[:2]) == (2, "recipe"), "a query less"
    assert found(*ROWS, replace(ROWS[2], query=3)) == (3, "recipe"), "a query more"
    assert found(*(replace(row, utterance="other") for row in ROWS)) == (0, "recipe")


def test_after_a_tie_nothing_is_compared() -> None:
    tied = [ROWS[0], replace(ROWS[1], tied=True, label_after="(refused)"), replace(ROWS[2], recipe="three")]
    assert found(*tied) is None
    assert found(*ROWS, before=tied) is None
