"""An attack's variants: with and without knowledge (P1's Corr), over all noises or some of them (Noises)."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.contracts.composition import Composed, composed
from bench.core.specs import Spec, spec_of

Corr = Literal["yes", "no", "both"]
Counted = Literal["imperceptible", "additive", "all"]
"""Which noises an attack may use, and which successes are counted."""
COUNTED: tuple[Counted, ...] = ("imperceptible", "additive", "all")
"""The kinds, each within the next: what counts in one counts in those after it."""
NoiseScope = Literal["all", "additive", "imperceptible", "both"]
P1S: tuple[Counted, ...] = ("all", "imperceptible")
"""P1's two columns: what "both" means to a search that is told what it may use."""


@dataclass(frozen=True)
class ThreatModel:
    """One search to run, and what is scored from it.

    Args:
        attack: the full spec that is run.
        base: the spec without corr and noises: how tables name it.
        corr: whether the attacker is informed.
        noises: what is scored from its records. An attack that can be told which noises it may use is run for each;
            the records of any other attack serve all.
    """

    attack: str
    base: str
    corr: bool
    noises: tuple[Counted, ...]


def threat_models(text: str, attack: Any, corr: Corr, noises: NoiseScope) -> list[ThreatModel]:
    """List the threat models of an attack that the options ask for; what its spec itself pins down is not crossed.

    Args:
        text: its spec as given.
        attack: the component's object.
        corr: "yes", "no" or "both": whether the attacker is informed (P1's Corr). An attack that can be is asked twice
            for "both"; an attack that cannot is asked once, uninformed.
        noises: "all", "additive" or "imperceptible": the noises that may be used. "both" is P1's two columns, all and
            imperceptible; and additive between them where the same records serve it.
    """
    splits: tuple[Counted, ...] = ("all", "additive", "imperceptible") if noises == "both" else (noises,)
    if isinstance(attack, Composed):
        names = zip(attack.names, attack.parts, strict=True)
        whole = composed(tuple(spec_of(Spec.parse(name).name, part) for name, part in names))
        return [ThreatModel(whole, whole, False, splits)]
    spec = Spec.parse(text)
    pinned = {key for key, _ in spec.params}
    fields = {field.name: field.default for field in dataclasses.fields(attack)}
    plain = {name: fields[name] for name in ("corr", "noises") if name in fields}
    base = spec_of(spec.name, replace(attack, **plain))
    if "noises" in fields:
        splits = (attack.noises,) if "noises" in pinned else P1S if noises == "both" else splits
    informed = {"yes": (True,), "no": (False,), "both": (False, True)}[corr] if "corr" in fields else (False,)
    informed = (attack.corr,) if "corr" in pinned and "corr" in fields else informed
    found = []
    for knows in informed:
        known = {"corr": knows} if "corr" in fields else {}
        if "noises" in fields:
            told = ((split, replace(attack, noises=_told(attack, split), **known)) for split in splits)
            found += [ThreatModel(spec_of(spec.name, one), base, knows, (split,)) for split, one in told]
        else:
            found.append(ThreatModel(spec_of(spec.name, replace(attack, **known)), base, knows, splits))
    return found


def _told(attack: Any, allowed: Counted) -> str:
    """What an attack is told: what it may use, or the most of what it offers that lies within that."""
    offered = typing.get_args(typing.get_type_hints(type(attack))["noises"])
    narrower = COUNTED[: COUNTED.index(allowed) + 1]
    return next((one for one in reversed(narrower) if one in offered), offered[0] if offered else allowed)
