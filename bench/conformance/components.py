"""What is asked of every component, whatever its kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from bench.conformance.checking import ConformanceCheck, NotConcernedError, require
from bench.contracts.component import KINDS
from bench.contracts.composition import specs_in
from bench.contracts.registry import Registry
from bench.contracts.traits import Traits, traits_of
from bench.core.errors import UsageError
from bench.core.specs import Spec, build, params_of, spec_of, values_of


def component_checks(component: Any) -> list[ConformanceCheck]:
    """List what is asked of any component: a documented frozen dataclass, whose parameters survive as a spec."""
    made = type(component)

    def is_frozen() -> str:
        require(dataclasses.is_dataclass(component), f"{made.__name__} is no dataclass")
        frozen = getattr(made, "__dataclass_params__").frozen  # noqa: B009
        require(frozen, f"{made.__name__} is not frozen: @dataclass(frozen=True)")
        return ""

    def survives() -> str:
        held = [one for value in values_of(component).values() for one in (value if isinstance(value, tuple) else ())]
        if any(dataclasses.is_dataclass(one) for one in held):
            raise NotConcernedError("it is made of components: the specs of those are joined by +")
        text = spec_of("x", component)
        again = params_of(build(made, Spec.parse(text), "component"))
        require(again == params_of(component), f"{params_of(component)} comes back from {text!r} as {again}")
        return ", ".join(again)

    def declares() -> str:
        traits = traits_of(component)
        require(
            isinstance(traits, Traits), f"{made.__name__}.traits is a {type(traits).__name__}: from bench import Traits"
        )
        odd = [one for one in traits.made_of if len(one) != 2 or one[0] not in KINDS]
        require(not odd, f"{made.__name__}.traits.made_of has {odd}: kind and spec of each, kinds {', '.join(KINDS)}")
        return ""

    def is_documented() -> str:
        told = (made.__doc__ or "").strip()
        own = bool(told) and not told.startswith(f"{made.__name__}(")  # what dataclass writes where there is none
        require(own, f"{made.__name__} has no docstring: bench list prints its first line")
        return ""

    return [
        ConformanceCheck("dataclass", "Be a frozen dataclass, whose fields are its parameters.", is_frozen),
        ConformanceCheck("parameters", "Have parameters that can be written as a spec.", survives, ("dataclass",)),
        ConformanceCheck("traits", "Declare its traits, if any, as one bench.Traits.", declares),
        ConformanceCheck("docstring", "Have a docstring; its first line is what bench list prints.", is_documented),
    ]


def parts_check(component: Any, built: Sequence[tuple[str, str]], registry: Registry) -> ConformanceCheck:
    """Ask of what trains that its traits name what it builds: only that is in its key, and told of on boards.

    Args:
        component: a victim's recipe or a defence.
        built: kind and spec of every component that it has built, once it has been trained.
        registry: builds them.
    """

    def names_its_parts() -> str:
        declared = {name for one in traits_of(component).made_of for name in _named(*one, registry)}
        made = {name for one in dict.fromkeys(built) for name in _named(*one, registry)}
        odd = ", ".join(f"{kind} {name}" for kind, name in sorted(made - declared))
        require(not odd, f"built {odd}, not in its traits: Traits(made_of=...) takes kind and spec of each")
        return ", ".join(f"{kind} {name}" for kind, name in sorted(made))

    asks = "Build no component but those that its traits name."
    return ConformanceCheck("parts", asks, names_its_parts, ("training",))


def _named(kind: str, text: str, registry: Registry) -> Iterator[tuple[str, str]]:
    """Kind and name of what a spec is put together from, and of all that these say that they are made of."""
    for part in specs_in(kind, text):
        with suppress(UsageError):  # within another, a name may stand that only that one knows
            yield kind, registry.entry(kind, Spec.parse(part).name).name
            for one in traits_of(registry.build(kind, part)).made_of:
                yield from _named(*one, registry)
