"""Standard streams that are closed or full: the exit code still says what happened, and no traceback does."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.report import write_json


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("status nowhere 2>&-", 2),
        ("status nowhere 2>/dev/full", 2),
        ("list attacks >/dev/full", 2),
        ("list attacks <&- >&- 2>&-", 0),
    ],
)
def test_a_stream_that_cannot_be_written_to(words: str, code: int, bench_command: list[str], tmp_path: Path) -> None:
    said = subprocess.run(
        ["sh", "-c", f"{shlex.join(bench_command)} {words}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == code, said.stderr
    assert "Traceback" not in said.stderr + said.stdout
    assert ("standard output: found a full disk" in said.stderr) == (words == "list attacks >/dev/full")


def test_a_file_does_not_take_the_place_of_a_pipe_or_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_json({"a": 1}, str(pipe))
        assert json.loads(os.read(reading, 100)) == {"a": 1}
    finally:
        os.close(reading)
    assert pipe.is_fifo()


def test_a_file_does_not_take_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """What a library writes to standard error would land in it."""
    code = (
        "import os; from bench.cli.streams import open_standard_streams as given; given()\n"
        f"file = open({str(tmp_path / 'records')!r}, 'w'); os.write(2, b'noise'); assert file.fileno() > 2"
    )
    subprocess.run(["sh", "-c", f"{shlex.join([sys.executable, '-c', code])} 2>&-"], check=True)
    assert (tmp_path / "records").read_text() == ""
