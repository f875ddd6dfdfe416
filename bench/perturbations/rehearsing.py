"""What searches share that learn an order in a rehearsal: how they rehearse, what they learn, how they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from bench.audio.signal.levels import audible
from bench.contracts.attacks import AttackTools, PastSearch, Steps
from bench.contracts.recipes import Recipe
from bench.core.heard import Heard
from bench.core.types import Rng
from bench.perturbations.pools import LADDER, at_level, level_of

Array = np.ndarray[Any, np.dtype[np.float64]]
ANY = ""
"""The name of the order that serves every label."""
LONGEST = 128
_DRAWN = 10_000
"""Of fresh ones at most so many: where few can be drawn, all have been asked some time."""
_OTHER_LABELS = 0.2
_ENOUGH = 0.1


def rehearsal(recipes: Iterable[Recipe], levels: Sequence[float]) -> Steps:
    """Yield a whole pool at the first level, then in turns each of it at another of the rest, until a turn has enough.

    Whatever part of the turns there is room for, every level is asked about as often as the others: what gets past a
    detector lies somewhere among them. A turn has enough where a tenth of what it asked fooled the victim.

    Args:
        recipes: of the pool, at the first level.
        levels: in dB, ascending.
    """
    pool = list(recipes)
    for turn in range(len(levels)):
        tried = won = 0
        for place, recipe in enumerate(pool):
            if turn and level_of(recipe) is None:
                continue  # it has been tried as it is
            answer = yield at_level(recipe, levels[turn and 1 + (place + turn - 1) % (len(levels) - 1)])
            tried += answer.applied
            won += answer.fooled and answer.counts
        if won >= _ENOUGH * tried:
            return


def in_order(order: Iterable[Recipe], levels: Sequence[float]) -> Steps:
    """Yield recipes in their order until one counts; none as loud again as it was when it was refused.

    Args:
        order: of a pool.
        levels: in dB, ascending.
    """
    asked: set[str] = set()
    least: dict[Recipe, float] = {}
    for planned in order:
        level = own = level_of(planned)
        if level is not None and least:
            level = max(level, least.get(at_level(planned, levels[0]), level))
        recipe = planned if level is None or level == own else at_level(planned, level)
        if str(recipe) in asked:
            continue
        asked.add(str(recipe))
        answer = yield recipe
        if answer.fooled and answer.counts:
            return
        if answer.refused and level is not None:
            above = (one for one in levels if one > level)
            least[at_level(planned, levels[0])] = next(above, levels[-1])


def planned(plan: Mapping[str, Any], label: str | None) -> list[Recipe] | None:
    """Read the order for a label from what was learnt; None where nothing was.

    Args:
        plan: what `orders` gave.
        label: of the clean speech; None where it is not told.
    """
    orders = plan.get("orders", {})
    told = orders.get(label or ANY, orders.get(ANY))
    return None if told is None else list(map(Recipe.read, told))


def search_learnt(
    original: Heard,
    tools: AttackTools,
    recipes: Callable[[float], Iterable[Recipe]],
    fresh: Callable[[Rng, float], Recipe],
    rng: Rng,
) -> Steps:
    """Rehearse a pool, or ask in the order that was learnt of it, in the pool's own where none was; then fresh ones.

    Args:
        original: what is attacked; nothing is tried on silence.
        tools: the attack's.
        recipes: of the pool at a level, in dB.
        fresh: draws another of its kind, at a level.
        rng: what those are drawn with.
    """
    if not audible(original.waveform):
        return
    levels = [tools.min_snr_db + above for above in LADDER]
    if tools.rehearsing:
        yield from rehearsal(recipes(levels[0]), levels)
        return
    order = planned(tools.plan, tools.label)
    shares = np.array(tools.plan.get("fresh") or [[levels[0], 1.0]])
    likely = shares[:, 1] / shares[:, 1].sum()
    drawn = (fresh(rng, float(rng.choice(shares[:, 0], p=likely))) for _ in range(_DRAWN))
    yield from in_order(chain(recipes(levels[0]) if order is None else order, drawn), levels)


@dataclass(frozen=True)
class RehearsalOutcomes:
    """What a rehearsal has shown.

    Args:
        lines: recipes, each a line of JSON.
        fooled: 1 where one fooled an utterance and counted, shape (utterances, recipes).
        asked: 1 where one was asked about, of the same shape.
        labels: of the clean utterances, as far as they are told.
    """

    lines: tuple[str, ...]
    fooled: Array
    asked: Array
    labels: tuple[str | None, ...]

    @classmethod
    def of(cls, searches: Sequence[PastSearch]) -> RehearsalOutcomes:
        """Put the searches of a rehearsal together."""
        lines = list(dict.fromkeys(str(recipe) for one in searches for recipe, _ in one.asked))
        places = {line: place for place, line in enumerate(lines)}
        fooled, asked = np.zeros((2, len(searches), len(lines)))
        for number, one in enumerate(searches):
            for recipe, answer in one.asked:
                asked[number, places[str(recipe)]] = answer.applied
                fooled[number, places[str(recipe)]] = answer.fooled and answer.counts
        return cls(tuple(lines), fooled, asked, tuple(one.label for one in searches))

    def orders(self, ordered: Callable[[Array], list[str]]) -> dict[str, Any]:
        """Make a plan: an order for all, and where labels are told one for each; and levels for what comes after.

        Args:
            ordered: gives an order's lines by the weights of the utterances.
        """
        found = {ANY: ordered(np.ones(len(self.labels)))}
        for label in sorted({label for label in self.labels if label is not None}):
            found[label] = ordered(np.array([1.0 if one == label else _OTHER_LABELS for one in self.labels]))
        return {"orders": found, "fresh": self._levels()}

    def _levels(self) -> list[list[float]]:
        """The levels, in dB, each with the share of what was asked there that fooled: 1 for each where nothing did."""
        each: dict[float, list[int]] = {}
        for place, line in enumerate(self.lines):
            if (level := level_of(Recipe.read(line))) is not None:
                each.setdefault(level, []).append(place)
        asked = {level: places for level, places in sorted(each.items()) if self.asked[:, places].any()}
        shares = {level: self.fooled[:, own].sum() / self.asked[:, own].sum() for level, own in asked.items()}
        return [[level, float(share) if any(shares.values()) else 1.0] for level, share in shares.items()]


def best_left(fooled: Array, weights: Array, free: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
    """Find the recipe that fools most of the weight that is left: the place of the first of several alike.

    Args:
        fooled: shape (utterances, recipes).
        weights: of the utterances.
        free: which recipes may be taken.
    """
    gains = (weights[:, None] * fooled).sum(axis=0)
    return int(np.argmax(np.where(free, gains, -1.0)))


def covered(fooled: Array, weights: Array, belief: float) -> list[int]:
    """Put recipes into an order: greedily, by the weight of what each fools, which counts less from then on.

    Args:
        fooled: shape (utterances, recipes).
        weights: of the utterances.
        belief: which share of the utterances like one that was fooled is believed to be fooled too.

    Returns:
        At most 128 places, of those that fooled any.
    """
    left, order, free = weights.copy(), list[int](), np.asarray(fooled.sum(axis=0) > 0)
    for _ in range(min(LONGEST, int(free.sum()))):
        place = best_left(fooled, left, free)
        free[place] = False
        order.append(place)
        left = left * (1 - belief * fooled[:, place])
    return order
