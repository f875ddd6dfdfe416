"""What the tests of noise banks share beside sounds and refusals: what archives leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


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
