"""What is asked again, and attacked again, cannot be worked out beforehand (`foreseeing.py` beside this file)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import ComponentError
from bench.contracts.registry import Registry
from bench.core.specs import Spec
from bench.core.types import REFUSED, Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import sample_key
from bench.evaluation.cell.measuring import Measuring
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, sample_noises
from tests.bench.referee.foreseeing import QUERIES, SAID

FILES = [Path(__file__).with_name(f"{name}.py") for name in ("cheats", "foreseeing")]
NOISE = "boundary:categories=natural+human+interior,corr=false"


def measured(key: str, **more: str) -> list[Row]:
    """The records under the defence that is told the cell's key, of public names."""
    registry = Registry.discover(FILES)
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    victim, attack = registry.component("victims", "loud"), registry.component("attacks", NOISE)
    named = FittedKey(victim, registry.component("defenses", "foreseeing"), TASKS["ahsn"], "k-fold", 0, 0)
    told = key.replace("LOOK", sample_key(experiment, named, 0)).replace("ATTACK", attack.spec)
    knowing = registry.component("defenses", str(Spec("foreseeing", (("key", told), *more.items()))))
    return Measuring(experiment).measured(Cell(replace(named, defense=knowing), attack, QUERIES)).rows


def test_who_works_out_what_will_be_asked_again_is_found() -> None:
    """Else it would be robust: all that it holds on to is never asked again."""
    with pytest.raises(ComponentError, match="depend on order"):
        measured("LOOK/{}/ATTACK/0")


def test_who_works_out_which_question_is_about_clean_speech_is_found() -> None:
    """Else nothing would fool it: it refuses all others, whoever asks."""
    with pytest.raises(ComponentError, match="clean utterances refused in the first draw, where 8 are in others"):
        measured("LOOK/{}", draws="true")


def test_who_works_out_all_draws_of_clean_speech_is_found() -> None:
    with pytest.raises(ComponentError, match="clean utterances refused where they are less than"):
        measured("LOOK/{}", draws="true", known="5")


def test_who_abstains_by_chance_is_no_such_one() -> None:
    """Of five clean utterances that it answers, another draw refuses two."""
    rows = measured("", honest="true")
    assert 0.2 < sum(row.label_after == REFUSED for row in rows if row.query) / sum(row.query > 0 for row in rows) < 0.8
