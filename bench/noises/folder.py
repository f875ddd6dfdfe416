"""The user's own noises: a folder of sound files, a folder in it for each category or class of sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import DataError, UsageError
from bench.noises import naming
from bench.noises.bank import Noises
from bench.noises.mapping import DROPPED, Rule, read_map, unused
from bench.progress import Progress
from bench.types import SAMPLE_RATE, NoiseClip

if TYPE_CHECKING:
    from torch import Tensor

LONG_S = 120
"""Seconds. A recording of at least this length is cut into pieces, so that one file gives more than one clip."""

PIECE_S = 30
"""Seconds: the length of a piece. The last one of a half may be up to twice as long."""

LEAD_LEVEL = 0.01
"""Share of a clip's peak (-40 dB): its sound begins where it is first exceeded. What precedes it by more than
`LEAD_S` is cut off."""

LEAD_S = 0.01
"""Seconds kept before the sound begins."""

_OPTION = "give it with --noise-root"


@dataclass(frozen=True)
class Folder:
    """Noises from a folder: each folder in `root` is a category, with sound files of any format and rate at any depth.

    Folders with the class names of ESC-50 or ESC-10, the environments of DEMAND, or the papers' own category names go
    to the papers' categories; any other folder is a category under its own name, in lower case. ESC-50's published
    layout (`audio/1-100032-A-0.wav`) is read by the class number in the file names. Of DEMAND's sixteen microphones the
    first is read. A recording of two minutes or more is cut into pieces of half a minute, and its two halves count as
    two sources. A clip begins where its sound does, so that short utterances meet the sound and not the pause before it
    (ESC-50 has clips that open with seconds of digital silence). Nothing else is cut, and no level is changed.

    Args:
        root: the folder.
        map: a CSV file with the columns `folder` and `category`, which goes before all of the above; by default
            `ROOT/categories.csv` where there is one.
    """

    root: Path | None = None
    map: Path | None = None

    def read(self, progress: Progress) -> Noises:
        """Read it. A clip's id is its path within the root, without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio import content_digests, fingerprint, read_many

        root = _existing(self.root)
        rules = _rules(root, self.map)
        found = _sorted_files(root, rules)
        files = [file for file, _ in found]
        _refuse_same_ids(root, files)
        digests = content_digests(files)
        clips: list[NoiseClip] = []
        parts: list[object] = ["folder 1"]
        waveforms = read_many(files, progress, f"reading noises in {root.name}")
        for (file, category), digest, waveform in zip(found, digests, waveforms, strict=True):
            identity = _identity(root, file)
            clips += _clips(identity, category, _source(file), waveform)
            parts += [identity, category, digest]
        return Noises("folder", tuple(clips), fingerprint(parts))


def _existing(root: Path | None) -> Path:
    if root is None:
        raise UsageError("noise bank 'folder'", "no folder", "a folder of sound files, one folder a category", _OPTION)
    root = Path(root).expanduser()
    if not root.is_dir():
        found = "no such folder" if not root.exists() else "a file, not a folder"
        raise DataError(root, found, "a folder of sound files, one folder a category", _OPTION)
    return root


def _rules(root: Path, given: Path | None) -> tuple[Rule, ...]:
    default = root / "categories.csv"
    if given is not None:
        return read_map(Path(given).expanduser())
    return read_map(default) if default.exists() else ()


def _sorted_files(root: Path, rules: tuple[Rule, ...]) -> list[tuple[Path, str]]:
    """The files to read and their categories, in the order of their paths."""
    from bench.audio import is_audio

    paths = sorted(_walk(root), key=lambda path: path.relative_to(root).as_posix())
    sounds = [path.relative_to(root).as_posix() for path in paths if is_audio(path)]
    unused(rules, sounds, root)
    _refuse_empty_folders(root, sounds)
    found = []
    for name in sounds:
        category = _category(root, name, rules)
        if category != DROPPED and not _other_microphone(root / name):
            found.append((root / name, category))
    if not found:
        raise DataError(root, "no sound files", "folders with sound files in them, one a category", _OPTION)
    return found


def _walk(root: Path) -> Iterator[Path]:
    """Every file that is not hidden nor in a hidden folder."""

    def refuse(error: OSError) -> None:
        reason = (error.strerror or "an error").lower()
        raise DataError(error.filename, reason, "a folder that can be read", "check its permissions") from error

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(folder, name).is_symlink()] if Path(folder) == root else []
        for link in links:
            yield from _walk(Path(folder, link))
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _category(root: Path, name: str, rules: tuple[Rule, ...]) -> str:
    """The category of the file at this path within the root: of the first rule that fits, else by published names."""
    for rule in rules:
        if rule.fits(name):
            return rule.category
    top, _, below = name.partition("/")
    stem = Path(name).stem
    if not below or top.casefold() == "audio":
        by_number = naming.esc50_category(stem)
        if by_number:
            return by_number
    if not below:
        raise DataError(
            root / name,
            "a sound file outside any folder",
            "a folder for each category",
            "move it into one, or give it a line in the file of --noise-map (`*,-` drops every file that has none)",
        )
    return naming.category_of(top) or top.strip().lower()


def _refuse_empty_folders(root: Path, sounds: list[str]) -> None:
    """A category's folder without a single sound is a mistake; a folder of other things (ESC-50's `meta`) is not."""
    tops = {name.split("/")[0] for name in sounds}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        bare = not any(folder.iterdir())
        if folder.name not in tops and (bare or naming.category_of(folder.name)):
            raise DataError(folder, "no sound files", "at least one", "put sounds into it, or remove the folder")


def _refuse_same_ids(root: Path, files: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(_identity(root, file), file)
        if other != file:
            found = f"the same name as {other.name} but for the suffix"
            raise DataError(file, found, "one file of a name in a folder", "remove or rename one of them")


def _identity(root: Path, file: Path) -> str:
    return file.relative_to(root).with_suffix("").as_posix()


def _is_demand(file: Path) -> bool:
    return file.parent.name.casefold() in naming.DEMAND and file.stem.startswith("ch") and file.stem[2:].isdigit()


def _other_microphone(file: Path) -> bool:
    return _is_demand(file) and int(file.stem[2:]) != 1


def _source(file: Path) -> str:
    return file.parent.name if _is_demand(file) else naming.recording_of(file.stem)


def _clips(identity: str, category: str, source: str, waveform: Tensor) -> list[NoiseClip]:
    """One clip, or the pieces of a long recording that are not silent."""
    from bench.audio import SILENCE_PEAK

    if len(waveform) < LONG_S * SAMPLE_RATE:
        return [NoiseClip(identity, category, _from_its_start(waveform), source)]
    middle = len(waveform) // 2
    clips = []
    for half, part in enumerate((waveform[:middle], waveform[middle:]), start=1):
        count = len(part) // (PIECE_S * SAMPLE_RATE)
        for piece, sound in enumerate(part.tensor_split(count), start=1):
            if abs(sound.numpy()).max() > SILENCE_PEAK:
                clip = NoiseClip(f"{identity}#{half}.{piece}", category, _from_its_start(sound), f"{source}#{half}")
                clips.append(clip)
    return clips


def _from_its_start(sound: Tensor) -> Tensor:
    """A copy of the sound without the pause before it, which holds no more memory than it needs."""
    level = abs(sound.numpy())
    first = int((level > LEAD_LEVEL * level.max()).argmax())
    return sound[max(0, first - round(LEAD_S * SAMPLE_RATE)) :].clone()
