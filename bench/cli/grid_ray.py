"""`bench grid --ray ADDRESS`: Ray starts the workers, here or on a cluster, and again where they are killed.

Ray decides where they run, and gives each its part of a machine. Which cell is whose, workers settle by leases in the
run's folder as ever: Ray knows nothing of cells.
"""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import ComponentError, UsageError
from bench.core.storage.cache import cache_dir

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

_PATIENCE_S = 10.0
LOCAL = "local"
"""The address that stands for this machine alone."""


@dataclass(frozen=True)
class RayWorkers:
    """Say which workers Ray is to start.

    Args:
        address: of a cluster, as Ray takes it ("auto", "HOST:PORT", "ray://HOST:PORT"); "local" for this machine.
        count: how many.
        gpus: a GPU's part that each has: 0 for none, 0.25 for four on one.
        cpus: cores that each has.
    """

    address: str
    count: int
    gpus: float = 0.0
    cpus: float = 1.0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UsageError("--workers", str(self.count), "at least 1", "as many as the cluster is to run at once")
        if not (self.gpus >= 0 and self.cpus > 0):
            found = f"{self.gpus:g} GPUs and {self.cpus:g} cores"
            raise UsageError("--ray-gpus", found, "0 or more GPUs, and more than 0 cores", "0.5 puts two on one GPU")


@dataclass(frozen=True)
class Place:
    """Say where workers find what they share: at the same paths on every machine.

    Args:
        folder: that relative paths start from.
        cache: shared too.
    """

    folder: Path
    cache: Path

    @classmethod
    def here(cls) -> Place:
        """Return that of this process."""
        return cls(Path.cwd(), cache_dir().absolute())


def ray_package() -> Any:
    """Import Ray.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise UsageError("--ray", "no package `ray`", "the extra `ray`", "pip install 'serbench[ray]'") from error


@contextmanager
def ray_team(workers: RayWorkers) -> Iterator[RayTeam]:
    """Start Ray, or join it, for the length of a `with` block; that takes seconds, in which this process may go on.

    Args:
        workers: how many, where.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """
    ray = ray_package()
    with _reaching(workers.address):
        _check_reached(workers.address)
    with ThreadPoolExecutor(1) as beside:
        team = RayTeam(workers, beside.submit(_begin, workers))
        try:
            yield team
        finally:
            wait([team.begun])
            ray.shutdown()


@dataclass(frozen=True)
class RayTeam:
    """Workers that Ray starts.

    Args:
        workers: how many, where.
        begun: done when Ray is there.
    """

    workers: RayWorkers
    begun: Future[None]

    def run(self, asked: Sequence[Options], since: float) -> None:
        """Let the workers begin, and wait until all have ended: everything is done then, or has failed and is noted.

        Args:
            asked: the plan's selections.
            since: when the grid began, by the clock of the run's file system.

        Raises:
            UsageError: there is no cluster at the address.
            ComponentError: a worker ended with an error of its own.
        """
        with _reaching(self.workers.address):
            self.begun.result()
        ray, place, count = ray_package(), Place.here(), self.workers.count
        try:
            # killed workers are started again, as often as it takes; what goes wrong in a cell is noted, no error here
            task = _task(self.workers, _worker)
            ray.get([task.remote(tuple(asked), n, count, since, place) for n in range(count)])
        except ray.exceptions.RayError as error:
            said = str(error).strip().splitlines()[-1]
            raise ComponentError(
                "--ray", f"a worker that ended with {said:.300}", "one that ends well", "see its log"
            ) from error


def _begin(workers: RayWorkers) -> None:
    """Start Ray, and have its processes load what workers need while this one reads the data."""
    address = None if workers.address == LOCAL else workers.address
    ray_package().init(address=address, include_dashboard=False, log_to_driver=False, configure_logging=False)
    task = _task(workers, _load)
    for _ in range(workers.count):
        task.remote(Place.here())


def _task(workers: RayWorkers, work: Callable[..., None]) -> Any:
    return ray_package().remote(num_cpus=workers.cpus, num_gpus=workers.gpus, max_retries=-1)(work)


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        found = f"no cluster that answers ({str(error).splitlines()[0]:.200})"
        raise UsageError(f"--ray {address}", found, "the address of one", "`ray status` says it") from error


def _check_reached(address: str) -> None:
    """Look whether anybody listens at HOST:PORT: where nobody does, Ray itself would end this process after a while.

    Raises:
        OSError: nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_PATIENCE_S).close()


def _load(place: Place) -> None:
    """Load what a worker needs: the process is there for one afterwards."""
    os.chdir(place.folder)
    import bench.evaluation.grids.working  # noqa: F401


def _worker(asked: Sequence[Options], index: int, of: int, since: float, place: Place) -> None:
    """One worker, in a process of Ray's on whatever machine."""
    os.chdir(place.folder)
    os.environ["SERBENCH_CACHE"] = str(place.cache)
    from bench.core.showing.progress import LineProgress
    from bench.evaluation.grids.grid import Share
    from bench.evaluation.run import measure, prepare_all

    measure(prepare_all(asked, LineProgress()), asked, Share(index, of, since))
