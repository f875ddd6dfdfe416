"""A component of a run: parsed, built and checked once, when the run is planned; then it travels, not its text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bench.contracts.attacks import Attack, SpeechEffect
from bench.contracts.composition import Composed
from bench.contracts.entries import KINDS as KINDS
from bench.contracts.entries import OWN
from bench.contracts.entries import SINGULAR as SINGULAR
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.pipeline import DefensePipeline, check_defends
from bench.contracts.protocols import Corpus, Defense, Fingerprinted, NoiseBank, TrainableVictim, TrainedAgainst
from bench.contracts.threat_models import ANSWERS, ThreatModel
from bench.contracts.traits import Traits, traits_of
from bench.core.errors import UsageError
from bench.core.specs import JOINED, bare, params_of

if TYPE_CHECKING:
    from bench.core.noises import NoiseSet
    from bench.core.types import Task

_METHODS: dict[str, tuple[type[Any], str]] = {
    "victims": (TrainableVictim, "fit and load"),
    "attacks": (Attack, "search"),
    "defenses": (Defense, "fit and load"),
    "corpora": (Corpus, "read"),
    "noise_banks": (NoiseBank, "read"),
}
_NOW_TRAITS = {
    **{"aware": "adaptive", "senses": "modalities", "effects": "made_of", "builds": "made_of", "signals": "made_of"},
    **{name: name for name in ("made_of", "transfers", "randomised", "trains", "renews", "certifies", "modalities")},
}
"""Attributes by which plug-ins told of themselves before there were traits, and the trait that each is now."""


@dataclass(frozen=True)
class Component:
    """A victim, an attack, a defence, a corpus or a noise bank, built, with everything that makes it what it is.

    Two are the same where kind, spec and origin are.

    Args:
        kind: one of `KINDS`.
        spec: as records name it: only what differs from the defaults, in the parameters' order.
        origin: the distribution and version, or the plug-in file, that brings it; of several parts, joined by "+".
        object: the built component.
        code: digest of the code that it is written in.
        parts: what a composition or a pipeline is put together from, in order; empty for a single component.
        made_of: the other components that its traits name.
        isolated: whether it runs in a process of its own; what does not is trusted.
        params: what stands for its parameters in a key, of an object that was given from Python; None asks the object.
        target: of an attack, the class that a run wants answered; "" where any other label will do.
    """

    kind: str
    spec: str
    origin: str
    object: Any = field(compare=False, repr=False)
    code: str = field(default="", compare=False, repr=False)
    parts: tuple[Component, ...] = field(default=(), compare=False, repr=False)
    made_of: tuple[Component, ...] = field(default=(), compare=False, repr=False)
    isolated: bool = False
    params: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    target: str = ""

    def __str__(self) -> str:
        return self.spec

    @property
    def name(self) -> str:
        """Return what stands before the parameters, for example "boundary"."""
        return bare(self.spec).partition(":")[0]

    @property
    def built_in(self) -> bool:
        """Return whether it came with serbench, as did all that it is made of, and runs in this process."""
        return all(one.origin.startswith(OWN) and not one.isolated for one in self.everything() if not one.parts)

    @cached_property
    def traits(self) -> Traits:
        """Return what the component declares of itself."""
        return traits_of(self.object)

    @cached_property
    def threat_model(self) -> ThreatModel:
        """Return what an attack is granted; who searches with another attack, what that one needs too."""
        own, traits = granted_to(self.object), self.traits
        own = replace(own, target=self.target) if self.target else own
        inner = self.searching
        if inner is self:
            return own
        theirs = inner.threat_model
        known = [word for word in theirs.knows if word != "defense" or traits.adaptive]
        answers = max(own.answers, theirs.answers, key=ANSWERS.index) if traits.adaptive else own.answers
        budget = theirs.rehearsal if traits.adaptive else 0
        return replace(own.knowing(*known), answers=answers, rehearsal=budget)

    @property
    def anytime(self) -> bool:
        """Return whether an attack asks the same first queries whatever its budget, with whatever it searches."""
        inner = self.searching
        return is_anytime(self.object) and (inner is self or self.traits.transfers or inner.anytime)

    @property
    def searching(self) -> Component:
        """Return the attack that chooses what to try: the one inside an attack that knows more, else itself."""
        knows_more = self.traits.adaptive or self.traits.transfers
        inner = (part for part in self.made_of if part.kind == "attacks" and knows_more)
        return next(inner, self)

    @property
    def chooser(self) -> Component:
        """Return the attack that learns and chooses what to try: the one inside an adaptive attack, else itself."""
        return self.searching if self.traits.adaptive else self

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Tell everything that makes the component what it is, as plain JSON: its part of a result's key.

        Returns:
            spec, params, origin, code, fingerprint of the files that it rests on, and what it is made of; of several
            parts, spec, parts and code.

        Raises:
            UsageError: files that it rests on are not there.
        """
        if self.parts:
            return {"spec": self.spec, "parts": [part.identity for part in self.parts], "code": self.code}
        own = self.object.params if self.isolated else self.params
        params = params_of(self.object) if own is None else dict(own)
        told: dict[str, Any] = {"spec": self.spec, "params": params}
        told |= {"origin": self.origin, "code": self.code} | ({"isolated": True} if self.isolated else {})
        if isinstance(self.object, Fingerprinted):
            told["fingerprint"] = self.object.fingerprint()
        if self.made_of:
            told["made_of"] = [part.identity for part in self.made_of]
        return told

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories of a bank that a defence was trained against, and "signal" for manipulations.

        Args:
            noises: the bank that attacks draw from.

        Returns:
            What the defence says; where it does not, all that the attacks draw from that it is made of.
        """
        if self.parts:
            return frozenset().union(*(part.seen(noises) for part in self.parts))
        own = self.object.seen(noises) if isinstance(self.object, TrainedAgainst) else None
        if own is not None:
            return own
        attacks = (part for part in self.made_of if part.kind == "attacks")
        return frozenset(category for one in attacks for category in one.traits.drawn_from(noises))

    def leaves(self) -> Iterator[Component]:
        """Give the single components that it is put together from: itself, where it is one."""
        yield from self.parts or (self,)

    def everything(self) -> Iterator[Component]:
        """Give itself, its parts, and all that they are made of, however deep."""
        yield self
        for inner in (*self.parts, *self.made_of):
            yield from inner.everything()


def joined(kind: str, spec: str, parts: Sequence[Component]) -> Component:
    """Put effects one after the other, or defences on top of each other, as one component.

    Args:
        kind: "attacks" or "defenses".
        spec: of the whole.
        parts: in order; the defence nearest to the victim first.

    Raises:
        UsageError: they do not go together.
    """
    objects, names = tuple(part.object for part in parts), tuple(part.spec for part in parts)
    whole = Composed(objects, names) if kind == "attacks" else DefensePipeline(objects, names)
    origin, code = (JOINED.join(each) for each in zip(*((part.origin, part.code) for part in parts), strict=True))
    return Component(kind, spec, origin, whole, code, tuple(parts))


def check_pair(victim: Component, defense: Component) -> None:
    """Let a defence refuse a victim, wherever it runs.

    Args:
        victim: to be defended.
        defense: the one that is asked.

    Raises:
        UsageError: it cannot defend it.
    """
    if defense.isolated:
        defense.object.check_pair(victim, defense)
    else:
        check_defends(defense.object, victim.object)


def check_task(component: Component, task: Task) -> None:
    """Refuse a victim or a defence that knows classes alone, in a task of numbers.

    Args:
        component: of either kind.
        task: what is told.

    Raises:
        UsageError: it does not declare the trait `dimensional`.
    """
    if component.traits.dimensional or not task.dimensional:
        return
    victim = component.kind == "victims"
    where = f"{'victim' if victim else 'defence'} {component.spec!r} in task {task.name!r}"
    low, high = task.scale or (0.0, 0.0)
    found = "one that tells classes" if victim else "one that defends victims that tell classes"
    remedy = "take a victim such as cnn_gru" if victim else "take one such as noise_augmentation, or none"
    raise UsageError(
        where, found, f"numbers from {low:g} to {high:g}", f"{remedy}; or a task of classes, such as activation3"
    )


def check_built(kind: str, text: str, built: Any) -> None:
    """Refuse an object that is no component of its kind.

    Args:
        kind: one of `KINDS`.
        text: its spec, for the message.
        built: the object.

    Raises:
        UsageError: a method is missing, or it tells of itself by an attribute that is now a trait.
    """
    protocol, methods = _METHODS[kind]
    where = f"{SINGULAR[kind]} {text!r}"
    if not isinstance(built, protocol) and not (kind == "attacks" and isinstance(built, SpeechEffect)):
        named = {"victims": "a trainable victim", "attacks": "an attack", "defenses": "a defence"}
        expected = named.get(kind, f"a {SINGULAR[kind]}")
        plural = "methods" if " and " in methods else "method"
        raise UsageError(where, f"no {plural} {methods}", expected, "add them" if plural == "methods" else "add it")
    own = {name for one in type(built).__mro__[:-1] for name in vars(one)}
    if "traits" in own:  # not asked for: what a property reads may not be there yet
        return
    fields = {one.name for one in dataclasses.fields(built)} if dataclasses.is_dataclass(built) else set()
    for name in sorted((own - fields) & set(_NOW_TRAITS)):
        expected = f"traits = Traits({_NOW_TRAITS[name]}=...), from bench import Traits"
        raise UsageError(where, f"an attribute {name!r}", expected, "see docs/plugins.md, Traits")
