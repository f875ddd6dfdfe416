"""A grid of cells: what is not done yet is measured; one that fails is noted and the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.evaluation.cell.cells import Cell
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Args:
        cell: which.
        message: the error's one line.
        exit_code: 2 where the user can put it right, else 1.
    """

    cell: Cell
    message: str
    exit_code: int


@dataclass(frozen=True)
class Share:
    """Which of several processes this one is, that were started together.

    Args:
        index: from 0.
        of: how many there are.
        since: when they were, by the clock of the run's file system; a failure that was noted later is not tried again.
    """

    index: int = 0
    of: int = 1
    since: float | None = None


ALONE = Share()


def run_grids(
    parts: Sequence[tuple[Experiment, Sequence[Planned]]], store: Store, share: Share = ALONE
) -> list[Failure]:
    """Measure every cell that is not done yet, beside any others who do so in the same folder.

    Args:
        parts: data and machine, and the cells in the order in which they are measured; several where corpora differ.
        store: where records go. Cells found there are not measured again.
        share: which of several processes this is, if they were started together.

    Returns:
        The failures, in order; those too that another process has met meanwhile. `KeyboardInterrupt` is not held up:
        what is finished is kept.

    Raises:
        bench.core.errors.RoomError: the run's folder cannot be written to, or its disk is full.
    """
    from bench.evaluation.grids.tidying import check_room, tidy
    from bench.evaluation.grids.working import Work, to_the_end

    if share.index == 0:
        for experiment, planned in parts:
            tidy(experiment, planned, store)
    works = [Work(experiment, planned, store, share) for experiment, planned in parts]
    check_room(works)
    return to_the_end(works)
