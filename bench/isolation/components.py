"""Components that run in a process of their own: built there, described here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.contracts.component import SINGULAR, Component
from bench.contracts.composition import composed
from bench.contracts.registry import Registry
from bench.core.code.result_code import code_of
from bench.core.errors import UsageError
from bench.core.specs import ISOLATED, JOINED, Spec
from bench.isolation.attacks import IsolatedAttack, IsolatedEffect, IsolatedInformed, IsolatedSearch
from bench.isolation.described import Described, described
from bench.isolation.limits import Limits
from bench.isolation.process import IsolatedProcess
from bench.isolation.recipes import IsolatedDefense, IsolatedRecipe
from bench.isolation.room import Room
from bench.isolation.showing import shown_for

CODE = ("bench.isolation",)
"""What an isolated component's results depend on beside its own code."""


def _attack(room: Room, told: Described) -> IsolatedAttack:
    if told.effect:
        return IsolatedEffect(room, told)
    return IsolatedInformed(room, told) if told.informed else IsolatedSearch(room, told)


_MAKES: dict[str, Callable[[Room, Described], Any]] = {
    "victims": IsolatedRecipe,
    "attacks": _attack,
    "defenses": IsolatedDefense,
}


@dataclass(frozen=True)
class Isolation:
    """Runs components in processes of their own.

    Args:
        hidden: folders that none may see: corpus, cache, results.
        limits: what each may take.
    """

    hidden: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits.of_this_machine)
    _spare: dict[object, list[IsolatedProcess]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def component(self, registry: Registry, kind: str, specs: Sequence[str]) -> Component:
        """Build a component in a sandbox, and tell what it is.

        Args:
            registry: finds its entry; nothing of it is imported here.
            kind: "victims", "attacks" or "defenses".
            specs: without `isolated:`; of a pipeline or a composition, all of its parts.

        Raises:
            UsageError: it cannot be made, or no sandbox can be.
            ComponentError: its code cannot be imported, or it says of itself what cannot be.
        """
        text = composed(tuple(specs))
        if kind not in _MAKES:
            expected = ", ".join(_MAKES)
            raise UsageError(f"isolated:{text}", f"a {SINGULAR[kind]}", expected, "leave isolated: out")
        inside = ((kind, text),)
        seen = shown_for(registry, inside, self.hidden)
        names = tuple(Spec.parse(part).name for part in specs)
        code_seen = kind, names, seen, Path.cwd() if seen.files else None  # whatever the parameters
        spare = self._spare.setdefault(code_seen, [])
        room = Room(self.limits, self.hidden, registry, inside, spare)
        with room.asked() as process:
            told = described(process, kind, specs)
        entries = registry.entries_of(kind, specs)
        code = JOINED.join([*(entry.code for entry in entries), code_of(CODE)])
        origin = JOINED.join(entry.origin for entry in entries)
        return Component(kind, ISOLATED + told.spec, origin, _MAKES[kind](room, told), code, isolated=True)
