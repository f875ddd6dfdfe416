"""The part that one process takes in a grid, beside any others who work in the same folder: nobody leads.

Who begins the cells of a fitted victim takes a lease on them, so that the next one begins elsewhere; each cell has a
lease of its own besides, so that who has nothing left to begin can help with what others have begun. Who finds
everything taken waits, and takes over what the dead leave behind.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bench.core.errors import DataError
from bench.core.storage.clocks import clock
from bench.core.storage.leases import EXPIRY_S, Lease, Leases
from bench.core.storage.processes import this_process
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import being_fitted, fitted_folder
from bench.evaluation.forecasts.forecast_words import duration
from bench.evaluation.grids.attempts import Attempts
from bench.evaluation.grids.cell_log import CellLog
from bench.evaluation.grids.grid import Failure, Share
from bench.evaluation.grids.run_notes import note_lost, note_planned
from bench.evaluation.grids.status import LEASES, pace
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store

MOST_DEATHS = 3
"""Processes that may die over one cell, one after the other, before it is given up."""
PACE_S = 30.0
"""Seconds at least between two lines that say how far the whole is."""
_WAIT_S = (0.1, 2.0)


@dataclass(frozen=True)
class Todo:
    """A cell that was not done when this process looked.

    Args:
        number: its place in the plan, from 1.
        key: names its records.
        plan: itself.
    """

    number: int
    key: str
    plan: Planned


class Work:
    """What this process does of a grid.

    Args:
        experiment: data and machine.
        planned: all cells.
        store: where records go.
        share: which of several processes this is, if they were started together.
    """

    def __init__(self, experiment: Experiment, planned: Sequence[Planned], store: Store, share: Share) -> None:
        self.log = CellLog(experiment.progress, store.folder / "logs")
        self.experiment = experiment.telling(self.log)
        self.share = share
        self.store, self.total, self.said_at = store, len(planned), time.monotonic()
        self.attempts = Attempts(self.experiment, store)
        self.settled: dict[str, Failure] = {}
        self.closed: set[str] = set()
        self.groups: dict[FittedKey, list[Todo]] = {}
        keyed = [(one, cell_key(experiment, one.cell)) for one in planned]
        for number, (one, key) in enumerate(keyed, 1):
            if not store.has(key):
                self.groups.setdefault(one.cell.fitted, []).append(Todo(number, key, one))
        if self.groups and share.index == 0:
            note_planned(store.folder, {key: str(one.cell) for one, key in keyed})
        self.todo = [todo for group in self.groups.values() for todo in group]
        self.since = _begun(store, share)
        self.leases = Leases(store.folder / LEASES, self.since)
        first = share.index * len(self.groups) // share.of
        order = list(self.groups)
        self.order = (*order[first:], *order[:first])

    def failures(self) -> list[Failure]:
        """List the failures, in the order of the plan."""
        return [self.settled[todo.key] for todo in self.todo if todo.key in self.settled]

    def open(self) -> bool:
        """Look what is done by now, here or elsewhere; return whether anything is left."""
        done, failed = self.store.done(), self.store.failed()
        for todo in self.todo:
            if todo.key in failed and todo.key not in done and todo.key not in self.settled:
                self._failed_elsewhere(todo)
        self.closed = done | self.settled.keys()
        return any(todo.key not in self.closed for todo in self.todo)

    def turn(self) -> bool:
        """Do one piece of work, after `open`; return whether there was any that nobody else has taken.

        One look at all leases says what is free; only where nothing is are those looked at that somebody has, or had.
        """
        taken = self.leases.names()
        if taken and self.share.of == 1:
            self.order = _from_own_place(self.order)
        groups = sorted(self.order, key=lambda fitted: self._group(fitted) in taken)
        if any(map(self._begin, groups)):
            return True
        return any(map(self._cell, sorted(self._to_help(), key=lambda todo: f"c-{todo.key}" in taken)))

    def _failed_elsewhere(self, todo: Todo) -> None:
        """Take note of a failure that another process has met since this grid began; none is of hours that are yet to
        come: the clock has been set back since."""
        noted = self.store.failed_at(todo.key)
        if noted is None or not self.since <= noted <= clock(self.store.folder) + EXPIRY_S:
            return
        with suppress(DataError):  # it was done meanwhile, or the note is damaged: the cell is tried here
            failed = self.store.failure(todo.key)
            self.settled[todo.key] = Failure(todo.plan.cell, failed.error, failed.exit_code)

    def _left(self, fitted: FittedKey) -> list[Todo]:
        return [todo for todo in self.groups[fitted] if todo.key not in self.closed]

    def _begin(self, fitted: FittedKey) -> bool:
        """Do all of one fitted victim's cells that nobody else has begun; return whether there were any."""
        cells = self._left(fitted)
        if not cells or being_fitted(self.experiment, fitted):
            return False
        lease = self.leases.take(self._group(fitted), str(fitted))
        if lease is None:
            return False
        with lease:
            self._train_ahead(fitted)
            done = [self._cell(todo) for todo in cells]
        return any(done)

    def _train_ahead(self, fitted: FittedKey) -> None:
        """Train the last victims before any cell, where fewer are left to train than there are processes.

        Others can help with cells, and not with training: whoever would train last would let the others wait.
        """
        if self.share.of == 1 and not self.leases.others():
            return
        self.attempts.train(fitted)
        for other in self._to_train(fitted):
            lease = self.leases.take(self._group(other), str(other))
            if lease is not None:
                with lease:
                    self.attempts.train(other)

    def _to_train(self, fitted: FittedKey) -> Iterator[FittedKey]:
        """Victims that nobody is training, while they are fewer than the processes."""
        for _ in self.order:
            missing = [one for one in self.order if one != fitted and self._untrained(one)]
            if not missing or len(missing) >= max(self.share.of, 1 + len(self.leases.others())):
                return
            fitted = missing[0]
            yield fitted

    def _untrained(self, fitted: FittedKey) -> bool:
        if fitted_folder(self.experiment, fitted).is_dir() or self.attempts.cannot_train(fitted):
            return False
        taken = self.leases.holder(self._group(fitted)) is not None or being_fitted(self.experiment, fitted)
        return not taken and bool(self._left(fitted))

    def _group(self, fitted: FittedKey) -> str:
        return f"g-{fitted_folder(self.experiment, fitted).name}"

    def _to_help(self) -> Iterator[Todo]:
        """Cells that another has yet to come to, its last ones first; where the victim is there."""
        for fitted in self.order:
            cells = self._left(fitted)
            if cells and fitted_folder(self.experiment, fitted).is_dir():
                yield from reversed(cells)

    def _cell(self, todo: Todo) -> bool:
        """Measure one cell, unless it is done by now or another is at it; return whether it was measured."""
        if self._settled_by_now(todo):
            return False
        lease = self.leases.take(f"c-{todo.key}", str(todo.plan.cell))
        if lease is None:
            return False
        with lease:
            if self._settled_by_now(todo):
                return False
            with self.log.cell(todo.key, str(todo.plan.cell)):
                failure = self._attempt(todo, lease)
            if failure is not None:
                self.settled[todo.key] = failure
        self._say_pace()
        return True

    def _attempt(self, todo: Todo, lease: Lease) -> Failure | None:
        say, cell = self.experiment.progress.say, todo.plan.cell
        of_several = "" if cell.attack.anytime else f" · k = {cell.max_queries}"  # one cell for each k
        say(f"[{todo.number}/{self.total}] {cell}{of_several}")
        if lease.before is not None:
            note_lost(self.store.folder, lease.before)
            say(f"taken over from {lease.before.process or 'a process that is gone'}, which ended before it was done")
        if lease.deaths >= MOST_DEATHS:
            failure: Failure | None = self.attempts.given_up(todo.plan, lease.deaths)
        else:
            failure = self.attempts.cell(todo.plan)
        if failure is not None:
            self.log.note(f"failed: {failure.message}; its traceback is in failed/{todo.key}.json")
        return failure

    def _say_pace(self) -> None:
        """Say now and then how far the whole is."""
        if time.monotonic() - self.said_at < PACE_S:
            return
        self.said_at, done = time.monotonic(), self.store.done()
        left = sum(todo.key not in done and todo.key not in self.settled for todo in self.todo)
        speed = pace(self.store)
        rest = f"; {speed:.1f} cells a minute, about {duration(left / speed * 60)} left" if speed else ""
        self.experiment.progress.say(
            f"{self.total - left} of {self.total} cells done, {len(self.settled)} failed{rest}"
        )

    def _settled_by_now(self, todo: Todo) -> bool:
        if todo.key not in self.settled and not self.store.has(todo.key):
            self._failed_elsewhere(todo)
            return todo.key in self.settled
        return True

    def waits_for(self) -> str:
        """Say whom this process waits for."""
        return "; ".join(f"{one.process}: {one.what}" for one in self.leases.held().values() if one.name[0] == "c")


