"""How a run goes, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.api.arguments import runs_of
from bench.api.plainly import plainly

if TYPE_CHECKING:
    from bench.evaluation.grids.status import Status


@plainly("bench.status")
def status(run: str | Path) -> Status:
    """Say how a run goes: what is done, who is at what, what failed and why. `bench status` from Python.

    Args:
        run: the `out` folder of a run or a grid.

    Returns:
        Counts of cells, who is at work, failures, and the pace.

    Raises:
        bench.core.errors.BenchError: the folder is no run.
    """
    from bench.evaluation.grids.status import status_of

    (folder,) = runs_of("bench.status", run)
    return status_of(folder)
