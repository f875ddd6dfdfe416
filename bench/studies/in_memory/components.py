"""Objects given to `bench.run` as components: each is named by what it is called and by its content."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from bench.contracts.attacks import Attack, SpeechEffect
from bench.contracts.component import SINGULAR, Component
from bench.contracts.protocols import Defense, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.core.code.keys import fingerprint
from bench.core.errors import UsageError
from bench.core.specs import IN_MEMORY, spec_of
from bench.core.storage.digests import content_digests
from bench.studies.in_memory.contents import content_digest
from bench.studies.in_memory.given import InMemory
from bench.studies.in_memory.victim import ModelInMemory, StandingVictim
from bench.studies.one_sound.asked_model import is_pipeline, model_of

ORIGIN = "memory"
"""What records say of who brings an object."""

_DIGITS = 8
"""Of the digest, in a name."""

_EXPECTED = {
    "victims": "a spec, a function, a torch module, a pipeline, an object with predict, a fitted victim, or a recipe "
    "with fit and load",
    "attacks": "a spec, or an object with search or apply",
    "defenses": "a spec, or an object with fit and load",
}


def component_of(kind: str, given: Any, where: str, registry: Registry) -> str | Component:
    """Make a component of an object.

    Args:
        kind: "victims", "attacks" or "defenses".
        given: the object, or an `InMemory` with what has to be said of it.
        where: which argument it is, for messages.
        registry: knows the built-ins.

    Returns:
        The spec where it is an object of a registered class: the same component as by its name. Else a component whose
        name holds a digest of its content.

    Raises:
        UsageError: it is none of this kind, or cannot be told from others.
    """
    told = InMemory.of(given)
    one, plain = told.object, told is not given
    if isinstance(one, type):
        raise UsageError(where, f"the class {one.__name__}", _EXPECTED[kind], f"make an object: {one.__name__}()")
    registered = _registered(kind, one, registry) if plain else None
    if registered is not None:
        return registered
    _check_kind(kind, one, where)
    if isinstance(one, torch.nn.Module):
        one.eval()
    content = _content(kind, told, where)
    mark = f"{told.called}{IN_MEMORY}{told.version or content[:_DIGITS]}"
    held = _victim(told, content, f"{SINGULAR[kind]} {mark!r}") if kind == "victims" else one
    return Component(kind, mark, ORIGIN, held, content, params=_shown(one))


def _registered(kind: str, one: Any, registry: Registry) -> str | None:
    """The spec of an object of a registered class."""
    target = f"{type(one).__module__}:{type(one).__qualname__}"
    name = next(
        (entry.name for (of, _), entry in registry.entries.items() if of == kind and entry.target == target), None
    )
    return None if name is None else spec_of(name, one)


def _check_kind(kind: str, one: Any, where: str) -> None:
    kinds: Mapping[str, Any] = {"attacks": Attack | SpeechEffect, "defenses": Defense}
    if kind == "victims":
        if isinstance(one, Victim | TrainableVictim):
            return
        model_of(one, None, None, where)  # refuses what is no model
    elif not isinstance(one, kinds[kind]):
        remedy = "see docs/plugins.md"
        raise UsageError(where, f"a {type(one).__name__}", _EXPECTED[kind], remedy)


def _content(kind: str, told: InMemory, where: str) -> str:
    """What tells it from others: its content, or what the user calls it."""
    files = content_digests([Path(file).expanduser() for file in told.files]) if _there(told, where) else []
    said = [kind, *map(str, told.labels or ()), *files, "trained on", *told.trained_on]
    if told.version is not None:
        return fingerprint(["called", told.name, told.version, *said])
    digested = [_asked(told.object), told.features]
    return fingerprint(["content", content_digest(digested, where), *said])


def _asked(one: Any) -> Any:
    """What is looked into: of a pipeline all but how often it was called."""
    if is_pipeline(one):
        return type(one), {name: value for name, value in vars(one).items() if name != "call_count"}
    return one


def _there(told: InMemory, where: str) -> bool:
    for file in told.files:
        if not Path(file).expanduser().is_file():
            raise UsageError(f"{where}, files", f"no file {str(file)!r}", "a file that is there", "check the path")
    return True


def _victim(told: InMemory, content: str, where: str) -> Any:
    one, trained_on = told.object, tuple(told.trained_on)
    if isinstance(one, TrainableVictim):
        return one
    if isinstance(one, Victim):
        return StandingVictim(one, where, content, trained_on)
    labels = tuple(map(str, told.labels or ()))
    model = dataclasses.replace(model_of(one, _columns(labels), told.features, where), where=where)
    return ModelInMemory(model, content, labels, trained_on)


def _columns(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of an array's columns; pairs THEIRS:OURS name none."""
    return () if any(":" in label for label in labels) else labels


def _shown(one: Any) -> dict[str, Any]:
    """The parameters of an object that a record can show: plain values of a dataclass's fields."""
    if not dataclasses.is_dataclass(one):
        return {}
    plain = (bool, int, float, str, type(None))
    return {name: value for name, value in vars(one).items() if isinstance(value, plain)}
