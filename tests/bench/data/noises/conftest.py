"""What the tests of noise banks share: a sound file, and what a bank says that refuses its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.contracts.protocols import NoiseBank
from bench.core.errors import DataError
from bench.core.progress import Silent


@pytest.fixture
def sound() -> Callable[..., None]:
    """Write a tone, and the folders that it lies in."""

    def write(path: Path, hertz: float = 500.0, seconds: float = 0.1, rate: int = 16_000) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), rate)

    return write


@pytest.fixture
def refusal() -> Callable[[NoiseBank], str]:
    """What a bank says of a folder that it refuses."""

    def say(bank: NoiseBank) -> str:
        with pytest.raises(DataError) as caught:
            bank.read(Silent())
        return str(caught.value)

    return say


@pytest.fixture
def litter() -> Callable[[Path], None]:
    """Leave in a folder what archives and systems leave: none of it is sound."""

    def leave(folder: Path) -> None:
        (folder / "._ch01.wav").write_bytes(b"\0\5\26\7")
        (folder / ".DS_Store").write_bytes(b"\0")
        (folder / "LICENSE").write_text("CC BY")
        for name in ("__MACOSX", ".git"):
            (folder / name).mkdir()
            (folder / name / "ch01.wav").write_bytes(b"\0\5\26\7")

    return leave
