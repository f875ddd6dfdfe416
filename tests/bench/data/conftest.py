"""What the tests of corpora and of noise banks share: sound files, strays, and what is said of a folder that is bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.contracts.protocols import Corpus, NoiseBank
from bench.core.errors import DataError
from bench.core.showing.progress import Silent


@pytest.fixture
def sound() -> Callable[..., Path]:
    """Write a tone, and the folders that it lies in."""

    def write(path: Path, hertz: float = 500.0, seconds: float = 0.1, rate: int = 16_000, channels: int = 1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
        soundfile.write(path, np.repeat(wave[:, None], channels, axis=1), rate)
        return path

    return write


@pytest.fixture
def strays() -> Callable[..., None]:
    """Leave files that are not what their names say, as a system leaves them beside its own."""

    def leave(*paths: Path) -> None:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\x00\x05\x16\x07Mac OS X \xff")

    return leave


@pytest.fixture
def refusal() -> Callable[..., str]:
    """What a corpus or a noise bank says of data that it refuses."""

    def say(component: Corpus | NoiseBank, kind: type[Exception] = DataError) -> str:
        with pytest.raises(kind) as caught:
            component.read(Silent())
        return str(caught.value)

    return say
