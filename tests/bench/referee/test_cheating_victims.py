"""Victims and defences that cheat (`cheats.py` beside this file) gain nothing, or their cell fails and says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import ComponentError
from bench.core.types import Dataset, Utterance
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.enrolment import Enrolment
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import panel_of
from bench.evaluation.cell.measuring import Measuring, lent_tools
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, check_fitted, sample_context, sample_noises, sample_utterances
from victims.cnn_gru import CnnGru

PLUGIN = Path(__file__).with_name("cheats.py")
SAID = tuple(sample_utterances(10, 3, key="corpus"))
VICTIM = "loud"
SMALL = "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=4"
NOISE = "boundary:categories=natural+human+interior,corr=false"
CONTAINED = (
    "reads_labels",
    "enrols_labels",
    "memory_by_id",
    "refuses_marked",
    "reads_words",
    "reads_draws",
    "keeps_enrolled",
    "writes",
)
CAUGHT = ("keeps_questions", "keeps_globally", "reads_places", "reads_padding", "reads_speakers")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover([PLUGIN])


def measured(
    registry: Registry,
    kind: str,
    enrolment: Enrolment = "halves",
    said: tuple[Utterance, ...] = SAID,
    attack: str = NOISE,
) -> list[Row]:
    """Attack a small victim under a defence, and return the records."""
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU, enrolment=enrolment)
    victim, defense = registry.component("victims", VICTIM), registry.component("defenses", f"cheat:kind={kind}")
    fitted = FittedKey(victim, defense, TASKS["ahsn"], "k-fold", 0, 0)
    return Measuring(experiment).measured(Cell(fitted, registry.component("attacks", attack), 8)).rows


def recall(rows: list[Row]) -> float:
    clean = [row for row in rows if not row.query]
    return sum(row.label_before == row.label_true for row in clean) / len(clean)


def successes(rows: list[Row]) -> float:
    return len({row.utterance for row in rows if row.accepted}) / len({row.utterance for row in rows})


@pytest.fixture(scope="module")
def honest(registry: Registry) -> list[Row]:
    found = measured(registry, "honest")
    assert recall(found) > 0.1
    assert successes(found) > 0.4, "there is something to gain by cheating"
    return found


@pytest.mark.parametrize("kind", CONTAINED)
def test_what_cannot_be_seen_changes_no_record(registry: Registry, honest: list[Row], kind: str) -> None:
    assert measured(registry, kind) == honest


@pytest.mark.parametrize("kind", CAUGHT)
def test_what_is_kept_or_depends_on_its_neighbours_fails_the_cell(registry: Registry, kind: str) -> None:
    with pytest.raises(ComponentError, match=r"victim on utterance 'corpus-.*query \d+: .*depend on order"):
        measured(registry, kind)


def test_a_memory_of_enrolled_speech_wins_where_it_is_attacked(registry: Registry) -> None:
    """P1's way, which `--enrol paper` keeps: the defence of the issue is nearly unbeatable, at an unchanged recall."""
    rows = measured(registry, "keeps_enrolled", "paper")
    assert successes(rows) < 0.2
    assert recall(rows) == recall(measured(registry, "honest", "paper"))


def test_who_refuses_all_that_it_has_not_heard_refuses_clean_speech(registry: Registry) -> None:
    assert recall(measured(registry, "keeps_hashes")) == 0


ON_GRID = tuple(replace(one, waveform=(one.waveform * 32_768).round() / 32_768) for one in SAID)


@pytest.mark.parametrize(
    ("kind", "enrolment", "said"), [("keeps_hashes", "paper", SAID), ("off_grid", "halves", ON_GRID)]
)
def test_who_refuses_what_nobody_hears_a_change_in_is_found(
    registry: Registry, kind: str, enrolment: Enrolment, said: tuple[Utterance, ...]
) -> None:
    """It could not be attacked at all, at no cost: all candidates are refused, and no recording."""
    with pytest.raises(ComponentError, match=r"\d+ of \d+ clean utterances refused where they are less than"):
        measured(registry, kind, enrolment, said)


def test_answers_that_cannot_be_told_from_ties_are_none(registry: Registry) -> None:
    rows = measured(registry, "squashes")
    assert recall(rows) == 0
    assert all(row.tied for row in rows)


def test_labels_that_flip_by_chance_are_no_success(registry: Registry, honest: list[Row]) -> None:
    rows = measured(registry, "shaky")
    clean = [row for row in rows if not row.query]
    assert sum(row.flip_share or 0 for row in clean) / len(clean) > 0.3
    changed = [row for row in rows if row.query and row.label_after != row.label_before]
    kept = [row for row in changed if row.accepted]
    assert len(kept) < 0.5 * len(changed)
    assert all(row.flip_share is not None and row.flip_share > 0.5 for row in kept)


def test_when_words_were_said_is_not_shown(registry: Registry) -> None:
    """The prosody of clean speech, under any sound: a half of the embedded corpus is recognised by it."""
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    fitted = FittedKey(registry.component("victims", "timed"), None, TASKS["ahsn"], "k-fold", 0, 0)
    rows = Measuring(experiment).measured(Cell(fitted, registry.component("attacks", NOISE), 2)).rows
    assert {row.label_before for row in rows} == {TASKS["ahsn"].classes[0]}


def test_probabilities_do_not_wander_where_an_attack_is_told_them(registry: Registry, honest: list[Row]) -> None:
    """Labels are told alone to the other: they are what they would be."""
    assert [row.accepted for row in measured(registry, "wanders")] == [row.accepted for row in honest]
    with pytest.raises(ComponentError, match=r"found '\w+, 0\.\d+ against the next likeliest'.* depend on order"):
        measured(registry, "wanders", attack="square")
    assert measured(registry, "honest", attack="square")


def test_what_speakers_are_called_changes_no_record(registry: Registry) -> None:
    experiment = Experiment(registry, Dataset("sample", SAID, "f"), sample_noises(), CPU)
    victim, defense = registry.component("victims", SMALL), registry.component("defenses", "cheat")
    fitted = FittedKey(victim, defense, TASKS["ahsn"], "k-fold", 0, 0)
    test = experiment.split(fitted).test
    names = {one.speaker: f"not {one.speaker[::-1]}" for one in test}
    found = []
    for said in (test, [replace(one, speaker=names[one.speaker]) for one in test]):
        tools = lent_tools(experiment, registry.component("attacks", NOISE), 4, "test")
        run = AttackRun(registry.build("attacks", NOISE), NOISE, tools, 0, said)
        found.append(panel_of(experiment, fitted, said).run(run, said))
    assert [replace(row, speaker=names[row.speaker]) for row in found[0]] == found[1]


@pytest.mark.parametrize("kind", ["honest", "reads_labels", "keeps_questions", "keeps_globally", "reads_places"])
def test_the_conformance_checks_tell_an_author(registry: Registry, kind: str) -> None:
    small, context = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3), sample_context()
    defense = registry.build("defenses", f"cheat:kind={kind}")
    train, valid = sample_utterances(key="train"), sample_utterances(2, key="valid")
    first, again = (defense.fit(small, train, valid, context) for _ in range(2))
    if kind == "honest":
        check_fitted(first, again, lambda folder: defense.load(small, folder, context))
        return
    causes = {"reads_labels": "labels, ids", "keeps_questions": "the batch|asked before", "keeps_globally": "asked"}
    with pytest.raises(AssertionError, match=causes.get(kind, "the batch")):
        check_fitted(first, again, lambda folder: defense.load(small, folder, context))
