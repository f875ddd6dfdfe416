"""An attack's variants: with and without knowledge (P1's Corr), over all noises or the imperceptible ones (Noises)."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bench.contracts.composition import Composed, composed, isolated_specs
from bench.core.specs import ISOLATED, Spec, spec_of

Corr = Literal["yes", "no", "both"]
NoiseScope = Literal["all", "imperceptible", "both"]


@dataclass(frozen=True)
class ThreatModel:
    """One search to run, and what is scored from it.

    Args:
        attack: the full spec that is run.
        base: the spec without corr and noises: how tables name it.
        corr: whether the attacker is informed.
        noises: which splits are scored from its records. An attack that can be told to use imperceptible noises alone
            is run for each split; the records of any other attack serve both.
    """

    attack: str
    base: str
    corr: bool
    noises: tuple[str, ...]


def threat_models(text: str, attack: Any, corr: Corr, noises: NoiseScope) -> list[ThreatModel]:
    """List the threat models of an attack that the options ask for; what its spec itself pins down is not crossed.

    Args:
        text: its spec as given.
        attack: the component's object.
        corr: "yes", "no" or "both": whether the attacker is informed (P1's Corr). An attack that can be is asked twice
            for "both"; an attack that cannot is asked once, uninformed.
        noises: "all", "imperceptible" or "both": the noises that may be used (P1's two columns).
    """
    splits = ("all", "imperceptible") if noises == "both" else (noises,)
    if isinstance(attack, Composed):
        names = zip(attack.names, attack.parts, strict=True)
        whole = composed(tuple(spec_of(Spec.parse(name).name, part) for name, part in names))
        return [ThreatModel(whole, whole, False, splits)]
    if isolated_specs("attacks", text):
        return _of_isolated(text, ISOLATED + attack.told.spec, attack.params, corr, splits)
    spec = Spec.parse(text)
    pinned = {key for key, _ in spec.params}
    fields = {field.name: field.default for field in dataclasses.fields(attack)}
    plain = {name: fields[name] for name in ("corr", "noises") if name in fields}
    base = spec_of(spec.name, replace(attack, **plain))
    splits = (attack.noises,) if "noises" in pinned and "noises" in fields else splits
    informed = {"yes": (True,), "no": (False,), "both": (False, True)}[corr] if "corr" in fields else (False,)
    informed = (attack.corr,) if "corr" in pinned and "corr" in fields else informed
    found = []
    for knows in informed:
        known = {"corr": knows} if "corr" in fields else {}
        if "noises" in fields:
            found += [
                ThreatModel(spec_of(spec.name, replace(attack, noises=split, **known)), base, knows, (split,))
                for split in splits
            ]
        else:
            found.append(ThreatModel(spec_of(spec.name, replace(attack, **known)), base, knows, splits))
    return found


def _of_isolated(
    given: str, canonical: str, params: Mapping[str, Any], corr: Corr, splits: Sequence[str]
) -> list[ThreatModel]:
    """The threat models of an attack in a process of its own: what its parameters are is known, not their defaults.

    Args:
        given: its spec; what it names is not crossed.
        canonical: its spec as records name it.
        params: all its parameters by name; none of a composition.
        corr: as in `threat_models`.
        splits: the noises that may be used.
    """
    if not params:
        return [ThreatModel(canonical, canonical, False, tuple(splits))]
    spec = Spec.parse(canonical)
    pinned = {key for key, _ in Spec.parse(given).params}
    rest = tuple(one for one in spec.params if one[0] not in ("corr", "noises"))
    base = str(Spec(spec.name, rest))
    informed = {"yes": (True,), "no": (False,), "both": (False, True)}[corr] if "corr" in params else (False,)
    informed = (params["corr"] is True,) if "corr" in pinned & set(params) else informed
    separate = [str(params["noises"])] if "noises" in pinned else list(splits) if "noises" in params else [""]
    found = []
    for knows, split in itertools.product(informed, separate):
        told = (("corr", str(knows).lower()),) * ("corr" in params) + (("noises", split),) * bool(split)
        found.append(ThreatModel(str(Spec(spec.name, rest + told)), base, knows, (split,) if split else tuple(splits)))
    return found
