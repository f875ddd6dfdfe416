"""The tasks: what a victim is asked to tell, as data, in one place."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import DataError, UsageError
from bench.types import Task, Utterance

LOW_MID_HIGH = ("low", "mid", "high")
BIN_EDGES = (2.75, 3.25)
"""P1 bins ratings from 1 to 5 into low, mid and high and prints no edges. Reading: [1, 2.75], (2.75, 3.25], (3.25, 5],
as in the same group's other work on IEMOCAP and MuSE (Jaiswal et al. 2019)."""

TASKS = {
    task.name: task
    for task in (
        Task("ahsn", ("anger", "happiness", "sadness", "neutral"), "emotion"),
        Task("activation3", LOW_MID_HIGH, "activation", BIN_EDGES),
        Task("valence3", LOW_MID_HIGH, "valence", BIN_EDGES),
    )
}


def task_named(name: str) -> Task:
    """The task of this name.

    Raises:
        UsageError: there is none.

    >>> task_named("activation3").classes
    ('low', 'mid', 'high')
    """
    from bench.specs import did_you_mean

    if name not in TASKS:
        raise UsageError("--task", repr(name), "one of " + ", ".join(TASKS), did_you_mean(name, TASKS))
    return TASKS[name]


def usable(utterances: Sequence[Utterance], task: Task, corpus: str) -> tuple[Utterance, ...]:
    """The utterances that have a label in this task.

    Raises:
        DataError: none has, or a class has none.
    """
    kept = tuple(utterance for utterance in utterances if task.label_of(utterance) is not None)
    missing = [name for name in task.classes if name not in {task.label_of(utterance) for utterance in kept}]
    if missing:
        raise DataError(
            f"corpus {corpus!r}",
            f"no utterance labelled {', '.join(missing)}",
            f"utterances of every class of task {task.name!r}",
            "choose a task that the corpus can serve",
        )
    return kept
