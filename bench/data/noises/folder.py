"""The user's own noises: a folder of sound files, a folder in it for each category or class of sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.data.noises import naming
from bench.data.noises.files import ROOT_OPTION, Recording, given_root, identity, read_clips, sounds_below, visible
from bench.data.noises.mapping import DROPPED, Rule, read_map, unused


@dataclass(frozen=True)
class Folder:
    """Noises from a folder: each folder in `root` is a category, with sound files of any format and rate at any depth.

    Folders with the class names of ESC-50 or ESC-10, the environments of DEMAND, or the papers' own category names go
    to the papers' categories; any other folder is a category under its own name, in lower case. ESC-50's published
    layout (`audio/1-100032-A-0.wav`) is read by the class number in the file names. Of DEMAND's sixteen microphones the
    first is read. A recording of two minutes or more is cut into pieces of half a minute, and its two halves count as
    two sources. A clip begins where its sound does, so that short utterances meet the sound and not the pause before it
    (ESC-50 has clips that open with seconds of digital silence). Nothing else is cut, and no level is changed. A clip's
    label is ESC-50's name of its class where it has one, else the name of its folder in the root.

    Args:
        root: the folder.
        map: a CSV file with the columns `folder` and `category`, which goes before all of the above; by default
            `ROOT/categories.csv` where there is one.
    """

    root: Path | None = None
    map: Path | None = None

    def read(self, progress: Progress) -> NoiseSet:
        """Read the sounds. A clip's id is its path within the root, without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        root = given_root("folder", "sound files", self.root, "one folder a category")
        recordings = _recordings(root, _rules(root, self.map))
        return read_clips("folder", recordings, progress, halves=True)


def _rules(root: Path, given: Path | None) -> tuple[Rule, ...]:
    default = root / "categories.csv"
    if given is not None:
        return read_map(Path(given).expanduser())
    return read_map(default) if default.exists() else ()


def _recordings(root: Path, rules: tuple[Rule, ...]) -> list[Recording]:
    """The files to read and what they are, in the order of their paths."""
    files = sounds_below(root)
    names = [file.relative_to(root).as_posix() for file in files]
    unused(rules, names, root)
    _refuse_empty_folders(root, names)
    found = []
    for file, name in zip(files, names, strict=True):
        category = _category(root, name, rules)
        if category != DROPPED and not _other_microphone(file):
            found.append(Recording(file, identity(root, file), category, _source(file), _label(name)))
    if not found:
        raise DataError(root, "no sound files", "folders with sound files in them, one a category", ROOT_OPTION)
    return found


def _category(root: Path, name: str, rules: tuple[Rule, ...]) -> str:
    """The category of the file at this path within the root: of the first rule that fits, else by published names."""
    for rule in rules:
        if rule.fits(name):
            return rule.category
    numbered, (top, _, below) = _numbered(name), name.partition("/")
    if numbered:
        return numbered[1]
    if not below:
        raise DataError(
            root / name,
            "a sound file outside any folder",
            "a folder for each category",
            "move it into one, or give it a line in the file of --noise-map (`*,noise` makes one category of all that "
            "have none, `*,-` drops them)",
        )
    return naming.category_of(top) or top.strip().lower()


def _numbered(name: str) -> tuple[str, str] | None:
    """Class and category of a file that goes by ESC-50's class number: one in `audio` or directly in the root."""
    top, _, below = name.partition("/")
    return naming.esc50_numbered(Path(name).stem) if not below or top.casefold() == "audio" else None


def _label(name: str) -> str:
    numbered, (top, _, below) = _numbered(name), name.partition("/")
    if numbered:
        return numbered[0]
    return naming.esc50_class(top) or top.strip() if below else ""


def _refuse_empty_folders(root: Path, sounds: list[str]) -> None:
    """A category's folder without a single sound is a mistake; a folder of other things (ESC-50's `meta`) is not."""
    tops = {name.split("/")[0] for name in sounds}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and visible(path)):
        bare = not any(folder.iterdir())
        if folder.name not in tops and (bare or naming.category_of(folder.name)):
            raise DataError(folder, "no sound files", "at least one", "put sounds into it, or remove the folder")


def _demand(file: Path) -> tuple[str, int] | None:
    """Environment and microphone of a file that is one of DEMAND's."""
    environment, channel = naming.demand_environment(file.parent.name), naming.demand_channel(file.stem)
    return (environment, channel) if environment and channel else None


def _other_microphone(file: Path) -> bool:
    demand = _demand(file)
    return demand is not None and demand[1] != 1


def _source(file: Path) -> str:
    demand = _demand(file)
    return demand[0] if demand else naming.urbansound_recording(file.stem) or naming.recording_of(file.stem)
