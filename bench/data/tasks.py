"""The tasks: what a victim is asked to tell, as data, in one place.

Emotions have the names that corpora give them: a corpus adapter translates its own codes into these, so that a task
is written once for all corpora.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.core.errors import DataError, UsageError
from bench.core.types import RATED, SCRIPTED, SHIFTED, Modality, Task, Utterance

LOW_MID_HIGH = ("low", "mid", "high")
BIN_EDGES = (2.75, 3.25)
"""P1 bins ratings from 1 to 5 into low, mid and high and prints no edges. Reading: [1, 2.75], (2.75, 3.25], (3.25, 5],
as in the same group's other work on IEMOCAP and MuSE (Jaiswal et al. 2019)."""

SHIFT = 0.5
"""By more than how much an answer on the scale from 1 to 5 has to move in the built-in dimensional tasks: an eighth of
the scale. A choice; a task in a file has its own."""

VALENCE = (
    *((emotion, "negative") for emotion in ("anger", "sadness", "touchy", "reprimanding", "emphatic")),
    *((emotion, "positive") for emotion in ("happiness", "excitement", "neutral", "motherese", "joyful")),
)
"""P2's two classes (its Table 1), one table for both corpora. IEMOCAP: happiness, excitement and neutral against anger
and sadness. FAU-AIBO: neutral, motherese and joyful against angry ("anger" here), touchy, reprimanding and emphatic.
Other emotions (frustration, surprise, fear ...) have no label."""

TASKS = {
    task.name: task
    for task in (
        # P4: improvised speech alone. In "ahsn" happiness is without excitement, in "aesn" excitement stands for it.
        Task("ahsn", ("anger", "happiness", "sadness", "neutral"), "emotion", improvised_only=True),
        Task("aesn", ("anger", "excitement", "sadness", "neutral"), "emotion", improvised_only=True),
        # P1: ratings in three bins.
        Task("activation3", LOW_MID_HIGH, "activation", BIN_EDGES),
        Task("valence3", LOW_MID_HIGH, "valence", BIN_EDGES),
        # P2.
        Task("valence2", ("negative", "positive"), "emotion", merged=VALENCE),
        # P3, its Table 2: scripted and improvised speech, happy and excited in one class.
        Task(
            "emotion4",
            ("frustration", "anger", "sadness", "happiness"),
            "emotion",
            merged=(("excitement", "happiness"),),
        ),
        # Beyond the papers: MELD's seven emotions, which are Ekman's six and neutral.
        Task("emotion7", ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"), "emotion"),
        # As the field reports these corpora. IEMOCAP's 5,531 utterances, scripted and improvised; MSP-Podcast's eight
        # primary emotions, ranked by macro F1; RAVDESS's eight; EMO-DB's seven.
        Task(
            "iemocap4", ("anger", "happiness", "neutral", "sadness"), "emotion", merged=(("excitement", "happiness"),)
        ),
        Task(
            "msp_podcast8",
            ("anger", "sadness", "happiness", "surprise", "fear", "disgust", "contempt", "neutral"),
            "emotion",
        ),
        Task(
            "ravdess8",
            ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
            "emotion",
        ),
        Task("emodb7", ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"), "emotion"),
        # Numbers from 1 to 5, told by CCC.
        Task("activation", SHIFTED, "activation", scale=RATED, shift=SHIFT),
        Task("valence", SHIFTED, "valence", scale=RATED, shift=SHIFT),
        Task("dominance", SHIFTED, "dominance", scale=RATED, shift=SHIFT),
    )
}


def task_named(name: str) -> Task:
    """Find the task of this name: a built-in one, one in a TOML or YAML file, or one that an installed package brings.

    Raises:
        UsageError: there is none, or the file is no task.
        ComponentError: a package's task cannot be imported.

    >>> task_named("activation3").classes
    ('low', 'mid', 'high')
    """
    if name in TASKS:
        return TASKS[name]
    from bench.core.specs import did_you_mean
    from bench.data.installed_tasks import installed_names, installed_task
    from bench.data.task_files import is_file, read_task

    if is_file(name):
        return read_task(Path(name), TASKS)
    found = installed_task(name)
    if found is None:
        known = (*TASKS, *installed_names())
        expected = f"one of {', '.join(known)}, or a .toml or .yaml file"
        raise UsageError("--task", repr(name), expected, did_you_mean(name, known))
    return found


def served(utterances: Sequence[Utterance]) -> tuple[Task, ...]:
    """List the tasks that a corpus can serve: those with an utterance of every class."""
    return tuple(task for task in TASKS.values() if not _missing(utterances, task))


def usable(
    utterances: Sequence[Utterance],
    task: Task,
    corpus: str,
    modalities: Sequence[Modality] = ("sound",),
    beside: Sequence[Utterance] = (),
) -> tuple[Utterance, ...]:
    """Select the utterances that have a label in this task, and what a victim perceives.

    Args:
        utterances: of a corpus.
        task: gives the labels.
        corpus: its name, for messages.
        modalities: "sound", "text" (a transcript), or both: an utterance that lacks one is left out.
        beside: those of another corpus that the task has to serve too; messages name tasks that serve both.

    Raises:
        DataError: none has, or a class has none.
    """
    for modality in modalities:
        perceived = [one for one in utterances if (one.has_sound if modality == "sound" else one.transcript)]
        if utterances and not perceived:
            expected = "sound files" if modality == "sound" else "transcripts"
            remedy = f"choose a victim that needs no {modality}, or a corpus with {expected}"
            found = f"no {modality}, which the victim, or a defence, needs"
            raise DataError(f"corpus {corpus!r}", found, expected, remedy)
        utterances = perceived
    missing = _missing(utterances, task)
    if missing:
        both = served(beside) if beside else TASKS.values()
        others = ", ".join(other.name for other in served(utterances) if other in both)
        corpora = "both corpora" if beside else "the corpus"
        scripted = task.improvised_only and any(one.metadata.get("style") == SCRIPTED for one in utterances)
        raise DataError(
            f"corpus {corpus!r}",
            f"no utterance {', '.join(missing)}" + " among the improvised ones" * scripted,
            f"utterances with ratings of {task.attribute}"
            if task.shift
            else f"utterances of every class of task {task.name!r}",
            f"choose a task that {corpora} can serve" + (f": {others}" if others else ""),
        )
    return tuple(utterance for utterance in utterances if task.label_of(utterance) is not None)


def _missing(utterances: Sequence[Utterance], task: Task) -> list[str]:
    """What the utterances would have to be, and none is: rated, or of a class."""
    if task.shift:  # with fewer than two ratings there is nothing to agree with
        ratings = {rating for one in utterances if (rating := task.rating_of(one)) is not None}
        otherwise = "".join(f" otherwise than {rating:g}" for rating in ratings)
        return [] if len(ratings) > 1 else [f"rated for {task.attribute}{otherwise}"]
    found = {task.label_of(utterance) for utterance in utterances}
    missing = [name for name in task.classes if name not in found]
    return [f"labelled {', '.join(missing)}"] if missing else []
