"""The bells for victims that are others where attacks prepare: a planted fault rings them, and honest cases do not."""

from __future__ import annotations

from dataclasses import replace

from bench.contracts.threat_models import Knowledge, ThreatModel
from bench.scoring.bells import NAMED
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


def informed(*told: tuple[int, float, float], knows: tuple[Knowledge, ...] = ("noise-harm",)) -> dict[str, str]:
    """What is heard of an informed attack whose cells say so of their first queries."""
    cells = [cell(at(1, 2), fold=fold) for fold in range(len(told))]
    about = [replace(one.description, first_moves=own) for one, own in zip(cells, told, strict=True)]
    granted = [replace(one, threat_model=ThreatModel(knows)) for one in about]
    return rung(*(replace(one, description=own) for one, own in zip(cells, granted, strict=True)))


def test_noise_that_does_otherwise_where_attackers_learn_what_harms() -> None:
    """To hold there hides what harms; to fall there by what is harmless sends attackers to it."""
    says = "first queries change 60% of the answers, 0% by what was found on validation speakers"
    assert informed((80, 0.0, 0.6))["misled"] == says
    assert "misled" in informed((80, 0.9, 0.6))
    assert "misled" not in informed((80, 0.79, 0.6))
    assert "misled" not in informed((9, 0.9, 0.6)), "of so few by chance"
    assert "misled" not in informed((80, 0.0, 0.4), (80, 0.5, 0.4)), "15 of 100 in all"
    assert "misled" not in informed((80, 0.0, 0.6), knows=("noise-harm", "defense")), "who chooses by a look as well"
    assert "misled" not in rung(HONEST)
    assert NAMED["misled"].threshold == 0.2
