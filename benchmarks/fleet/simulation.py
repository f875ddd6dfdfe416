"""The simulation itself: workers as generators that say what they wait for, and a queue of events."""

from __future__ import annotations

import heapq
import random
from collections.abc import Generator
from dataclasses import dataclass, field

from benchmarks.fleet.model import Costs, Fleet, Grid, Rules
from benchmarks.fleet.store import Store, listing

EXPIRY_S = 90.0
TAKE, WRITE, RELEASE = 4, 5, 2
"""Operations: list, make, read the clock, list again; the record, its log and costs; give a lease back."""
Step = Generator[float, None, None]
"""Yields the time at which it goes on."""


@dataclass(frozen=True)
class Outcome:
    """Hold what came of a simulated grid.

    Args:
        makespan_s: until the last cell was done.
        scored_s: what scoring all of it takes after that.
        used: the share of the workers' time that went into trainings and cells that counted.
        operations: of the store.
        store_busy: the share of the makespan in which the store had something to do.
        twice: trainings and cells that were done twice.
        lost_s: worker seconds that were lost with what was taken away.
    """

    makespan_s: float
    scored_s: float
    used: float
    operations: int
    store_busy: float
    twice: int
    lost_s: float


@dataclass
class World:
    """Hold what workers see of each other.

    Args:
        grid: what is to be done.
        fleet: who does it.
        rules: how.
    """

    grid: Grid
    fleet: Fleet
    rules: Rules
    now: float = 0.0
    trained: set[int] = field(default_factory=set)
    done: set[tuple[int, int]] = field(default_factory=set)
    left: dict[int, int] = field(default_factory=dict)
    leases: dict[object, tuple[float, float]] = field(default_factory=dict)
    """When each was made, and when it expires; infinite while its holder lives."""
    useful_s: float = 0.0
    lost_s: float = 0.0
    twice: int = 0

    def __post_init__(self) -> None:
        self.store = Store(self.fleet.store)
        self.left = dict.fromkeys(range(self.grid.victims), self.grid.cells)

    def held(self, name: object) -> bool:
        """Tell whether somebody has a lease, as far as can be seen by now."""
        found = self.leases.get(name)
        return found is not None and found[1] > self.now

    def take(self, name: object) -> bool:
        """Take a lease that nobody has; on a store that does not exclude, what was made a moment ago is not seen."""
        found = self.leases.get(name)
        if found is not None and found[1] > self.now:
            seen = self.now - found[0] > 2 * self.fleet.store.latency_s
            if self.fleet.store.exclusive or seen:
                return False
        self.leases[name] = (self.now, float("inf"))
        self.store.beating = len(self.leases)
        return True

    def give(self, name: object) -> None:
        """Give a lease back."""
        self.leases.pop(name, None)
        self.store.beating = len(self.leases)


