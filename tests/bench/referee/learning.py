"""An attack that learns from one utterance for another: a plug-in file, for `test_rounds.py` and `test_checking.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import Answer, AttackTools, Heard, Overlay, PastSearch, Recipe, Rng, ThreatModel, Traits

CATEGORIES = ("crowd", "human", "interior", "meeting", "natural", "station")
REMEMBERED: Counter[str] = Counter()


@dataclass(frozen=True)
class Habit:
    """Lays sounds over speech, those first whose category has fooled the victim most often so far.

    Args:
        round_size: utterances in a round.
        leaks: it also keeps what it learns in a global of its module, and goes by that.
        writes: each search writes over the plan that it was given.
    """

    round_size: int = 4
    leaks: bool = False
    writes: bool = False

    @property
    def traits(self) -> Traits:
        return Traits(threat_model=ThreatModel(round_size=self.round_size), anytime=True, categories=CATEGORIES)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Generator[Recipe, Answer, None]:
        won: Mapping[str, int] = REMEMBERED if self.leaks else tools.plan.get("won", {})
        order = sorted(CATEGORIES, key=lambda name: (-won.get(name, 0), name))
        if self.writes:
            tools.plan["won"] = dict.fromkeys(reversed(order), 99)  # type: ignore[index]
        for category in order:
            answer = yield Recipe(Overlay(tools.noises.draw(rng, category), 10.5))
            if answer.fooled and answer.counts:
                REMEMBERED[category] += self.leaks
                return

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Mapping[str, Any]:
        won = Counter(plan.get("won", {}))
        for search in searches:
            for recipe, answer in search.asked:
                (part,) = recipe.parts
                assert isinstance(part, Overlay)
                won[part.clip.partition("-")[0]] += answer.fooled and answer.counts
        return {"won": dict(won)}


COMPONENTS = {"attacks": {"habit": Habit}}
