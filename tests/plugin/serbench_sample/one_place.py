"""A noise bank: recordings of one place, all of one category."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench import DataError, NoiseClip, NoiseSet, Progress, UsageError, content_digests, fingerprint
from bench.audio.reading import is_audio, read_audio

_LAYOUT = "a folder of recordings, each of its own day"


@dataclass(frozen=True)
class OnePlace:
    """Every recording of a folder, in one category; each is a source of its own.

    Args:
        root: the folder; `--noise-root`.
        category: the papers' name of it, or one of your own.
    """

    root: Path | None = None
    category: str = "interior"

    def read(self, progress: Progress) -> NoiseSet:
        """Read it, in the order of the files' names.

        Raises:
            UsageError: no root is given.
            DataError: there are no sounds in it, or one cannot be read.
        """
        if self.root is None:
            raise UsageError("noise bank 'one_place'", "no folder", _LAYOUT, "give it with --noise-root")
        files = [file for file in sorted(self.root.iterdir()) if is_audio(file)]
        if not files:
            raise DataError(self.root, "no sounds", _LAYOUT, "check the path")
        clips = []
        with progress.task("Reading one_place", total=len(files)) as advance:
            for file in files:
                clips.append(NoiseClip(file.stem, self.category, read_audio(file), file.stem))
                advance(1)
        known = fingerprint([self.category, *(clip.id for clip in clips), *content_digests(files)])
        return NoiseSet("one_place", tuple(clips), known)
