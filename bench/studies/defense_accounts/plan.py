"""Which attacks an account runs against which defence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

from bench.contracts.pipeline import drawn_by, seen_by
from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.core.specs import NO_DEFENSE, Spec, spec_of

Role = Literal["through", "seen", "unseen", "unaware", "aware"]
ROLES: tuple[Role, ...] = get_args(Role)
"""How an attack meets a defence.

- through: it asks the defended victim, as every attack in `bench run` does.
- seen, unseen: the same with only the noises that the defence was trained against, or only the others.
- unaware: what fools the bare victim, brought to the defended one.
- aware: by one who owns a copy of the defence. Only where there is a purifier or a detector to look through: who knows
  of any other defence can do no more with labels alone than ask.
"""


def attacks_by_role(registry: Registry, noises: NoiseSet, defense: str, attack: str, guarded: bool) -> dict[Role, str]:
    """The specs of an account's attacks on one defence.

    Args:
        registry: finds components.
        noises: the bank, which says what a defence has seen.
        defense: its spec, or "none": then "through" alone.
        attack: the spec of the attack, all of its variant fixed.
        guarded: whether there is a purifier or a detector to look through.
    """
    found: dict[Role, str] = {"through": attack}
    if defense == NO_DEFENSE:
        return found
    component = registry.build("attacks", attack)
    seen = seen_by(registry.build("defenses", defense), noises)
    categories = drawn_by(component, noises)
    for role, chosen in (
        ("seen", tuple(name for name in categories if name in seen)),
        ("unseen", tuple(name for name in categories if name not in seen)),
    ):
        if chosen:
            found["seen" if role == "seen" else "unseen"] = _restricted(attack, component, chosen)
    nested = attack.replace(",", ";")
    found["unaware"] = f"unaware:attack={nested}"
    if guarded:
        found["aware"] = f"aware:attack={nested}"
    return found


def _restricted(attack: str, component: Any, chosen: tuple[str, ...]) -> str:
    if getattr(component, "categories", chosen) == chosen:
        return attack
    return spec_of(Spec.parse(attack).name, replace(component, categories=chosen))
