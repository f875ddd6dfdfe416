"""Universal noises: one order of noises for all utterances, learnt on validation speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bench import AttackTools, Heard, PastSearch, Recipe, Rng, Steps, ThreatModel, Traits, within
from bench.audio.signal.levels import audible
from bench.perturbations.pools import LADDER, SHAPED, Pool, at_level, effects_of, level_of

_ANY = ""
_OTHER_LABELS = 0.2
_LONGEST = 128
_ENOUGH = 0.1


@dataclass(frozen=True)
class UniversalNoises:
    """Noises in one order for all utterances, learnt beforehand on validation speakers (after universal perturbations).

    A failed query says next to nothing to who is told one bit, so that the order is better learnt where nothing is at
    stake. Before the attack every noise of a pool is tried on the speech of validation speakers, just above the
    threshold; on an utterance that fewer than a tenth of them fool, one level of 12.5, 15, 20, 25, 35 dB after the
    other as well (where the threshold is 10), until a tenth do or the rehearsal's budget is spent. Then that noise is
    put first that fools most; next the one that fools most of what is left, and so on: what a noise has fooled counts
    less from then on, though not nothing, since it will not fool all that are like it.

    Args:
        noises: "imperceptible" for single sounds of the bank as P1 lays them; "additive" for shapes of noise and
            effects that keep the length as well; "all" for P1's effects too.
        answers: what it is told of each candidate: "fooled"; "label", and then it has an order for each label that the
            victim gives to clean speech; "refusals", and then no noise is as loud any more as one that was refused.
        pool: how many noises, at least 2.
        rehearsal: queries about each validation utterance, at least `pool`.
        belief: which share of the utterances that are like one that a noise fooled it is believed to fool, from 0 to 1.

    Differences to the original: universal perturbations (Moosavi-Dezfooli et al. 2017, Neekhara et al. 2019) are one
    waveform found with gradients; here there are labels alone, and an order of many noises that can be described. The
    order is greedy min-sum set cover (Feige et al. 2004), softened by `belief`.
    """

    noises: Literal["all", "additive", "imperceptible"] = "all"
    answers: Literal["fooled", "label", "refusals"] = "fooled"
    pool: int = 128
    rehearsal: int = 384
    belief: float = 0.6

    def __post_init__(self) -> None:
        name = "attack 'universal_noises'"
        within(name, "pool", self.pool, "try pool=128", at_least=2)
        within(name, "rehearsal", self.rehearsal, "give it pool or more", at_least=self.pool)
        within(name, "belief", self.belief, "try belief=0.6", at_least=0, at_most=1)

    @property
    def traits(self) -> Traits:
        """Declare its threat model, and the effects in its pool."""
        specs = (
            effects_of(self.noises) if self.noises == "imperceptible" else (*effects_of(self.noises), SHAPED[0].name)
        )
        knows = ThreatModel(("validation",), self.answers, self.noises, rehearsal=self.rehearsal)
        return Traits(made_of=tuple(("attacks", spec) for spec in specs), threat_model=knows, anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield the noises in their order until one counts; in a rehearsal, all of the pool."""
        if not audible(original.waveform):
            return
        levels = [tools.min_snr_db + above for above in LADDER]
        pool = Pool(tools.noises, self.noises, self.pool)
        if tools.rehearsing:
            yield from _rehearsal(pool, levels)
            return
        orders = tools.plan.get("orders", {})
        told = orders.get(tools.label or _ANY, orders.get(_ANY))
        order = pool.recipes(levels[0]) if told is None else map(Recipe.read, told)
        asked: set[str] = set()
        least = 0.0
        for planned in order:
            level = level_of(planned)
            recipe = planned if level is None or level >= least else at_level(planned, least)
            if str(recipe) in asked:
                continue
            asked.add(str(recipe))
            answer = yield recipe
            if answer.fooled and answer.counts:
                return
            if answer.refused and level is not None:
                least = next((one for one in levels if one > max(level, least)), levels[-1])

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Mapping[str, Any]:
        """Put the noises into an order: one for all, and where labels are told one for each."""
        lines = list(dict.fromkeys(str(recipe) for one in searches for recipe, _ in one.asked))
        places = {line: place for place, line in enumerate(lines)}
        fooled = np.zeros((len(searches), len(lines)))
        for number, one in enumerate(searches):
            for recipe, answer in one.asked:
                fooled[number, places[str(recipe)]] = answer.fooled and answer.counts
        labels = [one.label for one in searches]
        orders = {_ANY: self._order(fooled, np.ones(len(searches)))}
        for label in sorted({label for label in labels if label is not None}):
            weights = np.array([1.0 if one == label else _OTHER_LABELS for one in labels])
            orders[label] = self._order(fooled, weights)
        return {"orders": {label: [lines[place] for place in order] for label, order in orders.items()}}

    def _order(self, fooled: np.ndarray[Any, np.dtype[np.float64]], weights: np.ndarray[Any, Any]) -> list[int]:
        """Places of the noises: greedily, by the weight of what each fools.

        Args:
            fooled: 1 where a noise fooled an utterance, shape (utterances, noises).
            weights: of the utterances.
        """
        left, order = weights.copy(), list[int]()
        free = np.ones(fooled.shape[1], dtype=bool)
        for _ in range(min(_LONGEST, fooled.shape[1])):
            gains = (left[:, None] * fooled).sum(axis=0)
            place = int(np.argmax(np.where(free, gains, -1.0)))
            free[place] = False
            order.append(place)
            left = left * (1 - self.belief * fooled[:, place])
        return order


def _rehearsal(pool: Pool, levels: Sequence[float]) -> Steps:
    """The whole pool, level after level, until enough of it fools the victim."""
    for number, snr_db in enumerate(levels):
        tried = won = 0
        for recipe in pool.recipes(snr_db):
            if number and level_of(recipe) is None:
                continue  # it has been tried as it is
            answer = yield recipe
            tried += answer.applied
            won += answer.fooled and answer.counts
        if won >= _ENOUGH * tried:
            return
