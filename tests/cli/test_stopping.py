"""A signal ends a command though a library swallows what it raises; what is being given back is left to end."""

from __future__ import annotations

import ctypes
import importlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cli import stopping

SWALLOWS = """
import signal

try:
    signal.raise_signal(signal.{name})
except:
    pass
"""
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@pytest.fixture
def swallowing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Import a module in which a signal comes, and which swallows what it raises."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(name: str) -> None:
        (tmp_path / "serbench_swallows.py").write_text(SWALLOWS.format(name=name))
        sys.modules.pop("serbench_swallows", None)
        importlib.invalidate_caches()
        importlib.import_module("serbench_swallows")

    yield load
    sys.modules.pop("serbench_swallows", None)


@pytest.mark.parametrize("name", NAMES)
def test_another_signal_ends_what_has_swallowed_the_first(swallowing: Callable, name: str) -> None:
    with stopping.heeding() as stops:
        swallowing(name)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.Signals[name])
    assert stops.exit_code == 128 + signal.Signals[name]


def test_what_was_swallowed_is_raised_again_by_itself(swallowing: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_AGAIN_S", 0.01)
    with stopping.heeding() as stops:
        swallowing("SIGTERM")
        with pytest.raises(KeyboardInterrupt) as caught:
            time.sleep(20)
    assert stops.ended(caught.value)
    assert "stopped by SIGTERM" in stops.said
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_a_callback_from_c_swallows_is_raised_again_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stopping, "_AGAIN_S", 0.01)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)  # as in a command; pytest has one of its own

    def signalled() -> None:
        signal.raise_signal(signal.SIGINT)

    def failing() -> None:
        raise ValueError("of the library's own")

    def work() -> None:
        ctypes.CFUNCTYPE(None)(failing)()
        ctypes.CFUNCTYPE(None)(signalled)()
        time.sleep(20)

    with stopping.heeding(), pytest.raises(KeyboardInterrupt):
        work()
    shown = capsys.readouterr().err
    assert "of the library's own" in shown
    assert "KeyboardInterrupt" not in shown
    assert sys.unraisablehook is sys.__unraisablehook__


def test_giving_back_what_was_held_is_not_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGALRM)
            given_back.append("a lease")

    with stopping.heeding(), pytest.raises(KeyboardInterrupt):
        work()
    assert given_back == ["a lease"]

    monkeypatch.setattr(stopping, "_PATIENCE_S", 0.0)
    with stopping.heeding(), pytest.raises(KeyboardInterrupt):
        work()
    assert given_back == ["a lease"], "whoever sends another after ten seconds is heeded"


def test_what_a_library_makes_of_it_is_a_stop_too(bench_here: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as error:
            raise ImportError("no such library") from error

    monkeypatch.setattr("bench.cli.main.app", interrupted)
    said = bench_here()
    assert said.code == 143
    assert said.err.startswith("bench: stopped by SIGTERM; give the same command again: ")
    assert said.err.count("\n") == 1


class Struck:
    """A lock that is just being taken when a signal comes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.acquire, self.release, self.locked = self.lock.acquire, self.lock.release, self.lock.locked

    def __enter__(self) -> bool:
        self.acquire()
        signal.raise_signal(signal.SIGTERM)
        return True

    def __exit__(self, *_: object) -> None:
        self.release()


def test_no_lock_of_threading_stays_locked() -> None:
    """Else a thread that was being started waits for it for ever, and the end of the command for that thread."""
    struck, taken = Struck(), []
    condition = threading.Condition(struck)  # type: ignore[arg-type]

    def work() -> None:
        with condition:
            taken.append("a moment before it is raised")
            time.sleep(20)

    with stopping.heeding() as stops, pytest.raises(KeyboardInterrupt):
        work()
    assert taken
    assert not struck.locked()
    assert stops.exit_code == 143


def test_a_thread_is_started_whole() -> None:
    running, started = threading.Event(), []

    class Begun(threading.Thread):
        """Whoever starts it waits on an event, as ever, and a signal comes meanwhile."""

        def __init__(self) -> None:
            super().__init__(target=running.wait, daemon=True)
            wait = self._started.wait  # type: ignore[attr-defined]
            self._started.wait = lambda: (signal.raise_signal(signal.SIGTERM), wait())  # type: ignore[attr-defined]

    thread = Begun()

    def work() -> None:
        thread.start()
        started.append(thread.is_alive())
        time.sleep(20)

    with stopping.heeding(), pytest.raises(KeyboardInterrupt):
        work()
    assert started == [True]
    running.set()
    thread.join(20)
    assert not thread.is_alive()
