"""Tasks: which class each emotion and rating is, and which corpora can serve them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch

from bench.core.errors import DataError, UsageError
from bench.core.types import Utterance
from bench.data.tasks import TASKS, served, task_named, usable

EMOTIONS = (
    *("anger", "happiness", "excitement", "sadness", "neutral", "frustration", "fear", "surprise", "disgust", "other"),
    *("boredom", "motherese", "joyful", "touchy", "reprimanding", "emphatic"),
)


NUMBERS = {"activation", "valence", "dominance"}


def said(emotion: str | None, style: str | None = None, **ratings: float) -> Utterance:
    metadata = {} if style is None else {"style": style}
    return Utterance("u", torch.zeros(1), "s", emotion=emotion, metadata=metadata, **ratings)


def classes(task: str, style: str | None = None) -> dict[str, str]:
    labels = {emotion: TASKS[task].label_of(said(emotion, style)) for emotion in EMOTIONS}
    return {emotion: label for emotion, label in labels.items() if label is not None}


def test_the_papers_tasks_are_all_there() -> None:
    papers = {"ahsn", "aesn", "activation3", "valence3", "valence2", "emotion4", "emotion7"}
    assert set(TASKS) == papers | {"iemocap4", "msp_podcast8", "ravdess8", "emodb7"} | NUMBERS
    assert all(task_named(name).name == name for name in TASKS)


@pytest.mark.parametrize(("rating", "label"), [(0.5, "low"), (2.75, "low"), (2.8, "mid"), (3.25, "mid"), (5.5, "high")])
def test_ratings_fall_into_three_bins(rating: float, label: str) -> None:
    assert TASKS["activation3"].label_of(said(None, activation=rating)) == label
    assert TASKS["valence3"].label_of(said("anger", "scripted", valence=rating)) == label
    assert TASKS["valence3"].label_of(said("anger", activation=rating)) is None


def test_p4_has_happiness_in_one_task_and_excitement_in_the_other() -> None:
    assert classes("ahsn") == {name: name for name in ("anger", "happiness", "sadness", "neutral")}
    assert classes("aesn") == {name: name for name in ("anger", "excitement", "sadness", "neutral")}


@pytest.mark.parametrize("task", ["ahsn", "aesn"])
def test_p4_takes_improvised_speech_where_a_corpus_tells(task: str) -> None:
    assert classes(task, "improvised") == classes(task)
    assert classes(task, "scripted") == {}


def test_p3_merges_happy_and_excited_whatever_the_style() -> None:
    expected = {
        "frustration": "frustration",
        "anger": "anger",
        "sadness": "sadness",
        "happiness": "happiness",
        "excitement": "happiness",
    }
    assert classes("emotion4") == classes("emotion4", "scripted") == expected


def test_p2_has_one_table_for_both_corpora() -> None:
    positive = dict.fromkeys(("happiness", "excitement", "neutral", "motherese", "joyful"), "positive")
    negative = dict.fromkeys(("anger", "sadness", "touchy", "reprimanding", "emphatic"), "negative")
    assert classes("valence2") == classes("valence2", "scripted") == positive | negative


def test_the_name_of_a_class_is_not_an_emotion() -> None:
    assert TASKS["valence2"].label_of(said(None)) is None
    assert TASKS["ahsn"].label_of(said("cheerfulness")) is None


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_task_is_well_formed(task) -> None:
    assert len(set(task.classes)) == len(task.classes) >= 2
    assert len({emotion for emotion, _ in task.merged}) == len(task.merged)
    assert {label for _, label in task.merged} <= set(task.classes)
    assert len(task.bins) == (0 if task.attribute == "emotion" or task.shift else len(task.classes) - 1)
    assert (task.scale is not None) == (task.name in NUMBERS)
    assert list(task.bins) == sorted(task.bins)
    json.dumps(asdict(task))  # part of a fitted victim's key


def test_usable_keeps_those_with_a_label_in_their_order() -> None:
    four = [replace(said(name), id=name) for name in ("neutral", "fear", "anger", "sadness", "happiness")]
    assert [one.id for one in usable(four, TASKS["ahsn"], "c")] == ["neutral", "anger", "sadness", "happiness"]
    assert [task.name for task in served(four)] == ["ahsn", "valence2", "iemocap4"]
    assert served([]) == ()


def test_a_corpus_that_cannot_serve_a_task_is_told_which_it_can() -> None:
    four = [said(name) for name in ("neutral", "anger", "sadness", "happiness")]
    with pytest.raises(
        DataError, match=r"corpus 'c': found no utterance labelled frustration; .*: ahsn, valence2, iemocap4$"
    ):
        usable(four, TASKS["emotion4"], "c")
    scripted = [said(name, "scripted") for name in ("neutral", "anger", "sadness", "happiness")]
    with pytest.raises(DataError, match=r"among the improvised ones; .*: valence2, iemocap4$"):
        usable(scripted, TASKS["ahsn"], "c")
    with pytest.raises(DataError, match=r"labelled excitement; expected"):
        usable(four, TASKS["aesn"], "c")
    with pytest.raises(DataError, match=r"choose a task that the corpus can serve$"):
        usable([], TASKS["ahsn"], "c")


def test_an_unknown_name_says_which_was_meant() -> None:
    with pytest.raises(UsageError, match=r"--task: found 'emotion'; .*emotion4"):
        task_named("emotion")


def test_help_names_every_task_without_importing_torch() -> None:
    code = (
        "import sys; sys.argv = ['bench', 'run', '--help']; from bench.cli.main import main\n"
        "try: main()\nfinally: print('heavy:', {'torch', 'numpy', 'librosa'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "heavy: set()" in done.stdout, done.stderr
    assert all(name in done.stdout for name in TASKS)


def test_what_a_victim_cannot_perceive_is_left_out() -> None:
    heard = [replace(said(emotion), id=emotion) for emotion in TASKS["ahsn"].classes]
    read = [replace(one, waveform=torch.zeros(0), transcript="so", id=f"{one.id}-text") for one in heard]
    both = [replace(one, transcript="so", id=f"{one.id}-both") for one in heard]
    everything = [*heard, *read, *both]
    assert list(usable(everything, TASKS["ahsn"], "made")) == [*heard, *both]
    assert list(usable(everything, TASKS["ahsn"], "made", ("text",))) == [*read, *both]
    assert list(usable(everything, TASKS["ahsn"], "made", ("sound", "text"))) == both
    with pytest.raises(DataError, match="no sound, which the victim, or a defence, needs"):
        usable(read, TASKS["ahsn"], "made")
    with pytest.raises(DataError, match="no text, which the victim, or a defence, needs"):
        usable(heard, TASKS["ahsn"], "made", ("text",))
