"""Worker processes of `bench grid --workers N`: the same command again, told which of them it is.

The first of them is the process that was started by hand. The others have loaded what they need by the time that it has
read the data; then they are let go. One whose leader is gone ends too: it sees the end of its standard input.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import UsageError
from bench.core.storage.digests import default_workers
from bench.core.storage.files import open_to_add

_WHICH = "SERBENCH_WORKER"
_GO = b"go\n"
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Worker:
    """Which worker this process is.

    Args:
        index: from 0, which is the one that started the others.
        of: how many there are.
        since: when they were started, by the clock of the run's file system.
    """

    index: int
    of: int
    since: float


def this_worker() -> Worker | None:
    """Tell which worker this process was started as; None where it was started by hand."""
    told = os.environ.get(_WHICH)
    if told is None:
        return None
    index, of, since = told.split("/")
    return Worker(int(index), int(of), float(since))


def wait_for_go() -> None:
    """Load what measuring needs, wait for the leader's word, and end as soon as the leader is gone."""
    import bench.evaluation.grids.working  # noqa: F401  # takes seconds, while the leader reads the data

    if os.read(0, len(_GO)) != _GO:  # not through Python's own buffer, which a thread must not hold at the end
        sys.exit(0)
    threading.Thread(target=_end_with_leader, daemon=True).start()


def _end_with_leader() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def threads_each(workers: int) -> int:
    """Share the cores out: how many threads each of several workers computes on."""
    return max(1, default_workers() // workers)


def check_workers(count: int) -> None:
    """Raise a UsageError where there are to be fewer workers than one."""
    if count < 1:
        raise UsageError("--workers", str(count), "at least 1", f"this machine has {default_workers()} cores")


@contextmanager
def workers(count: int, out: Path, since: float) -> Iterator[Team]:
    """Start further workers of this command, for the length of a `with` block.

    Args:
        count: how many there are with this one.
        out: the run's folder; what they say goes into `logs/worker-N.log` there.
        since: when they were started, by the clock of the run's file system.

    Raises:
        UsageError: fewer than one.
    """
    check_workers(count)
    team = Team(out)
    try:
        for index in range(1, count):
            team.start(Worker(index, count, since))
        yield team
    finally:
        team.end()


class Team:
    """The further workers.

    Args:
        out: the run's folder.
    """

    def __init__(self, out: Path) -> None:
        self.logs = out / "logs"
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, worker: Worker) -> None:
        """Start one; it waits for `go`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        threads = threads_each(worker.of)
        settings = os.environ | {_WHICH: f"{worker.index}/{worker.of}/{worker.since!r}"}
        settings |= {"OMP_NUM_THREADS": str(min(threads, int(os.environ.get("OMP_NUM_THREADS") or threads)))}
        words = [sys.executable, "-P", "-m", "bench", *sys.argv[1:]]
        with open_to_add(self._log(worker.index)) as log:
            self.processes[worker.index] = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, env=settings
            )

    def go(self) -> None:
        """Let all of them begin."""
        for process in self.processes.values():
            if process.stdin is not None:
                try:
                    process.stdin.write(_GO)
                    process.stdin.flush()
                except OSError:  # it has ended; `lost` tells
                    continue

    def wait(self) -> list[str]:
        """Wait until all have ended, which they do when nothing is left; return what is to be said of them."""
        said = []
        for index, process in self.processes.items():
            try:
                code = process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                continue  # `end` ends it
            if code < 0:
                said.append(f"worker {index} was killed by {signal.Signals(-code).name}; others did what it left")
            elif code:
                said.append(f"worker {index} ended with exit code {code}: {self._last_line(index)}")
        return said

    def end(self) -> None:
        """End those that still run, and wait until they have given back what they held."""
        for process in self.processes.values():
            if process.stdin is not None:
                try:
                    process.stdin.close()
                except OSError:
                    continue
        for process in self.processes.values():
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, index: int) -> Path:
        return self.logs / f"worker-{index}.log"

    def _last_line(self, index: int) -> str:
        lines = self._log(index).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"