@dataclass
class Worker:
    """One process.

    Args:
        world: what all see.
        number: its own, from 0.
        rng: decides when it is taken away.
    """

    world: World
    number: int
    rng: random.Random
    holding: list[object] = field(default_factory=list)
    busy_since: float | None = None

    def life(self) -> Step:
        """Start, work until everything is done, and end."""
        world, costs = self.world, self.world.fleet.costs
        yield world.now + costs.start_s
        waited = 0
        while len(world.done) < world.grid.total:
            yield world.store.ends(world.now, listing(len(world.done)) + 1)
            before = world.now
            yield from self._turn(costs)
            waited = waited + 1 if world.now - before < costs.cell_s else 0
            if waited:
                yield world.now + min(0.1 * 2 ** min(waited, 10), 2.0)

    def _turn(self, costs: Costs) -> Step:
        world, rules = self.world, self.world.rules
        place = self.number * 2_654_435_761 % world.grid.victims if rules.own_place and self.number else 0
        order = [*range(place, world.grid.victims), *range(place)]
        if rules.one_look:
            yield world.store.ends(world.now, listing(len(world.leases)))
        looks = 0
        for victim in order:
            if not world.left[victim]:
                continue
            looks += 0 if rules.one_look else 1 + 2 * listing(len(world.leases))
            if not world.held(("g", victim)):
                yield world.store.ends(world.now, looks + TAKE + 2)
                looks = 0
                if world.take(("g", victim)):
                    yield from self._group(victim, costs)
                    return
        yield world.store.ends(world.now, max(1, looks))
        yield from self._help(order, costs)

    def _group(self, victim: int, costs: Costs) -> Step:
        world = self.world
        self.holding.append(("g", victim))
        if victim not in world.trained:
            yield from self._train(victim, costs)
        while world.rules.ahead and world.fleet.workers > 1:
            missing = [v for v in range(world.grid.victims) if v not in world.trained and not world.held(("g", v))]
            if not missing or len(missing) >= world.fleet.workers or not world.take(("g", missing[0])):
                break
            self.holding.append(("g", missing[0]))
            yield from self._train(missing[0], costs)
            self._give(("g", missing[0]))
        for number in range(world.grid.cells):
            yield from self._cell(victim, number, costs)
        self._give(("g", victim))

    def _train(self, victim: int, costs: Costs) -> Step:
        world = self.world
        self.busy_since = world.now
        yield world.now + costs.fit_s
        self.busy_since = None
        world.twice += victim in world.trained
        world.useful_s += 0.0 if victim in world.trained else costs.fit_s
        world.trained.add(victim)
        yield world.store.ends(world.now, WRITE)

    def _help(self, order: list[int], costs: Costs) -> Step:
        world = self.world
        for victim in order:
            if world.left[victim] and victim in world.trained:
                for number in reversed(range(world.grid.cells)):
                    if (victim, number) not in world.done and not world.held(("c", victim, number)):
                        before = world.now
                        yield from self._cell(victim, number, costs)
                        if world.now - before > costs.cell_s:
                            return

    def _cell(self, victim: int, number: int, costs: Costs) -> Step:
        world, name = self.world, ("c", victim, number)
        if (victim, number) in world.done or world.held(name):
            return
        yield world.store.ends(world.now, TAKE + 2)
        if (victim, number) in world.done or not world.take(name):
            return
        self.holding.append(name)
        took = costs.cell_s + world.grid.queries * costs.query_s
        self.busy_since = world.now
        yield world.now + took
        self.busy_since = None
        yield world.store.ends(world.now, WRITE + RELEASE)
        world.twice += (victim, number) in world.done
        if (victim, number) not in world.done:
            world.useful_s += took
            world.done.add((victim, number))
            world.left[victim] -= 1
        self._give(name)

    def _give(self, name: object) -> None:
        self.holding.remove(name)
        self.world.give(name)

    def taken_away(self) -> None:
        """End without finishing: leases are given back where it was told, and expire where it was not."""
        world = self.world
        world.lost_s += 0.0 if self.busy_since is None else world.now - self.busy_since
        for name in self.holding:
            if world.fleet.told:
                world.give(name)
            else:
                world.leases[name] = (world.leases[name][0], world.now + EXPIRY_S)
        self.holding, self.busy_since = [], None


def simulate(grid: Grid, fleet: Fleet, rules: Rules, seed: int = 0) -> Outcome:
    """Let a fleet work on a grid until every cell is done.

    Args:
        grid: what is to be done.
        fleet: who does it.
        rules: how workers choose.
        seed: decides when workers are taken away.
    """
    world, rng = World(grid, fleet, rules), random.Random(seed)  # a simulation
    events: list[tuple[float, int, int]] = []
    alive: dict[int, tuple[Worker, Step, float]] = {}
    ticket = 0

    def born(number: int, at: float) -> None:
        nonlocal ticket
        worker = Worker(world, number, rng)
        dies = at + rng.expovariate(1 / fleet.life_s) if fleet.life_s else float("inf")
        alive[number] = worker, worker.life(), dies
        ticket += 1
        heapq.heappush(events, (at, ticket, number))

    for number in range(fleet.workers):
        born(number, fleet.stagger_s * number / fleet.workers)
    while events and len(world.done) < grid.total:
        world.now, _, number = heapq.heappop(events)
        worker, steps, dies = alive[number]
        if world.now >= dies:
            worker.taken_away()
            born(number, world.now + fleet.back_s)
            continue
        goes_on = next(steps, None)
        if goes_on is not None:
            ticket += 1
            heapq.heappush(events, (min(goes_on, max(dies, world.now)), ticket, number))
    return _outcome(world)


def _outcome(world: World) -> Outcome:
    costs, rules, total = world.fleet.costs, world.rules, world.grid.total
    reading = total * world.fleet.store.latency_s / rules.readers
    scoring = total * (costs.kept_s if rules.kept else costs.score_s)
    return Outcome(
        makespan_s=world.now,
        scored_s=reading + scoring,
        used=world.useful_s / (world.now * world.fleet.workers),
        operations=world.store.served,
        store_busy=min(1.0, world.store.busy_s / world.now),
        twice=world.twice,
        lost_s=world.lost_s,
    )
