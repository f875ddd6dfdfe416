"""How pytest goes about it: one thread, a cache of its own, whole runs first, work shared by all workers."""

from __future__ import annotations

import compileall
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

CACHE = "SERBENCH_CACHE"
_WITHOUT_BYTECODE = sys.dont_write_bytecode
_made_cache = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own cache out of it, unless the environment names one; xdist's workers inherit the controller's.

    One thread: with networks this small, threads that wait for each other cost a hundred times the work. Where Python
    is told to write no bytecode, ours is compiled once here: hundreds of processes and sandboxes start from it.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings.register_profile("serbench", deadline=None, max_examples=40)  # a busy machine refutes nothing
    settings.load_profile("serbench")
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:  # started in the background; the tests' own processes heed it
            signal.signal(number, handler)
    gc.disable()  # what is collected lasts: looking for garbage in it takes a quarter of the time
    if sys.dont_write_bytecode and "PYTEST_XDIST_WORKER" not in os.environ:
        for package in ("bench", "attacks", "defenses", "victims", "leaderboards"):
            compileall.compile_dir(Path(__file__).parents[1] / package, quiet=1)
    sys.dont_write_bytecode = False  # until all is collected: what one worker has compiled, the other loads
    if not os.environ.get(CACHE):
        config.stash[_made_cache] = os.environ[CACHE] = tempfile.mkdtemp(prefix="serbench-tests-")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for no examples in the docstrings of tests, which have none: each file would be taken apart twice."""
    return [found for found in (yield) if not isinstance(found, DoctestModule)]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, Any]:
    """Let workers collect folders from their ends and from their middles, so that no two compile the same tests at a
    time."""
    report = yield
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if isinstance(collector, pytest.Session | pytest.Directory):
        middle = len(report.result) // 2 if number % 4 > 1 else 0
        report.result = [*report.result[middle:], *report.result[:middle]][:: -1 if number % 2 else 1]
    return report


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not among a million objects of modules and tests, and a tenth as often."""
    sys.dont_write_bytecode = _WITHOUT_BYTECODE
    gc.freeze()
    gc.set_threshold(7_000, 20, 20)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache where this process made it."""
    if made := config.stash.get(_made_cache, None):
        del os.environ[CACHE]
        shutil.rmtree(made, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with whole runs and real data, so that none of them is what the other workers wait for at the end.

    Otherwise files stand in the order of their paths, in whatever order they were collected.
    """
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Give each worker of `-n` one half, and who is done takes over from the end of what others have left.

    xdist's own way deals tests out by twos in the end, so that each worker sets up what a file's tests share.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None
