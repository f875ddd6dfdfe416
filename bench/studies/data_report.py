"""What `bench data check` says of a folder: what there is, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bench.data.soundcheck import Problem

SCHEMA = 1


@dataclass(frozen=True)
class SessionCounts:
    """Count what one session of a corpus has.

    Args:
        utterances: all of them.
        speakers: of so many.
        labels: utterances by emotion.
    """

    utterances: int
    speakers: int
    labels: Mapping[str, int]


@dataclass(frozen=True)
class TaskCheck:
    """Say whether a corpus can serve a task.

    Args:
        classes: utterances by class.
        sessions: the same by session; empty for a corpus without sessions.
        speakers: of so many.
        served: whether there is an utterance of every class.
        five_folds: whether five subject-independent folds, each with all classes to train on, are possible.
        reason: why not, where one of the two is not so.
    """

    classes: Mapping[str, int]
    sessions: Mapping[str, Mapping[str, int]]
    speakers: int
    served: bool
    five_folds: bool
    reason: str | None


@dataclass(frozen=True)
class CategoryCounts:
    """Count what one category of a noise bank has.

    Args:
        clips: all of them.
        sources: cut from so many recordings.
        hours: their length.
    """

    clips: int
    sources: int
    hours: float


@dataclass(frozen=True)
class Contents:
    """Say what a corpus or a noise bank holds, as it is read for a run; nothing, where it cannot be read.

    Args:
        hours: of the utterances or clips; None where they could not be read.
        utterances: of a corpus, here and below.
        speakers: of so many.
        transcripts: utterances that have one.
        word_times: utterances that have them.
        labels: utterances by emotion.
        sessions: by name; empty for a corpus without sessions.
        tasks: by name.
        clips: of a noise bank, here and below.
        categories: by name.
    """

    hours: float | None = None
    utterances: int = 0
    speakers: int = 0
    transcripts: int = 0
    word_times: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, SessionCounts] = field(default_factory=dict)
    tasks: Mapping[str, TaskCheck] = field(default_factory=dict)
    clips: int = 0
    categories: Mapping[str, CategoryCounts] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Say what was found in a folder, file by file and as a whole.

    Args:
        kind: "corpora" or "noise_banks".
        name: of the component.
        root: the folder; None where the component is embedded and reads none.
        files: sound files below the root; None without one.
        usable: whether a run can use it.
        problems: everything that is wrong.
        file_hours: the files' length; None without a root.
        rates: files by their sampling rate in Hz.
        formats: files by container and sample type.
        contents: what the component itself reads there.
    """

    kind: str
    name: str
    root: str | None
    files: int | None
    usable: bool
    problems: tuple[Problem, ...]
    file_hours: float | None
    rates: Mapping[str, int]
    formats: Mapping[str, int]
    contents: Contents

    def to_json(self) -> dict[str, object]:
        """Return the object that `bench data check --json` writes (docs/data.md)."""
        held = asdict(self.contents)
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "name": self.name,
            "root": self.root,
            "files": self.files,
            "usable": self.usable,
            "problems": [asdict(one) for one in self.problems],
            "file_hours": self.file_hours,
            "hours": held.pop("hours"),
            "rates": dict(self.rates),
            "formats": dict(self.formats),
            **held,
        }
