"""The bell for a victim that holds where attacks prepare: a planted fault rings it, and honest cases do not."""

from __future__ import annotations

from dataclasses import replace

from bench.contracts.threat_models import ThreatModel
from bench.scoring.record_files.cell_records import CellRecords
from tests.bench.scoring.test_bells import HONEST, at, cell, rung

LEARNS = ThreatModel(("validation",), rehearsal=8)


def learnt(fell: int | None, of: int = 50, first: int = 1) -> CellRecords:
    """An attack that succeeds with half of the utterances, after a rehearsal in which so many fell."""
    made = cell(at(first, 2), attack="universal_noises")
    told = None if fell is None else (fell, of)
    return replace(made, description=replace(made.description, threat_model=LEARNS, rehearsed=told))


def test_a_victim_that_holds_where_attacks_prepare() -> None:
    assert rung(learnt(19))["held-in-rehearsal"] == (
        "38% of validation utterances fell in the rehearsal, 50% of those attacked at k = 5 (noises all)"
    )
    assert "held-in-rehearsal" not in rung(learnt(21))
    assert "held-in-rehearsal" not in rung(learnt(50))


def test_who_does_not_say_what_fell_rings_nothing() -> None:
    assert "held-in-rehearsal" not in rung(learnt(None))
    assert "held-in-rehearsal" not in rung(HONEST)


def test_variants_of_several_folds_are_put_together() -> None:
    other = learnt(50)
    other = replace(other, description=replace(other.description, names=replace(other.description.names, fold=1)))
    assert "held-in-rehearsal" not in rung(learnt(10), other), "60 of 100"
    assert "held-in-rehearsal" in rung(
        learnt(10), replace(other, description=replace(other.description, rehearsed=(20, 50)))
    )


def test_another_seed_for_each_fold_may_have_been_chosen() -> None:
    said = rung(cell(fold=0, seed=3), cell(fold=1, seed=7))["measurements-missing"]
    assert said == "2 missing: fold 0, seed 7, repeat 0, where others are"
    whole = [cell(fold=fold, seed=seed) for fold in (0, 1) for seed in (3, 7)]
    assert "measurements-missing" not in rung(*whole)
