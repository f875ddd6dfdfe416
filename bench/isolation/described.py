"""What an isolated component says of itself, looked at before anything rests on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bench.contracts.component import KINDS
from bench.contracts.composition import composed, specs_in
from bench.contracts.threat_models import COUNTED, ThreatModel
from bench.contracts.traits import Traits
from bench.core.errors import UsageError
from bench.core.specs import Spec
from bench.isolation.channel import Allowed
from bench.isolation.process import IsolatedProcess, plain

_TEXT, _ITEMS = 1000, 64


@dataclass(frozen=True)
class Described:
    """What an isolated component says of itself.

    Args:
        spec: canonical, without `isolated:`.
        params: its parameters by name, plain JSON.
        traits: what it declares.
        fingerprint: of files that it rests on.
        checks: whether it may refuse a victim.
        seen: whether it says what it was trained against.
        effect: whether it is applied, not searched with.
        informed: whether it can be told beforehand what harms.
        offers: the noises that it can be told to keep to.
        noise_types: what it is told the harm of, where that is finer than its categories.
    """

    spec: str
    params: Mapping[str, Any] = field(hash=False)
    traits: Traits
    fingerprint: str = ""
    checks: bool = False
    seen: bool = False
    effect: bool = False
    informed: bool = False
    offers: tuple[str, ...] = ()
    noise_types: tuple[str, ...] = ()


def described(process: IsolatedProcess, kind: str, specs: Sequence[str]) -> Described:
    """Ask a process what a component is.

    Args:
        process: in which it is built for this.
        kind: of the component.
        specs: of its parts, or its own, without `isolated:`.

    Raises:
        UsageError: it cannot be made of this spec.
        ComponentError: what it says cannot be.
    """
    told = process.ask({"do": "describe", "kind": kind, "spec": composed(tuple(specs))}, (), Allowed()).head
    spec, params = told.get("spec"), told.get("params")
    if not _is_line(spec) or _names(kind, str(spec)) != _names(kind, composed(tuple(specs))):
        raise process.broken(f"the spec {plain(spec)!r}", f"one of {composed(tuple(specs))!r}")
    if not isinstance(params, Mapping):
        raise process.broken("no parameters", "an object")
    prints = told.get("fingerprint")
    if not isinstance(prints, list) or not all(map(_is_line, prints)) or len(prints) > _ITEMS:
        raise process.broken("a fingerprint that is none", "a list of texts")
    flags = {name: told.get(name) is True for name in ("checks", "seen", "effect", "informed")}
    offers = told.get("offers")
    if not isinstance(offers, list) or not all(one in COUNTED for one in offers):
        raise process.broken("noises that are none", "some of " + ", ".join(COUNTED))
    types = told.get("noise_types")
    if not isinstance(types, list) or len(types) > _ITEMS or not all(map(_is_line, types)):
        raise process.broken("noise types that are none", "a list of names")
    more = tuple(offers), tuple(types)
    traits = _traits(process, told)
    return Described(str(spec), params, traits, " ".join(prints), offers=more[0], noise_types=more[1], **flags)


def _names(kind: str, text: str) -> list[str]:
    try:
        return [Spec.parse(part).name for part in specs_in(kind, text)]
    except UsageError:
        return []


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= _TEXT and text.isprintable()


def _traits(process: IsolatedProcess, told: Mapping[str, Any]) -> Traits:
    """Its traits, of the types that traits have."""
    given, made_of = told.get("traits"), told.get("made_of")
    pairs: list[Any] = made_of if isinstance(made_of, list) and len(made_of) <= _ITEMS else [None]
    if not all(isinstance(p, list) and len(p) == 2 and p[0] in KINDS and _is_line(p[1]) for p in pairs):
        raise process.broken("a list of what it is made of that is none", "kinds and specs")
    if not isinstance(given, Mapping) or set(given) != {one.name for one in fields(Traits)}:
        raise process.broken("traits that are none", "those of bench.Traits")
    values = {**given, "made_of": tuple(tuple(pair) for pair in pairs)}
    values |= {"requests": 0, "most_requests": None}  # what is isolated reaches no service
    try:
        values["threat_model"] = ThreatModel.of(values["threat_model"])
    except (UsageError, TypeError) as error:
        raise process.broken("a threat model that is none", "one of bench.ThreatModel") from error
    for name in ("modalities", "categories", "sounds", "trained_on"):
        if values[name] is not None:
            if not isinstance(values[name], list) or not all(map(_is_line, values[name])):
                raise process.broken(f"a trait {name} that is none", "a list of names")
            values[name] = tuple(values[name])
    names = ("made_of", "modalities", "categories", "sounds", "trained_on")
    looked_at = (*names, "threat_model", "requests", "most_requests")
    others = {name: value for name, value in values.items() if name not in looked_at}
    readable = None not in (values["modalities"], values["trained_on"]) and set(values["modalities"]) <= {
        "sound",
        "text",
    }
    if not readable or not all(type(value) is bool for value in others.values()):
        raise process.broken("traits of other types", "those of bench.Traits")
    return Traits(**values)
