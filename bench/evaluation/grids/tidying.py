"""Before a grid goes on: what the dead have left is swept, what is damaged is set aside, and there must be room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.core.storage.cache import cache_dir
from bench.core.storage.sweeping import folders_of, sweep
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_folder
from bench.evaluation.plans.options import check_writable
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store

if TYPE_CHECKING:
    from bench.evaluation.grids.working import Work


def tidy(experiment: Experiment, planned: Sequence[Planned], store: Store) -> None:
    """Sweep temporary files of processes that are gone, and set damaged records aside: their cells are measured anew.

    Args:
        experiment: told of what was found.
        planned: the cells whose records are looked at; what else lies in the folder is let be.
        store: the run's folder.

    Raises:
        RoomError: a damaged file cannot be moved.
    """
    say = experiment.progress.say
    swept = sweep([*folders_of(store.folder), *folders_of(cache_dir())])
    if swept:
        say(f"removed {swept} temporary file{'s' * (swept != 1)} of processes that were killed")
    done = store.done()
    for key in dict.fromkeys(cell_key(experiment, one.cell) for one in planned):
        if key in done and (why := store.damage(key)) is not None:
            store.set_aside(key, why, say)


def check_room(works: Sequence[Work]) -> None:
    """Refuse folders that cannot be written to, where there is something to be written.

    Args:
        works: what is to be done.

    Raises:
        UsageError: the run's folder cannot be written to, or the cache, where a victim is to be trained.
    """
    for work in works:
        if work.open():
            check_writable(work.store.folder)
            missing = (fitted for fitted in work.groups if not fitted_folder(work.experiment, fitted).is_dir())
            if next(missing, None) is not None:
                check_writable(cache_dir(), "SERBENCH_CACHE")
