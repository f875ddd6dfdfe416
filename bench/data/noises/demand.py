"""DEMAND, as it is published.

Source: Thiemann, Ito, Vincent, The Diverse Environments Multi-channel Acoustic Noise Database (DEMAND), Proceedings of
Meetings on Acoustics 19, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.data.corpora.folders import listed
from bench.data.noises import naming
from bench.data.noises.files import ROOT_OPTION, Recording, given_root, read_clips, some, sounds_below, visible

CHANNELS = 16
"""Microphones of the array: `ch01.wav` to `ch16.wav` in each environment."""

LAYOUT = "with a folder for each environment, such as DKITCHEN/ch01.wav"


@dataclass(frozen=True)
class Demand:
    """DEMAND: eighteen real environments, five minutes each, in the 16 kHz or the 48 kHz release.

    A folder for each environment as it is unpacked: `DKITCHEN`, `DKITCHEN_16k`, `DKITCHEN_16k/DKITCHEN`. P2's café,
    meeting and station are here "crowd" (SCAFE, PCAFETER, and the restaurant PRESTO), "meeting" (OMEETING) and
    "station" (PSTATION); the others are "natural", "interior" or "exterior". A clip's label is its environment. An
    environment was recorded once: pieces of half a minute are cut from it, and its two halves count as two sources, so
    that defences and attacks share no sample. They still share the place and the day.

    Args:
        root: the folder that has the environments.
        channel: the microphone, 1 to 16. They stand 5 to 22 cm apart and hear much the same.
    """

    root: Path | None = None
    channel: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.channel <= CHANNELS:
            where = "noise bank 'demand', parameter 'channel'"
            raise UsageError(where, str(self.channel), f"1 to {CHANNELS}", "try channel=1")

    def read(self, progress: Progress) -> NoiseSet:
        """Read the environments. A clip's id is its environment and microphone, with the number of its half and piece.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        root = given_root("demand", "DEMAND", self.root, LAYOUT)
        folders = _environments(root)
        recordings = [_recording(name, folders[name], self.channel) for name in sorted(folders)]
        return read_clips("demand", recordings, progress, halves=True)


def _environments(root: Path) -> dict[str, Path]:
    """The folder of each environment's microphones."""
    folders: dict[str, Path] = {}
    for folder in listed(root):
        if not folder.is_dir() or not visible(folder):
            continue
        name = naming.demand_environment(folder.name)
        if name is None:
            if sounds_below(folder):
                remedy = "move it away, or read the whole folder with --noise-bank folder"
                raise DataError(folder, "no environment of DEMAND", some(sorted(naming.DEMAND), 18).upper(), remedy)
            continue
        if name in folders:
            found = f"a second copy of {name}, beside {folders[name]}"
            raise DataError(folder, found, "one of the two releases", "move one of the two away")
        inner = [path for path in listed(folder) if path.is_dir() and naming.demand_environment(path.name) == name]
        folders[name] = inner[0] if inner else folder
    if not folders:
        found = some(path.name for path in listed(root) if visible(path)) or "nothing"
        raise DataError(root, found, f"DEMAND, {LAYOUT}", ROOT_OPTION)
    return folders


def _recording(name: str, folder: Path, channel: int) -> Recording:
    there = {naming.demand_channel(file.stem): file for file in listed(folder) if file.suffix.lower() == ".wav"}
    there.pop(None, None)
    file = there.get(channel)
    if file is None:
        found = some(sorted(path.name for path in there.values()), CHANNELS) or "no microphone"
        remedy = "unpack it again" + (", or choose another with the bank's channel" if there else "")
        raise DataError(folder, found, f"ch{channel:02d}.wav", remedy)
    category = naming.category_of(name)
    assert category is not None, "every environment has a category"
    return Recording(file, f"{name}/{file.stem}", category, name, name)
