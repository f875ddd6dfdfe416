"""One running search of an attack: what it asks for, checked and rendered, and its end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch
from torch import Tensor

from bench.contracts.attacks import Answer, Attack, AttackTools, SpeechEffect, Steps
from bench.contracts.defense_view import DefenseView
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.recipes import Effect, Recipe, RecipeError
from bench.contracts.searching import once, steps_of
from bench.contracts.threat_models import ThreatModel
from bench.core.errors import BenchError, ComponentError, UsageError
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.rng import generator_of, key_of
from bench.core.types import Utterance
from bench.perturbations.rendering import Rendered, Renderer, copy_of
from bench.referee.columns import kinds_of
from bench.referee.judgement import Verdict, energy64, measured_snr_db, verdict_on
from bench.referee.lending import Lent, granted_tools, look_through, token_of

IDLE = 256
"""How often, beside 16 times for each query, a search may ask for what does not apply before it is closed; for each
query allowed, or for each one asked where the search does not know how many are."""
_IDLE_EACH = 16


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

    @cached_property
    def granted(self) -> ThreatModel:
        """Return what the attack is granted."""
        return granted_to(self.attack) if self.threat_model is None else self.threat_model

    @cached_property
    def budget(self) -> int:
        """Return after how many queries each search is closed.

        Raises:
            UsageError: the tools say nothing of it.
        """
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
        bank = copy_of(self.tools.noises) if self.noises is None else self.noises
        return Renderer(bank, self.tools.component, self.tools.noises, own)

    def prepare(self) -> None:
        """Make what all searches share: before several threads ask for it."""
        _ = self.renderer, self.lent, self._others, self._lendable, self.hides_budget

    @cached_property
    def lent(self) -> Sequence[Heard]:
        """Make the speech that the attack is given: copies, with opaque speakers."""
        return Lent(self.speech, self.seed)

    def tools_for(self, utterance: Utterance) -> AttackTools:
        """Return what the search of one utterance may use."""
        look = None if self.view is None or "defense" not in self.granted.knows else self.view
        found = self.transferred.get(utterance.id)
        view = None if look is None else look_through(look, utterance)
        return replace(self._lendable, speech=self.lent, transferred=found, defense_view=view)

    @cached_property
    def _lendable(self) -> AttackTools:
        return granted_tools(self.tools, self.granted, None if self.hides_budget else self.budget)

    def others(self, utterance: Utterance) -> Sequence[Heard]:
        """Return what else the utterance's speaker says, copies, in the corpus's order."""
        return Lent(self._others.get(utterance.speaker, ()), self.seed, but=utterance.id)

    @cached_property
    def _others(self) -> dict[str, list[Utterance]]:
        groups: dict[str, list[Utterance]] = {}
        for utterance in self.speech:
            groups.setdefault(utterance.speaker, []).append(utterance)
        return groups


@dataclass(frozen=True)
class Candidate:
    """What a search asks about.

    Args:
        recipe: what is to be done.
        rendered: what came of it.
        utterance: the utterance as it is heard then, for the victim.
    """

    recipe: Recipe
    rendered: Rendered
    utterance: Utterance


class Search:
    """One search, from its first candidate to its end.

    The attack gets copies; what is rendered and measured against is the referee's own.

    Args:
        attack_run: which attack, with what.
        original: the clean utterance, on the referee's device, samples that nobody else has.
        label_before: the victim's class index for it.
        settled: whether that label holds over chance; if not, no other label says anything.
        key: of its randomness; by default of the run's seed, the attack's name and the utterance's id.

    Attributes:
        granted: the threat model that it is run under.
        candidate: what it asks about now; None once it has ended.
        queries: how many candidates have been charged.

    Raises:
        ComponentError: the attack raised, yielded what is no recipe, or changed what it was given.
    """

    def __init__(
        self,
        attack_run: AttackRun,
        original: Utterance,
        label_before: int,
        settled: bool = True,
        key: int | None = None,
    ) -> None:
        self.original = original
        self.label_before = label_before
        self.settled = settled
        self.queries = 0
        self.granted = attack_run.granted
        self._attack_run = attack_run
        self._heard = Heard.of(original, token_of(original.speaker, attack_run.seed))
        self._given = replace(self._heard, waveform=self._heard.waveform.clone())
        self._energy = energy64(original.waveform)
        self._rendering = attack_run.renderer.of(self._heard, attack_run.others(original))
        self._idle = IDLE + (0 if attack_run.hides_budget else _IDLE_EACH * attack_run.budget)
        self._steps = self._begun(key_of(attack_run.seed, attack_run.name, original.id) if key is None else key)
        self.candidate = self._next(partial(next, self._steps))

    def answer(self, answer: Answer) -> None:
        """Tell the search what came of its candidate, charged where it applied, and take the next one."""
        self.queries += answer.applied
        self._idle -= not answer.applied
        self._idle += _IDLE_EACH * (answer.applied and self._attack_run.hides_budget)
        goes_on = self.queries < self._attack_run.budget and self._idle > 0
        self.candidate = self._next(partial(self._steps.send, answer)) if goes_on else None
        if self.candidate is None:
            self._close()

    def snr_db(self, candidate: Candidate) -> Tensor:
        """Measure the candidate, see `bench.referee.judgement.measured_snr_db`."""
        return measured_snr_db(self.original.waveform, candidate.rendered, self._energy)

    def verdict(self, candidate: Candidate, measured: float, min_snr_db: float) -> Verdict:
        """Judge the candidate.

        Args:
            candidate: the search's.
            measured: from `snr_db`.
            min_snr_db: it counts only above this SNR.

        Raises:
            ComponentError: it has NaN samples.
        """
        if math.isnan(measured):
            raise self.broken("NaN samples", "numbers")
        perception = self._attack_run.tools.perception
        return verdict_on(self._heard, candidate.rendered, candidate.recipe, measured, perception, min_snr_db)

    def broken(self, found: str, expected: str) -> ComponentError:
        """Make the error to raise when the attack breaks its contract.

        Args:
            found: what it did.
            expected: what it should have done.
        """
        where = f"attack {self._attack_run.name!r} on utterance {self.original.id!r}"
        return ComponentError(where, found, expected, "correct its search method")

    def _begun(self, key: int) -> Steps:
        run = self._attack_run
        if isinstance(run.attack, SpeechEffect):
            return once(Recipe(Effect(run.name, key)))
        return steps_of(run.attack, run.name, self._given, run.tools_for(self.original), generator_of(key))

    def _next(self, step: Callable[[], Recipe]) -> Candidate | None:
        """The next candidate that applies and is allowed, or None where the search has ended."""
        while (asked := self._asked(step)) is not None:
            try:
                recipe = self._attack_run.renderer.canonical(asked)
                rendered = self._rendering.rendered(recipe)
            except RecipeError as error:
                raise self.broken(str(error), "a Recipe that can be rendered") from error
            except BenchError:
                raise
            except Exception as error:  # an effect may be somebody else's code
                raise self.broken(f"{type(error).__name__}: {error}", "an effect that can be applied") from error
            if rendered is not None and self._may_try(recipe, rendered):
                return Candidate(recipe, rendered, self._as_heard(rendered.heard))
            self._idle -= 1
            if self._idle <= 0:
                return None
            step = partial(self._steps.send, Answer(fooled=False, applied=False))
        return None

    def _may_try(self, recipe: Recipe, rendered: Rendered) -> bool:
        """Whether the threat model allows it; nobody is asked about anything else."""
        perception = self._attack_run.tools.perception
        kinds = partial(kinds_of, self._heard, rendered.heard, recipe, perception)
        return self.granted.allowed == "all" or self.granted.allows(*kinds())

    def _asked(self, step: Callable[[], Recipe]) -> Recipe | None:
        """What the search asks for next, or None where it has ended."""
        try:
            return step()
        except StopIteration:
            return None
        except RecipeError as error:
            raise self.broken(str(error), "a Recipe") from error
        except BenchError:
            raise
        except Exception as error:
            raise self.broken(f"{type(error).__name__}: {error}", "a Recipe or a return") from error

    def _as_heard(self, heard: Heard) -> Utterance:
        return replace(self.original, waveform=heard.waveform, transcript=heard.transcript, words=heard.words)

    def _close(self) -> None:
        try:
            self._steps.close()
        except Exception as error:
            found = str(error) if isinstance(error, RuntimeError) else f"{type(error).__name__}: {error}"
            raise self.broken(found, "a search that ends when it is closed") from error
        if not torch.equal(self._given.waveform, self._heard.waveform):
            raise self.broken("the original changed in place", "a search that leaves what it is given as it is")


def first_candidate(search: Search) -> Candidate | None:
    """Return the first candidate of a search that applies, overlays that are silent passed over, or None.

    A value is read from the device for each.
    """
    while search.candidate is not None:
        gain = search.candidate.rendered.gain
        if gain is None or float(gain) > 0:
            break
        search.answer(Answer(fooled=False, applied=False))
    return search.candidate
