"""One attack on many utterances: what it is, what it is granted, and what its searches share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from bench.contracts.attacks import Attack, AttackTools, SpeechEffect, Steps
from bench.contracts.defense_view import DefenseView
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.recipes import Recipe
from bench.contracts.searching import searched
from bench.contracts.threat_models import ThreatModel
from bench.core.errors import UsageError
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.types import Rng, Utterance
from bench.perturbations.rendering import Renderer
from bench.referee.lending import Lent, granted_tools, look_through

NO_PLAN = "{}"


@dataclass(frozen=True)
class AttackRun:
    """One attack on many utterances.

    Args:
        attack: the search, or an effect, which is asked once.
        name: its spec: part of every search's random key, and of messages.
        tools: what it may use; `tools.max_queries` is the budget k.
        seed: the cell's seed.
        speech: the clean utterances of the part that is attacked, from which some effects take something.
        noises: the referee's own bank; None for a copy of the tools', made before the attack sees them.
        transferred: for an attack with the trait `transfers`, what was found on the bare victim, by utterance.
        view: for an attack with the trait `adaptive`, a look through the defence.
        threat_model: what the attack is granted; None for what it declares itself.
        anytime: whether it is not told its budget; None for what it declares itself.
        plan: what it has learnt in a rehearsal, as JSON.
        rehearsing: whether this is that rehearsal.
        learner: the attack that learns, where it is one inside the attack; None for the attack itself.
    """

    attack: Attack | SpeechEffect
    name: str
    tools: AttackTools
    seed: int
    speech: Sequence[Utterance] = ()
    noises: NoiseSet | None = None
    transferred: Mapping[str, Recipe] = field(default_factory=dict)
    view: DefenseView | None = None
    threat_model: ThreatModel | None = None
    anytime: bool | None = None
    plan: str = NO_PLAN
    rehearsing: bool = False
    learner: Attack | SpeechEffect | None = None

    @cached_property
    def granted(self) -> ThreatModel:
        """Return what the attack is granted."""
        return granted_to(self.attack) if self.threat_model is None else self.threat_model

    @property
    def identities(self) -> int:
        """Return under how many names each search asks, in turn; 0 in a rehearsal, which is in no session."""
        return 0 if self.rehearsing else self.granted.identities

    @property
    def learns(self) -> bool:
        """Return whether what its searches were is kept for it."""
        return self.rehearsing or self.granted.round_size > 0

    @cached_property
    def budget(self) -> int:
        """Return after how many queries each search is closed."""
        if self.tools.max_queries is None:
            raise UsageError(f"attack {self.name!r}", "no budget", "max_queries in its tools", "say how many queries")
        return self.tools.max_queries

    @cached_property
    def hides_budget(self) -> bool:
        """Return whether the attack is not told its budget."""
        return is_anytime(self.attack) if self.anytime is None else self.anytime

    @cached_property
    def renderer(self) -> Renderer:
        """Make what renders its recipes, from a bank that the attack cannot reach."""
        own = {self.name: self.attack} if isinstance(self.attack, SpeechEffect) else {}
        bank = self.tools.noises.copied() if self.noises is None else self.noises
        return Renderer(bank, self.tools.component, guards=True, own=own)

    @cached_property
    def search(self) -> Callable[[Heard, AttackTools, Rng], Steps] | None:
        """Return what begins its searches; None for an effect, which is asked once. It takes long to tell which."""
        return None if isinstance(self.attack, SpeechEffect) else partial(searched, self.attack)

    def prepare(self) -> None:
        """Make what all searches share: before several threads ask for it."""
        _ = self.renderer, self.lent, self._others, self._lendable, self.hides_budget, self.search

    @cached_property
    def lent(self) -> Sequence[Heard]:
        """Make the speech that the attack is given: copies, with opaque speakers."""
        return Lent(self.speech, self.seed)

    def tools_for(
        self, utterance: Utterance, plan: str = NO_PLAN, label: str | None = None, value: float | None = None
    ) -> AttackTools:
        """Return what the search of one utterance may use.

        Args:
            utterance: whose search it is.
            plan: what the attack has learnt before, as JSON.
            label: what the victim says of the clean speech, where the attack may know that.
            value: likewise the number that it answers, in a dimensional task.
        """
        look = self.view if "defense" in self.granted.knows else None
        found, view = self.transferred.get(utterance.id), None if look is None else look_through(look, utterance)
        own = {"plan": json.loads(plan), "label": label, "value": value, "rehearsing": self.rehearsing}
        return replace(self._lendable, transferred=found, defense_view=view, **own)

    @cached_property
    def _lendable(self) -> AttackTools:
        tools = replace(self.tools, speech=self.lent, target=self.granted.target or None)
        return granted_tools(tools, self.granted, None if self.hides_budget else self.budget)

    def others(self, utterance: Utterance) -> Sequence[Heard]:
        """Return what else the utterance's speaker says, copies, in the corpus's order."""
        return Lent(self._others.get(utterance.speaker, ()), self.seed, but=utterance.id)

    @cached_property
    def _others(self) -> dict[str, list[Utterance]]:
        groups: dict[str, list[Utterance]] = {}
        for utterance in self.speech:
            groups.setdefault(utterance.speaker, []).append(utterance)
        return groups
