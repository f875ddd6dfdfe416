"""Who refuses what nobody hears is found, whatever it goes by (`unheard.py` beside this file)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench import ComponentError
from bench.contracts.registry import Registry
from bench.core.types import REFUSED, Dataset, Task
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.facts import MeasuredCell
from bench.evaluation.cell.measuring import Measuring
from bench.referee.inaudible import SOFTER_DB, softer
from bench.referee.prediction import Said
from bench.referee.rechecks import Question
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, sample_noises, sample_utterances

FILES = [Path(__file__).with_name(f"{name}.py") for name in ("cheats", "unheard")]
SAID = tuple(
    replace(one, waveform=(one.waveform[: len(one.waveform) - 160 * (place % 2)] * 32_768).round() / 32_768)
    for place, one in enumerate(sample_utterances(10, 8, key="corpus"))
)
"""As files of 16 bits hold it."""
NOISE = "boundary:categories=natural+human+interior,corr=false"
BINS = Task("bins", ("low", "mid", "high"), "activation", bins=(1.5, 3.5), scale=(1.0, 5.0))


def measured_cell(
    victim: str, defense: str | None = None, task: Task = TASKS["ahsn"], attack: str = NOISE, k: int = 6
) -> MeasuredCell:
    registry = Registry.discover(FILES)
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    around = None if defense is None else registry.component("defenses", defense)
    fitted = FittedKey(registry.component("victims", victim), around, task, "k-fold", 0, 0)
    return Measuring(experiment).measured(Cell(fitted, registry.component("attacks", attack), k))


def measured(victim: str, kind: str | None = None, task: Task = TASKS["ahsn"]) -> list[Row]:
    return measured_cell(victim, None if kind is None else f"unheard:kind={kind}", task).rows


def test_there_is_something_to_gain() -> None:
    for rows in (measured("loud", "honest"), measured("on_edge", task=BINS)):
        assert sum(row.accepted for row in rows) > 8


@pytest.mark.parametrize("kind", ["off_any_grid", "counts_batches", "knows_again", "refuses_half"])
def test_who_finds_out_what_was_made_softer_is_found(kind: str) -> None:
    """None of what it refuses could be attacked, at no cost."""
    with pytest.raises(ComponentError, match=r"\d+ of \d+ clean utterances refused where they are less than"):
        measured("loud", kind)


def test_who_answers_between_two_bins_is_found() -> None:
    with pytest.raises(ComponentError, match=r"\d+ of \d+ clean utterances refused where they are less than"):
        measured("on_edge:edge=3.5", task=BINS)


def test_softer_at_each_frequency_by_another_bit() -> None:
    silent, heard = torch.zeros(4_000), torch.randn(16_000, generator=torch.Generator().manual_seed(0)) * 0.1
    one = replace(SAID[0], waveform=torch.cat([silent, heard, silent]))
    (made,) = softer([Question(one, 0, "", Said(0))], lambda *_: "")
    assert made.softer
    assert not made.utterance.waveform[:4_000].any()
    assert not made.utterance.waveform[-3_900:].any()
    assert made.utterance.waveform.shape == one.waveform.shape
    before, after = (torch.fft.rfft(sound.double()).abs() for sound in (one.waveform, made.utterance.waveform))
    lowered = 20 * (before / after).log10()
    assert 0.09 < float(lowered.quantile(0.01)) < float(lowered.quantile(0.99)) < SOFTER_DB + 0.01
    assert float(lowered.std()) > 0.005


@pytest.mark.parametrize("by", ["", "name", "before", "grid", "enrolled"])
def test_who_answers_a_session_once_is_lost_on_the_honest_whatever_it_knows_them_by(by: str) -> None:
    """Nothing that it refuses could be attacked, and no bell rang where it knew who was honest."""
    found = measured_cell("loud", f"one_question:by={by}" if by else "one_question")
    assert all(row.label_after == REFUSED for row in found.rows if row.query > 1)
    assert found.facts.sessions is not None
    lost, of = found.facts.sessions
    assert lost >= of / 4, "the bell rings"


def test_who_holds_where_attacks_prepare_is_told_beside_the_records() -> None:
    """The attack learns nothing, and reaches less."""
    learns = "universal_noises:noises=imperceptible,pool=8,rehearsal=24"
    found = {acts: measured_cell("loud", f"acting:acts={acts}", attack=learns, k=1) for acts in ("true", "false")}
    fell = {acts: sum(row.accepted for row in one.rows) for acts, one in found.items()}
    assert 16 < fell["true"] < fell["false"] - 16
    told = {acts: one.facts.rehearsal for acts, one in found.items()}
    assert told["true"] is not None
    assert told["false"] is not None
    assert told["true"].fell == 0, "the bell rings"
    assert told["false"].fell == told["false"].utterances
    assert told["true"].to_json() == {"utterances": 64, "queries": told["true"].queries, "fell": 0}


def test_who_shows_another_defence_than_it_is_is_found() -> None:
    """Who looks before asking asked about what is refused alone, and fooled nobody."""
    looks = f"adaptive:attack={NOISE.replace(',', ',,')}"
    rows = measured_cell("loud", "unheard:kind=detects", attack=looks).rows
    assert sum(row.accepted for row in rows) > 32
    assert not any(row.label_after == REFUSED for row in rows)
    with pytest.raises(ComponentError, match=r"looked at through the defence: found shown as (answered|refused)"):
        measured_cell("loud", "unheard:kind=misleads", attack=looks)


def test_who_refuses_files_where_it_is_attacked_is_found() -> None:
    """None of its successes lived on as 16-bit PCM, and a bell rang for the attack."""
    assert sum(row.survives_pcm or False for row in measured("loud", "honest")) > 32
    with pytest.raises(ComponentError, match=r"query 0: found '\(refused\)', and '\w+' when a fresh instance"):
        measured("loud", "refuses_files")
