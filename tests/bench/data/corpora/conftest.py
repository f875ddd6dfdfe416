"""What the tests of corpora share beside sounds and refusals: roots that hold no corpus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from bench.audio.reading import is_audio
from bench.contracts.protocols import Corpus
from bench.core.showing.progress import SILENT


@pytest.fixture
def refused_roots(tmp_path: Path, refusal: Callable[..., str]) -> Callable[..., list[str]]:
    """What a corpus says of a folder that is not there, of an empty one, of a file, and of one with certain folders
    alone, where any are named: always the path, and the option to give another with."""

    def say(corpus: Callable[[Path], Corpus], *hollow: str) -> list[str]:
        roots = [tmp_path / name for name in ("nowhere", "empty", "file", *(["hollow"] if hollow else []))]
        (tmp_path / "empty").mkdir()
        (tmp_path / "file").write_text("x")
        for folder in hollow:
            (tmp_path / "hollow" / folder).mkdir(parents=True)
        messages = [refusal(corpus(root)) for root in roots]
        for root, message in zip(roots, messages, strict=True):
            assert str(root) in message
            assert "--corpus-root" in message
        return messages

    return say


@pytest.fixture
def rates_read() -> Callable[[Corpus, Path], set[int]]:
    """The rates that a corpus tells of its utterances once every sound file below a folder plays at half its rate."""

    def read(corpus: Corpus, folder: Path) -> set[int]:
        for file in (path for path in folder.rglob("*") if path.is_file() and is_audio(path)):
            try:
                samples, rate = soundfile.read(file)
            except soundfile.SoundFileError:  # a stray
                continue
            soundfile.write(file, samples, rate // 2)
        return {one.rate_hz for one in corpus.read(SILENT).utterances if one.has_sound}

    return read
