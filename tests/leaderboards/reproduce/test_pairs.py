"""Pairs of attack and defence as one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import bench.evaluation.preparing.setup as module
from bench.contracts.component import Component
from bench.contracts.registry import Registry
from bench.contracts.variants import Variant
from bench.core.errors import UsageError
from bench.core.showing.progress import SILENT
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planned import Planned
from bench.evaluation.plans.planning import grouped
from bench.evaluation.run import execute_all
from bench.scoring.records import CellRecords
from leaderboards.reproduce import (
    p1_augmentation,
    p1_denoising,
    p1_table2,
    p2_adversarial_training,
    p2_defences,
    p2_figure1,
    p3_fusion,
    p4_figure6,
    p4_mixup,
)

TINY_VICTIM = "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=2"
NOISY = "multi_condition:fraction=0.5"


@pytest.fixture
def options(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> Options:
    return Options(
        victims=(TINY_VICTIM,),
        attacks=("reverb",),
        ks=(1,),
        corpus="emodb",
        corpus_root=tiny_corpus,
        noise_banks=("folder",),
        noise_roots=(tiny_noises,),
        device="cpu",
        out=tmp_path / "run",
    )


def named(cells: Sequence[CellRecords]) -> list[tuple[str, str]]:
    return [(one.description.names.defense, one.description.names.attack) for one in cells]


def test_pairs_and_no_more_are_measured_each_once(
    options: Options, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, real = [], module.set_up
    monkeypatch.setattr(module, "set_up", lambda *given: read.append(given) or real(*given))
    asked = [
        options,
        replace(options, defenses=(NOISY,), attacks=("fade_in",)),
        replace(options, attacks=("fade_in", "reverb")),
    ]
    done = execute_all(asked, SILENT)
    assert not done.failures
    assert "results" not in vars(done), "scored when scores are asked for"
    assert named(done.cells) == [("none", "reverb"), ("none", "fade_in"), (NOISY, "fade_in")]
    assert [(entry.defense, entry.attack) for entry in done.results.pooled] == named(done.cells)
    assert len(read) == 1, "the data are read once"
    assert len(list((own_cache / "victims").iterdir())) == 2, "each victim is trained once"
    files = {path: path.stat().st_mtime_ns for path in (options.out / "cells").iterdir()}
    assert len(files) == 3
    assert named(execute_all(asked, SILENT).cells) == named(done.cells)
    assert {path: path.stat().st_mtime_ns for path in (options.out / "cells").iterdir()} == files


def test_a_misspelt_defence_is_refused_before_anything_is_done(options: Options) -> None:
    with pytest.raises(UsageError, match="did you mean 'multi_condition'"):
        execute_all([options, replace(options, defenses=("multi_conditon",))], SILENT)
    assert not options.out.exists()


def test_one_run_has_one_folder(options: Options, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="different out"):
        execute_all([options, replace(options, out=tmp_path / "other")], SILENT)


def test_cells_of_one_victim_follow_each_other() -> None:
    def planned(defense: str, attack: str) -> Planned:
        around = None if defense == "none" else Component("defenses", defense, "here", None)
        key = FittedKey(Component("victims", "v", "here", None), around, TASKS["ahsn"], "k-fold", 0, 0)
        cell = Cell(key, Component("attacks", attack, "here", None), 1)
        return Planned(cell, Variant(attack, attack, False, ("all",)))

    order = [planned("none", "a"), planned("d", "a"), planned("none", "b"), planned("none", "a")]
    found = [(one.cell.fitted.defense_spec, one.cell.attack.spec) for one in grouped(order)]
    assert found == [("none", "a"), ("none", "b"), ("d", "a")]


@pytest.mark.parametrize(
    ("table", "victims", "trainings", "cells"),
    [
        (p1_augmentation, ("cnn_gru",), 8, 36),
        (p1_denoising, ("cnn_gru",), 10, 55),
        (p1_table2, ("cnn_gru",), 1, 2),
        (p2_figure1, ("lstm_egemaps",), 1, 15),
        (p2_adversarial_training, ("lstm_egemaps",), 11, 33),
        (p2_defences, ("lstm_egemaps",), 4, 12),
        (p3_fusion, ("bert_text", "cnn_gru"), 3, 18),
        (p4_mixup, ("alexnet_spectrogram",), 2, 6),
        (p4_figure6, ("alexnet_spectrogram",), 2, 6),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_everything_that_is_asked_for_exists_and_is_named_as_in_records(
    table: object, victims: tuple[str, ...], trainings: int, cells: int
) -> None:
    registry = Registry.discover()
    asked = table.asked(Options(victims=victims, attacks=("reverb",)))  # type: ignore[attr-defined]
    for one in asked:
        for kind, specs in (("attacks", one.attacks), ("defenses", [d for d in one.defenses if d != "none"])):
            assert [registry.component(kind, spec).spec for spec in specs] == list(specs)
    pairs = {(v, d, a) for one in asked for v in one.victims for d in one.defenses for a in one.attacks}
    assert len(pairs) == cells
    assert len({(victim, defense) for victim, defense, _ in pairs}) == trainings
