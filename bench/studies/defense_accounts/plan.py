"""Which attacks an account runs against which defence."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bench.contracts.component import Component
from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.core.specs import ISOLATED, JOINED, Spec, bare, params_of, spec_of

Role = Literal["through", "seen", "unseen", "unaware", "aware"]
"""How an attack meets a defence.

- through: it asks the defended victim, as every attack in `bench run` does.
- seen, unseen: the same with only the noises that the defence was trained against, or only the others. There is none of
  an attack that has both and cannot be told which to use.
- unaware: what fools the bare victim, brought to the defended one.
- aware: by one who owns a copy of the defence. Only where there is a purifier or a detector to look through: who knows
  of any other defence can do no more with labels alone than ask.
"""


def attacks_by_role(
    registry: Registry, noises: NoiseSet, defense: Component | None, attack: Component, guarded: bool
) -> dict[Role, Component]:
    """Name an account's attacks on one defence.

    Args:
        registry: makes components.
        noises: the bank, which says what a defence has seen.
        defense: what is accounted for; None for the bare victim: then "through" alone.
        attack: the attack, all of its threat model fixed; one that knows the defence, or brings what it found on the
            bare victim, is made into no other.
        guarded: whether there is a purifier or a detector to look through.
    """
    found: dict[Role, Component] = {"through": attack}
    if defense is None or attack.traits.adaptive or attack.traits.transfers:
        return found
    seen = defense.seen(noises)
    categories = tuple(attack.traits.drawn_from(noises))
    for role, chosen in (
        ("seen", tuple(name for name in categories if name in seen)),
        ("unseen", tuple(name for name in categories if name not in seen)),
    ):
        if chosen and (spec := _restricted(attack, chosen, whole=chosen == categories)) is not None:
            found["seen" if role == "seen" else "unseen"] = registry.component("attacks", spec)
    nested, mark = (("attack", bare(attack.spec)),), ISOLATED if attack.isolated else ""
    found["unaware"] = registry.component("attacks", mark + str(Spec("transfer", nested)))
    if guarded:
        found["aware"] = registry.component("attacks", mark + str(Spec("adaptive", nested)))
    return {role: replace(one, target=attack.target) for role, one in found.items()}


def _restricted(attack: Component, chosen: tuple[str, ...], whole: bool) -> str | None:
    """The attack with these categories alone, as it is where they are its whole; None where it cannot be told them."""
    params = attack.object.params if attack.isolated else params_of(attack.object)
    if "categories" not in params or attack.traits.categories == chosen:
        return attack.spec if whole else None
    if attack.isolated:
        spec = Spec.parse(attack.spec)
        rest = tuple(one for one in spec.params if one[0] != "categories")
        return str(Spec(spec.name, (*rest, ("categories", JOINED.join(chosen)))))
    return spec_of(attack.name, replace(attack.object, categories=chosen))
