"""Clips of AudioSet, in a folder for each label.

Source: Gemmeke et al., Audio Set: An Ontology and Human-labeled Dataset for Audio Events, ICASSP 2017. `audioset.csv`
has the ids and names of its 527 classes, as published under CC BY 4.0, and the category of each, which is ours.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from bench.core.errors import DataError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.data.corpora.folders import listed
from bench.data.noises.files import ROOT_OPTION, Recording, given_root, identity, read_clips, sounds_below, visible

LAYOUT = "with a folder for each label, such as Laughter/YTID_30.000_40.000.wav"

_YOUTUBE = re.compile(r"Y?(?P<id>[\w-]{11})(?:_\d+(?:\.\d+)?){0,2}", re.ASCII)
_ID = re.compile(r"[/_-]?(?P<space>[mtg])[/_-](?P<id>[0-9a-z_]+)", re.ASCII)


@dataclass(frozen=True)
class AudioSet:
    """Clips of AudioSet that you have, in a folder for each label: `Laughter`, `Crying, sobbing`, `m_0463cq4`.

    A folder is named by AudioSet's name of the class, with spaces, underscores or commas, or by its id (`/m/01j3sz`
    as `m_01j3sz` or as a folder `01j3sz` in a folder `m`). The classes of laughter go to the category "laugh", those
    of crying to "cry" (P1's Laugh and Cry append such sounds), animals, weather and water to "natural", other sounds of
    people to "human", the home to "interior", streets and engines to "exterior", then "crowd", "speech", "music" and
    "white"; any other label is a category of its own name in lower case. A clip's label is AudioSet's name. Clips
    of one YouTube video, as their file names tell (`YTID_30.000_40.000.wav`, `YTID.wav`, `YYTID.wav`), have one
    source; any other file is a source of its own.

    Args:
        root: the folder.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> NoiseSet:
        """Read the clips. A clip's id is its path within the root, without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        root = given_root("audioset", "clips of AudioSet", self.root, LAYOUT)
        loose = [file for file in sounds_below(root) if file.parent == root]
        if loose:
            raise DataError(loose[0], "a sound file outside any folder", "a folder for each label", "move it into one")
        recordings = [recording for folder in _label_folders(root) for recording in _in_folder(root, folder)]
        if not recordings:
            raise DataError(root, "no folders", f"clips of AudioSet, {LAYOUT}", ROOT_OPTION)
        return read_clips("audioset", recordings, progress, halves=False)


def _label_folders(root: Path) -> list[Path]:
    """The folder of each label; those of ids may lie in a folder `m`, `t` or `g`."""
    folders = [path for path in listed(root) if path.is_dir() and visible(path)]
    nested = [folder for folder in folders if folder.name in ("m", "t", "g")]
    inner = [path for folder in nested for path in listed(folder) if path.is_dir() and visible(path)]
    return [folder for folder in folders if folder not in nested] + inner


def _in_folder(root: Path, folder: Path) -> list[Recording]:
    label, category = label_of(folder.relative_to(root).as_posix())
    files = sounds_below(folder)
    if not files:
        raise DataError(folder, "no sound files", "at least one", "put sounds into it, or remove the folder")
    return [Recording(file, identity(root, file), category, _source(file.stem), label) for file in files]


def label_of(folder: str) -> tuple[str, str]:
    """Find AudioSet's name of a class, and its category, from the name or the id that a folder bears.

    >>> label_of("Crying_sobbing"), label_of("m_01j3sz"), label_of("Rain on surface")
    (('Crying, sobbing', 'cry'), ('Laughter', 'laugh'), ('Rain on surface', 'natural'))
    >>> label_of("Field recording"), label_of("My kettle")
    (('Field recording', 'field recording'), ('My kettle', 'my kettle'))
    """
    by_id, by_name = _classes()
    match = _ID.fullmatch(folder)
    id = f"/{match['space']}/{match['id']}" if match else ""
    name, category = by_id.get(id) or by_name.get(_words(folder)) or (folder.strip(), "")
    return name, category or name.lower()


def _source(stem: str) -> str:
    match = _YOUTUBE.fullmatch(stem)
    return f"youtube-{match['id']}" if match else stem


def _words(name: str) -> str:
    """A name's words, in their order, whatever its case and separators."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


@cache
def _classes() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Name and category of AudioSet's classes, by their ids and by the words of their names."""
    text = resources.files("bench.data.noises").joinpath("audioset.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    by_id = {row["id"]: (row["name"], row["category"]) for row in rows}
    return by_id, {_words(name): (name, category) for name, category in by_id.values()}
