"""MUSAN, as it is published.

Source: Snyder, Chen, Povey, MUSAN: A Music, Speech, and Noise Corpus, arXiv:1510.08484, 2015 (OpenSLR 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.data.corpora.folders import listed
from bench.data.noises.files import Recording, given_root, identity, read_clips, sounds_below, visible

Kind = Literal["noise", "music", "speech"]
"""MUSAN's three parts, which are the categories."""

LAYOUT = "with noise/free-sound/*.wav, music/*/*.wav and speech/*/*.wav"


@dataclass(frozen=True)
class Musan:
    """MUSAN: six hours of noises, 42 of music and 60 of speech; the noises alone unless asked.

    The three parts are the categories, under MUSAN's own names: "noise" (technical and other sounds), "music", "speech"
    (single speakers, who read or hold hearings: no babble). A clip's label is the folder that it comes from
    ("free-sound", "jamendo", "librivox", ...). A file is a source; from files of two minutes or more pieces of half a
    minute are cut, which share their source. Speakers and musicians may stand in several files.

    Args:
        root: the folder that has `noise`, `music` and `speech` (`musan` in the published archive).
        parts: which of the three. Music and speech are long: an hour takes 230 MB of the cache.
    """

    root: Path | None = None
    parts: tuple[Kind, ...] = ("noise",)

    def __post_init__(self) -> None:
        known = get_args(Kind)
        if not self.parts or set(self.parts) - set(known) or len(set(self.parts)) < len(self.parts):
            where, found = "noise bank 'musan', parameter 'parts'", "+".join(self.parts) or "none"
            raise UsageError(where, found, "some of " + ", ".join(known) + ", each once", "for example noise+music")

    def read(self, progress: Progress) -> NoiseSet:
        """Read the parts that are asked for. A clip's id is its path within the root, without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        root = given_root("musan", "MUSAN", self.root, LAYOUT)
        recordings = [recording for part in sorted(self.parts) for recording in _of_part(root, part)]
        return read_clips("musan", recordings, progress, halves=False)


def _of_part(root: Path, part: str) -> list[Recording]:
    folder = root / part
    if not folder.is_dir():
        inner = (root / "musan" / part).is_dir()
        remedy = f"give {root / 'musan'} with --noise-root" if inner else "unpack it, or choose other parts"
        raise DataError(root, f"no folder {part}", f"MUSAN, {LAYOUT}", remedy)
    found = []
    for subset in (path for path in listed(folder) if path.is_dir() and visible(path)):
        sounds = sounds_below(subset)
        if not sounds:
            raise DataError(subset, "no sound files", "at least one", "unpack it again, or remove the folder")
        found += [Recording(file, identity(root, file), part, file.stem, subset.name) for file in sounds]
    loose = [file for file in sounds_below(folder) if file.parent == folder]
    if loose:
        raise DataError(loose[0], "a sound file outside the folders of its part", f"MUSAN, {LAYOUT}", "move it away")
    if not found:
        raise DataError(folder, "no folder of sounds", f"MUSAN, {LAYOUT}", "unpack it again, or choose other parts")
    return found
