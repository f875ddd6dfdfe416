"""Memory that does not suffice for a command as a whole: one line, whichever library met it."""

from __future__ import annotations

import pytest
import torch

from bench.cli.main import _end


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("can't start new thread"), "can't start new thread"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            "DefaultCPUAllocator",
        ),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "CUDA out of memory"),
        (MemoryError(), "out of memory"),
    ],
)
def test_it_is_one_line(error: Exception, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _end(error)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bench: memory: found too little ({reason}")
    assert "; expected room for what was asked; use less at a time (--batch-size, " in line


def test_other_errors_of_libraries_are_shown_whole() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"):
        _end(RuntimeError("shapes differ"))