def _from_own_place(order: Sequence[FittedKey]) -> tuple[FittedKey, ...]:
    """The same from a place that each process has for itself: where others are at work, none looks where all look."""
    place = int(hashlib.sha256(this_process().tag.encode()).hexdigest(), 16) % len(order)
    by_name = sorted(order, key=str)
    return (*by_name[place:], *by_name[:place])


def _begun(store: Store, share: Share) -> float:
    """When the grid began that this process takes part in: who joins others takes their failures for granted."""
    own = clock(store.folder) if share.since is None else share.since
    others = [held.began for held in Leases(store.folder / LEASES).held().values() if held.began]
    return min([own, *others])


def to_the_end(works: Sequence[Work]) -> list[Failure]:
    """Work until every cell is done or has failed, here or elsewhere.

    Args:
        works: what this process does of one grid, a part for each corpus.

    Returns:
        The failures.
    """
    waited = 0
    try:
        while still := [work for work in works if work.open()]:
            if any(work.turn() for work in still):
                waited = 0
                continue
            waited += 1
            if waited == 1:
                _say_waiting(still)
            time.sleep(min(_WAIT_S[0] * 2 ** min(waited, 10), _WAIT_S[1]))
    finally:
        for work in works:
            work.attempts.costs.keep()
    return list(itertools.chain.from_iterable(work.failures() for work in works))


def _say_waiting(works: Iterable[Work]) -> None:
    for work in works:
        at = work.waits_for()
        work.experiment.progress.say(f"waiting for what others have begun{': ' * bool(at)}{at}")
