"""What lies on a user's disk under the name of a corpus or noise bank: counts, and everything wrong with it at once.

Two looks at the same folder. File by file: each sound is decoded, measured and forgotten, so that memory does not grow
with their number; no file's fault hides another's. Then as a whole: the component's own `read`, whose refusal decides
whether the folder can be used. Thresholds and what they were measured on: docs/data.md.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.contracts.protocols import FromFolder
from bench.contracts.registry import Registry
from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import SILENT, Progress
from bench.core.specs import Spec, did_you_mean
from bench.data.doubts import doubts_about
from bench.data.soundcheck import Problem, look, own_option, shown, words
from bench.studies.data_report import CategoryCounts, Contents, Report, SessionCounts, TaskCheck

if TYPE_CHECKING:
    from bench.core.noises import NoiseSet
    from bench.core.types import Dataset, Task, Utterance


def check(name: str, root: Path | None = None, registry: Registry | None = None, progress: Progress = SILENT) -> Report:
    """Look at a corpus or noise bank, file by file and as a whole.

    Args:
        name: its spec; a corpus goes before a noise bank of the same name.
        root: its folder, where it is not embedded.
        registry: where it is registered; the installed components by default.
        progress: is told of every file.

    Raises:
        UsageError: there is no such component, or it needs a folder, or takes none. What is wrong with the data is in
            the report.
    """
    registry = registry or Registry.discover()
    kind = _kind(registry, name)
    component = _with_root(registry.build(kind, name), name, root)
    root = component.root if isinstance(component, FromFolder) else None
    folder = None if root is None else Path(root).expanduser()
    sounds, problems = look(folder, progress) if folder is not None else ([], [])
    told, refusal, doubts = _read(component, kind, folder, progress)
    problems += (Problem(name, "contradiction", doubt) for doubt in doubts)
    if refusal is not None:
        same = [one for one in problems if (one.file, one.found) == (refusal.file, refusal.found)]
        fatal = [dataclasses.replace(one, level="error") for one in problems if one.kind in ("unreadable", "silent")]
        rest = [one for one in problems if one.kind not in ("unreadable", "silent")]
        problems = [*([] if same else [refusal]), *fatal, *rest]
    elif kind == "corpora" and not any(task.served for task in told.tasks.values()):
        problems.append(Problem(name, "tasks", "no task of bench run has an utterance of every class here"))
    problems = [one for one in problems if kind == "corpora" or one.kind != "suspicious"]
    return Report(
        kind=kind,
        name=Spec.parse(name, "NAME").name,
        root=None if folder is None else str(folder),
        files=None if folder is None else len(sounds),
        usable=refusal is None,
        problems=tuple(problems),
        file_hours=None if folder is None else sum(sound.seconds for sound in sounds) / 3600,
        rates=_counts(str(sound.rate) for sound in sounds if sound.rate),
        formats=_counts(sound.format for sound in sounds if sound.format),
        contents=told,
    )


def _kind(registry: Registry, text: str) -> str:
    name = Spec.parse(text, "NAME").name
    names = {kind: registry.names(kind) for kind in ("corpora", "noise_banks")}
    for kind, there in names.items():
        if name in there:
            return kind
    known = [*names["corpora"], *names["noise_banks"]]
    expected = f"a corpus ({', '.join(names['corpora'])}) or a noise bank ({', '.join(names['noise_banks'])})"
    others = "; any other speech is read by a table, as manifest, any other sounds by their folders, as folder"
    raise UsageError("NAME", repr(name), expected, did_you_mean(name, known) + others)


def _with_root(component: Any, name: str, root: Path | None) -> Any:
    if root is None:
        return component
    if "root" not in {item.name for item in dataclasses.fields(component)}:
        raise UsageError(f"--root {root}", f"{name!r}, which reads none", "no path", "leave the option out")
    return dataclasses.replace(component, root=root)


def _counts(items: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(items).items(), key=lambda pair: (-pair[1], pair[0])))


def _read(
    component: Any, kind: str, folder: Path | None, progress: Progress
) -> tuple[Contents, Problem | None, list[str]]:
    """What the component itself says of the folder; its refusal, where it refuses; what contradicts itself."""
    try:
        data = component.read(progress)
        if kind == "noise_banks":
            return _of_bank(data), None, []
        return _of_corpus(data), None, doubts_about(data.utterances)
    except DataError as error:
        where = shown(Path(error.where), folder)
        return Contents(), Problem(where, "read", words(error), "error"), []
    except UsageError as error:  # of an option, not of the data
        raise UsageError(error.where, error.found, error.expected, own_option(error.remedy)) from error
    except (Exception, SystemExit) as error:  # somebody else's code runs here
        found = f"its reader broke: {type(error).__name__}: {error}"
        return Contents(), Problem(str(folder or kind), "read", " ".join(found.split()), "error"), []


def _of_corpus(data: Dataset) -> Contents:
    from bench.data.tasks import TASKS

    said = data.utterances
    sessions: dict[str, list[Utterance]] = {}
    for one in said:
        sessions.setdefault(one.session or "none", []).append(one)
    return Contents(
        hours=sum(one.duration_s for one in said) / 3600,
        utterances=len(said),
        speakers=len({one.speaker for one in said}),
        transcripts=sum(bool(one.transcript) for one in said),
        word_times=sum(bool(one.words) for one in said),
        labels=_counts(one.emotion or "none" for one in said),
        sessions={
            name: SessionCounts(
                len(those), len({one.speaker for one in those}), _counts(one.emotion or "none" for one in those)
            )
            for name, those in sorted(sessions.items())
            if set(sessions) != {"none"}
        },
        tasks={name: _of_task(said, task, data.name) for name, task in TASKS.items()},
    )


def _of_task(said: Sequence[Utterance], task: Task, corpus: str) -> TaskCheck:
    """Class counts, by session too, and whether the task and its five subject-independent folds can be had."""
    labelled = [(one, label) for one in said if (label := task.label_of(one)) is not None]
    names = task.classes
    if task.shift:  # of numbers there is nothing to count but the ratings
        labelled, names = [(one, "rated") for one, _ in labelled], ("rated",)
    counts = Counter(label for _, label in labelled)
    by_session = {one.session for one, _ in labelled}
    per_session = {
        session or "none": {name: sum(one.session == session for one, own in labelled if own == name) for name in names}
        for session in sorted(by_session, key=str)
        if by_session != {None}
    }
    served, folds, reason = _served(said, task, corpus)
    classes, speakers = {name: counts[name] for name in names}, len({one.speaker for one, _ in labelled})
    return TaskCheck(classes, per_session, speakers, served, folds, reason)


def _served(said: Sequence[Utterance], task: Task, corpus: str) -> tuple[bool, bool, str | None]:
    """Whether a task can be had, whether its five folds can, and why not."""
    from bench.data.partitions import FOLDS, speaker_groups
    from bench.data.splits import subject_independent
    from bench.data.tasks import usable

    served = False
    try:
        with_label = usable(said, task, corpus, ("sound",) if any(one.has_sound for one in said) else ("text",))
        served = True
        groups = speaker_groups(with_label, FOLDS, corpus)
        for fold in range(FOLDS):
            split = subject_independent(with_label, fold, groups)
            missing = set() if task.shift else set(task.classes) - {task.label_of(one) for one in split.train}
            if missing:
                lacks = f"nobody who is trained on in fold {fold} is labelled {', '.join(sorted(missing))}"
                raise DataError(corpus, lacks, "all classes", "add speakers")
    except DataError as error:
        return served, False, error.found
    return True, True, None


def _of_bank(bank: NoiseSet) -> Contents:
    from bench.core.types import SAMPLE_RATE

    for part in ("train", "test"):
        bank.part("train" if part == "train" else "test")  # every run asks for both
    categories = {
        name: CategoryCounts(
            clips=len(clips),
            sources=len({clip.source for clip in clips}),
            hours=sum(len(clip.waveform) for clip in clips) / SAMPLE_RATE / 3600,
        )
        for name, clips in bank.by_category.items()
    }
    hours = sum(category.hours for category in categories.values())
    return Contents(hours=hours, clips=len(bank.clips), categories=categories)
