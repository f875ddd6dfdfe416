"""What the noise banks that read a folder share: finding its sound files, and making clips of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.core.types import NoiseClip
from bench.data.corpora.folders import given_folder
from bench.data.noises.cutting import cut

ROOT_OPTION = "give it with --noise-root"


@dataclass(frozen=True)
class Recording:
    """A sound file, and what its bank knows of it.

    Args:
        file: where it lies.
        id: of the clip that it becomes; pieces of a long one add to it.
        category: as in [`NoiseClip`][bench.core.types.NoiseClip], and so are `source` and `label`.
        source: what it was cut from.
        label: what is heard.
    """

    file: Path
    id: str
    category: str
    source: str
    label: str


def given_root(bank: str, title: str, root: Path | None, layout: str) -> Path:
    """Return the root of a noise bank as given, with a home directory written out.

    Args:
        bank: its name in the registry.
        title: its published name.
        root: what the user gave, if anything.
        layout: what stands where, for messages.

    Raises:
        UsageError: no folder was given.
        DataError: it is not there, or is a file.
    """
    if root is None:
        raise UsageError(f"noise bank {bank!r}", "no folder", f"your copy of {title}, {layout}", ROOT_OPTION)
    return given_folder(bank, title, root, layout, ROOT_OPTION)


def visible(folder: Path) -> bool:
    """Say whether a folder is the user's own: neither hidden nor what an archiver left behind.

    >>> visible(Path("Laughter")), visible(Path(".git")), visible(Path("__MACOSX"))
    (True, False, False)
    """
    return not folder.name.startswith(".") and folder.name != "__MACOSX"


def sounds_below(folder: Path) -> list[Path]:
    """List every file whose name promises sound, at any depth, in the order of their paths; hidden ones are left out.

    Links to folders are followed where they lie directly in the folder.

    Raises:
        DataError: a folder cannot be read.
    """
    from bench.audio.reading import is_audio

    return sorted(filter(is_audio, _walk(folder)), key=lambda path: path.relative_to(folder).as_posix())


def _walk(root: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        reason = (error.strerror or "an error").lower()
        raise DataError(error.filename, reason, "a folder that can be read", "check its permissions") from error

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if visible(Path(name))]
        links = [name for name in folders if Path(folder, name).is_symlink()] if Path(folder) == root else []
        for link in links:
            yield from _walk(Path(folder, link))
        yield from (Path(folder, name) for name in files)


def identity(root: Path, file: Path) -> str:
    """Name a clip: its file's path within the root, without the suffix.

    Args:
        root: the noise bank's folder.
        file: a file below it.
    """
    return file.relative_to(root).with_suffix("").as_posix()


def refuse_same_ids(recordings: Iterable[Recording]) -> None:
    """Refuse two files that differ in their suffix alone.

    Raises:
        DataError: there are two.
    """
    seen: dict[str, Path] = {}
    for recording in recordings:
        file, other = recording.file, seen.setdefault(recording.id, recording.file)
        if other != file:
            found = f"the same name as {other.name} but for the suffix"
            raise DataError(file, found, "one file of a name in a folder", "remove or rename one of them")


def some(names: Iterable[str], most: int = 5) -> str:
    """Join a few of many names for a message.

    Args:
        names: in the order in which they are shown.
        most: how many are shown; the rest is counted.

    >>> some("abcdefg"), some("ab")
    ('a, b, c, d, e and 2 more', 'a, b')
    """
    every = list(names)
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def read_clips(bank: str, recordings: Sequence[Recording], progress: Progress, *, halves: bool) -> NoiseSet:
    """Decode the recordings, cut long ones, and make a bank of them.

    Args:
        bank: its name in the registry.
        recordings: in the bank's order.
        progress: is told of every file.
        halves: whether the two halves of a long recording count as two sources
            ([`cut`][bench.data.noises.cutting.cut]).

    Raises:
        DataError: two files of one name, or a file that cannot be decoded or is silent.
    """
    from bench.audio.decoding import read_many
    from bench.core.code.keys import fingerprint
    from bench.core.storage.digests import content_digests

    refuse_same_ids(recordings)
    files = [recording.file for recording in recordings]
    parts: list[object] = [f"{bank} 2"]
    for recording, digest in zip(recordings, content_digests(files), strict=True):
        parts += [recording.id, recording.category, recording.source, recording.label, digest]
    clips: list[NoiseClip] = []
    for recording, waveform in zip(recordings, read_many(files, progress, f"reading {bank} noises"), strict=True):
        whole = NoiseClip(recording.id, recording.category, waveform, recording.source, recording.label)
        clips += cut(whole, halves=halves)
    return NoiseSet(bank, tuple(clips), fingerprint(parts))
