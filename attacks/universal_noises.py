"""Universal noises: one order of noises for all utterances, learnt on validation speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench import AttackTools, Heard, PastSearch, Rng, Steps, ThreatModel, Traits, within
from bench.perturbations.pools import MADE_OF, Pool, effects_of
from bench.perturbations.rehearsing import RehearsalOutcomes, covered, search_learnt


@dataclass(frozen=True)
class UniversalNoises:
    """Noises in one order for all utterances, learnt beforehand on validation speakers (after universal perturbations).

    A failed query says next to nothing to who is told one bit, so that the order is better learnt where nothing is at
    stake. Before the attack every noise of a pool is tried on the speech of validation speakers, just above the
    threshold; on an utterance that fewer than a tenth of them fool, in turns at one of 12.5, 15, 20, 25, 35 dB after
    the other as well (where the threshold is 10; a turn has all these levels, and a noise another in each turn), until
    a tenth of a turn do or the rehearsal's budget is spent. Then that noise is put first that fools most; next the one
    that fools most of what is left, and so on: what a noise has fooled counts less from then on, though not nothing,
    since it will not fool all that are like it. What fooled nobody is left out: after the last that did come fresh
    noises, at levels drawn in proportion to how often the pool's fooled at each.

    Args:
        noises: "imperceptible" for single sounds of the bank as P1 lays them; "additive" for shapes and spectra of
            noise, thresholds, noise over those, and effects that keep the length as well; "all" for P1's effects too.
        answers: what it is told of each candidate: "fooled"; "label", and then it has an order for each label that the
            victim gives to clean speech; "refusals", and then no noise is as loud again as it was when it was refused.
        pool: how many noises, at least 2.
        rehearsal: queries about each validation utterance, at least `pool`; six times as many are enough for every
            noise at every level, which is what a detector is worth.
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
        specs = effects_of(self.noises) if self.noises == "imperceptible" else (*effects_of(self.noises), *MADE_OF)
        knows = ThreatModel(("validation",), self.answers, self.noises, rehearsal=self.rehearsal)
        made_of = tuple(("attacks", spec) for spec in specs)
        return Traits(categories=None, made_of=made_of, threat_model=knows, anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield the noises in their order, then fresh ones, until one counts; in a rehearsal, all of the pool."""
        pool = Pool(tools.noises, self.noises, self.pool)
        yield from search_learnt(original, tools, pool.recipes, pool.fresh, rng)

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Mapping[str, Any]:
        """Put the noises into an order: one for all, and where labels are told one for each."""
        found = RehearsalOutcomes.of(searches)
        return found.orders(lambda weights: [found.lines[at] for at in covered(found.fooled, weights, self.belief)])
