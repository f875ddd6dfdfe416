"""One running search of an attack: what it asks for, checked and rendered, and its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from bench.contracts.attacks import Answer, PastSearch, Steps
from bench.contracts.recipes import Effect, Recipe, RecipeError
from bench.contracts.searching import once
from bench.core.computing.lazy import lazy
from bench.core.computing.torch_modes import torch_modes
from bench.core.errors import BenchError, ComponentError
from bench.core.heard import Heard
from bench.core.rng import generator_of, key_of
from bench.core.specs import bare
from bench.core.types import Utterance
from bench.perturbations.laying import Rendered
from bench.referee.attack_run import NO_PLAN
from bench.referee.attack_run import AttackRun as AttackRun
from bench.referee.columns import kinds_of
from bench.referee.judgement import Scratch, Verdict, energies, energy64, measured_snr_db, verdict_on
from bench.referee.lending import token_of

IDLE = 256
"""How often, beside 16 times for each query, a search may ask for what does not apply before it is closed; for each
query allowed, or for each one asked where the search does not know how many are."""
_IDLE_EACH = 16


@dataclass(frozen=True)
class Candidate:
    """What a search asks about.

    Args:
        recipe: what is to be done.
        rendered: what came of it.
        original: the clean utterance.
    """

    recipe: Recipe
    rendered: Rendered
    original: Utterance

    @lazy
    def utterance(self) -> Utterance:
        """Return the utterance as it is heard then, for the victim."""
        return replace(self.outline, waveform=self.rendered.waveform)

    @property
    def outline(self) -> Utterance:
        """Return the utterance with its words and its length then, for who brings the samples."""
        own, words = self.original, self.rendered.base
        if words.waveform is own.waveform and (words.transcript, words.words) == (own.transcript, own.words):
            return own
        return replace(own, waveform=words.waveform, transcript=words.transcript, words=words.words)

    def sounding(self, rendered: Rendered) -> Candidate:
        """Return the candidate with other samples.

        Args:
            rendered: those.
        """
        return Candidate(self.recipe, rendered, self.original)


class Search:
    """One search, from its first candidate to its end.

    The attack gets copies; what is rendered and measured against is the referee's own.

    Args:
        attack_run: which attack, with what.
        original: the clean utterance, on the referee's device, samples that nobody else has.
        label_before: the victim's class index for it.
        settled: whether that label holds over chance; if not, no other label says anything.
        key: of its randomness; by default of the run's seed, the attack's name, wherever it runs, and the utterance's
            id.
        plan: what the attack has learnt before, as JSON.
        label: the victim's label for the clean speech, by its name; None where it refuses that. Where it is the one
            that is wanted, nothing is tried.
        value: in a dimensional task, the number that the victim answers about the clean speech.

    Attributes:
        granted: the threat model that it is run under.
        value_before: in a dimensional task, the number that the victim answers about the clean speech.
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
        plan: str = NO_PLAN,
        label: str | None = None,
        value: float | None = None,
    ) -> None:
        self.original = original
        self.value_before = value
        self.label_before = label_before
        self.settled = settled
        self.queries = 0
        self.granted = attack_run.granted
        self._attack_run, self._plan = attack_run, plan
        told = self.granted.tells("label")
        self._label, self._value = (label, value) if told else (None, None)
        self._asked_about: list[tuple[Recipe, Answer]] = []
        self._heard = Heard.of(original, token_of(original.speaker, attack_run.seed))
        self._given = replace(self._heard, waveform=self._heard.waveform.clone())
        self._energy = energy64(original.waveform)
        self._rendering = attack_run.renderer.of(self._heard, attack_run.others(original))
        self._idle = IDLE + (0 if attack_run.hides_budget else _IDLE_EACH * attack_run.budget)
        self._steps = self._begun(key_of(attack_run.seed, bare(attack_run.name), original.id) if key is None else key)
        there = label is not None and label == self.granted.target
        self.candidate = None if there else self._next(partial(next, self._steps))

    def answer(self, answer: Answer) -> None:
        """Tell the search what came of its candidate, charged where it applied, and take the next one."""
        if self.learns and answer.applied and self.candidate is not None:
            self._asked_about.append((self.candidate.recipe.copied(), answer))
        self.queries += answer.applied
        self._idle -= not answer.applied
        self._idle += _IDLE_EACH * (answer.applied and self._attack_run.hides_budget)
        goes_on = self.queries < self._attack_run.budget and self._idle > 0
        self.candidate = self._next(partial(self._steps.send, answer)) if goes_on else None
        if self.candidate is None:
            self._close()

    @property
    def identities(self) -> int:
        """Return under how many names it asks, in turn; 0 in a rehearsal."""
        return self._attack_run.identities

    @property
    def learns(self) -> bool:
        """Return whether its attack is told what it was."""
        return self._attack_run.learns

    @property
    def past(self) -> PastSearch:
        """Return what was asked and answered, of an attack that learns; nothing of any other."""
        return PastSearch(tuple(self._asked_about), self._label, self._value)

    def energies(
        self, candidate: Candidate, scratch: Scratch | None = None, laid: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Sum the candidate's signal and noise, see `bench.referee.judgement.energies`.

        Args:
            candidate: the search's.
            scratch: to measure in.
            laid: its samples, where they have been laid somewhere.
        """
        return energies(self.original.waveform, candidate.rendered, self._energy, scratch, laid)

    def snr_db(self, candidate: Candidate) -> float:
        """Measure the candidate, see `bench.referee.judgement.measured_snr_db`."""
        return measured_snr_db(self.original.waveform, candidate.rendered, self._energy)

    def verdict(self, candidate: Candidate, measured: float, min_snr_db: float) -> Verdict:
        """Judge the candidate.

        Args:
            candidate: the search's.
            measured: its SNR, in dB.
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
        if run.search is None:
            return once(Recipe(Effect(run.name, key)))
        tools = run.tools_for(self.original, self._plan, self._label, self._value)
        return run.search(self._given, tools, generator_of(key))

    def _next(self, step: Callable[[], Recipe]) -> Candidate | None:
        """The next candidate, or None where the search has ended; nothing of it stays on while it waits."""
        before = torch_modes()
        found = self._found(step)
        if torch_modes() != before:
            self._steps.close()  # which leaves what a `with` of it has entered
            raise self.broken("a mode of torch left on", "a search that leaves torch as it is while it waits")
        return found

    def _found(self, step: Callable[[], Recipe]) -> Candidate | None:
        """The next candidate that applies and is allowed, or None where the search has ended."""
        while (asked := self._asked(step)) is not None:
            try:
                recipe = self._attack_run.renderer.canonical(asked)
                rendered = self._rendering.rendered(recipe)
            except RecipeError as error:
                raise self.broken(str(error), "a Recipe that can be rendered") from error
            except (BenchError, KeyboardInterrupt):
                raise
            except BaseException as error:  # an effect may be somebody else's code
                raise self.broken(f"{type(error).__name__}: {error}", "an effect that can be applied") from error
            if rendered is not None and self._may_try(recipe, rendered):
                return Candidate(recipe, rendered, self.original)
            self._idle -= 1
            if self._idle <= 0:
                return None
            step = partial(self._steps.send, Answer(fooled=False, applied=False))
        return None

    def _may_try(self, recipe: Recipe, rendered: Rendered) -> bool:
        """Whether the threat model allows it; nobody is asked about anything else."""
        if self.granted.allowed == "all":
            return True
        return self.granted.allows(*kinds_of(self._heard, rendered, recipe, self._attack_run.tools.perception))

    def _asked(self, step: Callable[[], Recipe]) -> Recipe | None:
        """What the search asks for next, or None where it has ended."""
        try:
            return step()
        except StopIteration:
            return None
        except RecipeError as error:
            raise self.broken(str(error), "a Recipe") from error
        except (BenchError, KeyboardInterrupt):
            raise
        except BaseException as error:  # somebody else's code runs here, and may leave as a script does
            raise self.broken(f"{type(error).__name__}: {error}", "a Recipe or a return") from error

    def _close(self) -> None:
        try:
            self._steps.close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            found = str(error) if isinstance(error, RuntimeError) else f"{type(error).__name__}: {error}"
            raise self.broken(found, "a search that ends when it is closed") from error
        given = self._given.waveform
        if type(given) is not torch.Tensor or not torch.equal(given, self._heard.waveform):
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
