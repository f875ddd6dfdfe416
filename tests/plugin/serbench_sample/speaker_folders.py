"""A corpus: recordings sorted by who speaks, and named by how: ROOT/anna/anger.wav."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench import SILENT, DataError, Dataset, Progress, UsageError, Utterance, content_digests, fingerprint
from bench.audio.reading import is_audio, read_audio

_LAYOUT = "a folder for each speaker, with a sound for each emotion: ROOT/anna/anger.wav"


@dataclass(frozen=True)
class SpeakerFolders:
    """A folder for each speaker, and in it a sound for each emotion, named by it.

    Args:
        root: the folder of the speakers' folders; `--corpus-root`.
    """

    root: Path | None = None

    def read(self, progress: Progress = SILENT) -> Dataset:
        """Read it, speakers and emotions in alphabetical order.

        Raises:
            UsageError: no root is given.
            DataError: there are no sounds in it, or one cannot be read.
        """
        if self.root is None:
            raise UsageError("corpus 'speaker_folders'", "no folder", _LAYOUT, "give it with --corpus-root")
        files = [file for file in sorted(self.root.glob("*/*")) if is_audio(file)]
        if not files:
            raise DataError(self.root, "no sounds", _LAYOUT, "check the path")
        said = []
        with progress.task("Reading speaker_folders", total=len(files)) as advance:
            for file in files:
                speaker, emotion = file.parent.name, file.stem
                said.append(Utterance(f"{speaker}-{emotion}", read_audio(file), speaker, emotion=emotion))
                advance(1)
        known = fingerprint([*(utterance.id for utterance in said), *content_digests(files)])
        return Dataset("speaker_folders", tuple(said), known)
