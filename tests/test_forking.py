"""Processes that are forked are processes of their own, and end as others do."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forking import Forked, Forks

PLUGIN = """
import atexit, os, signal, sys, threading
from pathlib import Path

print(os.getpid(), os.getcwd(), os.environ.get("SAID"), sys.stdin.read(), sys.argv[1:], flush=True)
print("to others", file=sys.stderr, flush=True)
atexit.register(print, "at its end")
threading.Thread(target=lambda: (threading.main_thread().join(), print("a thread"))).start()
if "SIGNAL" in os.environ:
    os.kill(os.getpid(), int(os.environ["SIGNAL"]))
class Louder:
    "Raises everything."
COMPONENTS = {'attacks': {'louder': Louder}}
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "told.py").write_text(PLUGIN)
    return ["list", "attacks", "--plugin", str(tmp_path / "told.py")]


def test_it_has_what_it_was_given_and_ends_in_order(
    forks: Forks, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with forks.start(words, os.environ | {"SAID": "yes"}) as process:
        out, err = process.communicate(timeout=60)
    assert isinstance(process, Forked)
    first, *listed, thread, end = out.splitlines()
    assert first == f"{process.pid} {tmp_path} yes  {words}"
    assert any("louder" in line for line in listed)
    assert (thread, end) == ("a thread", "at its end")
    assert (process.returncode, err) == (0, "to others\n")
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_signal_ends_it(forks: Forks, words: list[str], how: signal.Signals) -> None:
    with forks.start(words, os.environ | {"SIGNAL": str(int(how))}) as process:
        assert str(process.pid) in process.communicate(timeout=60)[0]
    assert process.returncode == -how


def test_another_environment_at_its_start_takes_a_process_that_is_not_forked(forks: Forks, words: list[str]) -> None:
    with forks.start(words, os.environ | {"PYTHONHASHSEED": "1"}) as process:
        assert process.communicate(timeout=60)[0].startswith(f"{process.pid} ")
    assert isinstance(process, subprocess.Popen)
    assert process.returncode == 0


def test_what_goes_wrong_has_an_exit_code(bench_process: Callable) -> None:
    assert bench_process("list", "attackss").code == 2
    assert bench_process("--version").code == 0
