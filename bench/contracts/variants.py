"""An attack's variants: with and without knowledge (P1's Corr), over all noises or some of them (Noises)."""

from __future__ import annotations

import dataclasses
import itertools
import typing
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.contracts.composition import Composed, composed, isolated_specs
from bench.contracts.threat_models import COUNTED, Counted
from bench.contracts.traits import traits_of
from bench.core.specs import IN_MEMORY, ISOLATED, Spec, spec_of

Corr = Literal["yes", "no", "both"]
NoiseScope = Literal["all", "additive", "imperceptible", "both"]
P1S: tuple[Counted, ...] = ("all", "imperceptible")
"""P1's two columns: what "both" means to a search that is told what it may use."""


@dataclass(frozen=True)
class Variant:
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


def variants_of(text: str, attack: Any, corr: Corr, noises: NoiseScope) -> list[Variant]:
    """List the variants of an attack that the options ask for; what its spec itself pins down is not crossed.

    Args:
        text: its spec as given.
        attack: the component's object.
        corr: "yes", "no" or "both": whether the attacker is informed (P1's Corr). An attack that can be is asked twice
            for "both"; an attack that cannot is asked once, uninformed.
        noises: "all", "additive" or "imperceptible": the noises that may be used. "both" is P1's two columns, all and
            imperceptible; and additive between them where the same records serve it.
    """
    splits: tuple[Counted, ...] = ("all", "additive", "imperceptible") if noises == "both" else (noises,)
    splits = _allowed(splits, traits_of(attack).threat_model.allowed)
    if isinstance(attack, Composed):
        names = zip(attack.names, attack.parts, strict=True)
        whole = composed(tuple(spec_of(Spec.parse(name).name, part) for name, part in names))
        return [Variant(whole, whole, False, splits)]
    if IN_MEMORY in Spec.parse(text).name:  # an object is run as it is
        own = {name: vars(attack)[name] for name in ("corr", "noises") if name in _fields(attack)}
        return [Variant(text, text, own.get("corr") is True, (own["noises"],) if "noises" in own else splits)]
    if isolated_specs("attacks", text):
        return _of_isolated(text, attack, corr, noises, splits)
    spec = Spec.parse(text)
    pinned = {key for key, _ in spec.params}
    fields = _fields(attack)
    plain = {name: fields[name] for name in ("corr", "noises") if name in fields}
    base = spec_of(spec.name, replace(attack, **plain) if plain else attack)
    if "noises" in fields:
        splits = (attack.noises,) if "noises" in pinned else P1S if noises == "both" else splits
    informed = {"yes": (True,), "no": (False,), "both": (False, True)}[corr] if "corr" in fields else (False,)
    informed = (attack.corr,) if "corr" in pinned and "corr" in fields else informed
    found = []
    for knows in informed:
        known = {"corr": knows} if "corr" in fields else {}
        if "noises" in fields:
            told = ((split, replace(attack, noises=_told(offered_by(attack), split), **known)) for split in splits)
            found += [Variant(spec_of(spec.name, one), base, knows, (split,)) for split, one in told]
        else:
            found.append(
                Variant(spec_of(spec.name, replace(attack, **known) if known else attack), base, knows, splits)
            )
    return found


def _fields(attack: Any) -> dict[str, Any]:
    return (
        {field.name: field.default for field in dataclasses.fields(attack)} if dataclasses.is_dataclass(attack) else {}
    )


def offered_by(attack: object) -> tuple[str, ...]:
    """List the noises that an attack offers to keep to, by its field `noises`; none where it has no such field.

    >>> from attacks.boundary import Boundary
    >>> offered_by(Boundary())
    ('all', 'additive', 'imperceptible')
    """
    hints = typing.get_type_hints(type(attack)) if dataclasses.is_dataclass(attack) else {}
    return tuple(map(str, typing.get_args(hints.get("noises"))))


def _allowed(splits: Sequence[Counted], allowed: Counted) -> tuple[Counted, ...]:
    """The columns that an attack can have figures in, or the widest that lies within what is asked for."""
    narrower = COUNTED[: COUNTED.index(allowed) + 1]
    return tuple(one for one in splits if one in narrower) or (allowed,)


def _told(offered: Sequence[str], allowed: Counted) -> str:
    """What an attack is told: what it may use, or the most of what it offers that lies within that."""
    narrower = COUNTED[: COUNTED.index(allowed) + 1]
    return next((one for one in reversed(narrower) if one in offered), offered[0] if offered else allowed)


def _of_isolated(given: str, attack: Any, corr: Corr, noises: NoiseScope, splits: tuple[Counted, ...]) -> list[Variant]:
    """The variants of an attack in a process of its own: what its parameters are is known, not their defaults.

    Args:
        given: its spec; what it names is not crossed.
        attack: the component's object.
        corr: as in `variants_of`.
        noises: likewise.
        splits: what it may use, where it cannot be told.
    """
    canonical, params, offered = ISOLATED + attack.told.spec, attack.params, attack.told.offers
    if not params:
        return [Variant(canonical, canonical, False, splits)]
    spec, pinned = Spec.parse(canonical), {key for key, _ in Spec.parse(given).params}
    rest = tuple(one for one in spec.params if one[0] not in ("corr", "noises"))
    informed = {"yes": (True,), "no": (False,), "both": (False, True)}[corr] if "corr" in params else (False,)
    informed = (params["corr"] is True,) if "corr" in pinned & set(params) else informed
    own = tuple(one for one in COUNTED if one == params.get("noises") and "noises" in pinned)
    separate = own or (P1S if noises == "both" else splits)
    found = []
    for knows, split in itertools.product(informed, separate if offered else (None,)):
        told = [("corr", str(knows).lower())] if "corr" in params else []
        told += [("noises", _told(offered, split))] if split else []
        whole, base = (str(Spec(spec.name, some)) for some in ((*rest, *told), rest))
        found.append(Variant(whole, base, knows, (split,) if split else splits))
    return found
