"""ESC-50 and ESC-10, as they are published.

Source: Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.data.corpora.folders import listed
from bench.data.noises import naming
from bench.data.noises.files import (
    ROOT_OPTION,
    Recording,
    given_root,
    identity,
    read_clips,
    some,
    sounds_below,
    visible,
)

LAYOUT = "with audio/*.wav and meta/esc50.csv, or with a folder for each class such as `001 - Dog bark`"

_COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
_CLASS_FOLDER = re.compile(r"\d{3} - .+")
_FLAGS = {"true": True, "false": False}
_AGAIN = "get the collection again"

_ESC10 = frozenset(
    {
        *("dog", "rain", "sea_waves", "crying_baby", "clock_tick"),
        *("sneezing", "helicopter", "chainsaw", "rooster", "crackling_fire"),
    }
)


@dataclass(frozen=True)
class Esc50:
    """ESC-50: 2,000 real sounds of 5 s, fifty classes of forty clips, in the layout it is published in; or ESC-10.

    The major classes are the categories: animals and natural soundscapes "natural", human non-speech "human",
    interior and domestic "interior", exterior and urban "exterior". P1 attacks with the first three. A clip's label is
    its class ("laughing", "crying_baby", ...), its source the Freesound recording that it was cut from.
    `meta/esc50.csv` and the files in `audio` must tell the same. ESC-10's own layout (`001 - Dog bark/1-100032-A.ogg`)
    goes by the names of its folders.

    Args:
        root: the folder that has `audio` and `meta`, or a folder for each class.
        esc10: only the ten classes of ESC-10: dog, rain, sea waves, crying baby, clock tick, sneezing, helicopter,
            chainsaw, rooster, crackling fire.
    """

    root: Path | None = None
    esc10: bool = False

    def read(self, progress: Progress) -> NoiseSet:
        """Read the clips. A clip's id is its file name without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        root = given_root("esc50", "ESC-50 or ESC-10", self.root, LAYOUT)
        classes = [folder for folder in listed(root) if folder.is_dir() and _CLASS_FOLDER.fullmatch(folder.name)]
        if (root / "audio").is_dir() or (root / "meta").is_dir():
            recordings = _from_table(root)
        elif classes:
            recordings = [one for folder in classes for one in _from_folder(folder)]
        else:
            found = some(path.name for path in listed(root) if visible(path)) or "nothing"
            raise DataError(root, found, f"ESC-50 or ESC-10, {LAYOUT}", ROOT_OPTION)
        wanted = [one for one in recordings if not self.esc10 or one.label in _ESC10]
        if not wanted:
            raise DataError(root, "no class of ESC-10", "one at least", "leave esc10=true out")
        return read_clips("esc50", wanted, progress, halves=False)


def _from_table(root: Path) -> list[Recording]:
    """The recordings that `meta/esc50.csv` tells of, which are those in `audio`."""
    table, audio = root / "meta" / "esc50.csv", root / "audio"
    told = [_recording(audio, row, f"{table}, line {line}") for line, row in _rows(table)]
    there = {path.name for path in sounds_below(audio)} if audio.is_dir() else set()
    named = [one.file.name for one in told]
    twice = sorted({name for name in named if named.count(name) > 1}) if len(set(named)) < len(named) else []
    if twice:
        raise DataError(table, f"two lines for {some(twice)}", "a line for each file", _AGAIN)
    missing = [name for name in named if name not in there]
    if missing:
        found = f"no {some(missing)} ({len(missing)} of {len(named)} files missing)"
        raise DataError(audio, found, f"every file of {table.name}", _AGAIN)
    extra = sorted(there - set(named))
    if extra:
        raise DataError(audio, f"{some(extra)}, which {table.name} does not name", "no other sounds", "move them away")
    return sorted(told, key=lambda one: one.id)


def _rows(table: Path) -> Sequence[tuple[int, Mapping[str, str]]]:
    """The lines of the table with their numbers."""
    expected = "ESC-50's table with the columns " + ", ".join(_COLUMNS)
    try:
        text = table.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise DataError(table, (error.strerror or "an error").lower(), expected, _AGAIN) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(table, f"no table ({error})", expected, _AGAIN) from error
    lacking = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if lacking or not rows:
        found = f"no column {', '.join(lacking)}" if lacking else "no lines"
        raise DataError(table, found, expected, _AGAIN)
    for line, row in rows:
        if None in row or None in row.values():
            found = "more or fewer cells than there are columns"
            raise DataError(f"{table}, line {line}", found, expected, _AGAIN)
    return rows


def _recording(audio: Path, row: Mapping[str, str], where: str) -> Recording:
    """The recording of a line whose cells and file name tell the same."""
    name, target = row["filename"], row["target"]
    known = naming.ESC50[int(target)] if target.isdecimal() and int(target) < len(naming.ESC50) else None
    if known is None or known[0] != row["category"]:
        found = f"category {row['category']!r} with target {target!r}"
        raise DataError(where, found, "one of ESC-50's classes and its number", _AGAIN)
    told = f"{row['fold']}-{row['src_file']}-{row['take']}-{target}.wav"
    if name != told or naming.recording_of(Path(name).stem) == Path(name).stem:
        found = f"{name!r}, where its cells tell {told!r}"
        raise DataError(where, found, "FOLD-SRC_FILE-TAKE-TARGET.wav", _AGAIN)
    flag = _FLAGS.get(row["esc10"].lower())
    if flag is not (known[0] in _ESC10):
        raise DataError(where, f"esc10 {row['esc10']!r} for {known[0]}", str(known[0] in _ESC10), _AGAIN)
    stem = Path(name).stem
    return Recording(audio / name, stem, known[1], naming.recording_of(stem), known[0])


def _from_folder(folder: Path) -> list[Recording]:
    """The recordings of a class in the layout of ESC-10."""
    label = naming.esc50_class(folder.name)
    category = naming.category_of(folder.name)
    if label is None or category is None:
        raise DataError(folder, "no class of ESC-50", "names such as `001 - Dog bark`", "rename or remove the folder")
    recordings = []
    for file in sounds_below(folder):
        source = naming.recording_of(file.stem)
        if source == file.stem:
            raise DataError(file, "another name", "FOLD-SRC_FILE-TAKE, such as 1-100032-A.ogg", "move it away")
        recordings.append(Recording(file, f"{folder.name}/{identity(folder, file)}", category, source, label))
    if not recordings:
        raise DataError(folder, "no sound files", "at least one", "put sounds into it, or remove the folder")
    return recordings
