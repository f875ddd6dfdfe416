"""One model that runs named by different paths is one victim where runs are put together, without a machine's path."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from bench.core.code.keys import key_of_json
from bench.core.specs import Spec
from bench.scoring.record_files.descriptions import Description

_Told = TypeVar("_Told")


def named_alike(
    told: Sequence[_Told],
    about: Callable[[_Told], Description],
    renamed: Callable[[_Told, Description], _Told],
    check: Callable[[_Told, _Told], None] = lambda _one, _other: None,
) -> list[_Told]:
    """Name victims of the same files and parameters by one spec, and keep one of what was measured under two.

    The spec is the shortest that a run gives without an absolute path; where all have one, the folders before the
    file's own name are left out, unless another model would be named so too.

    Args:
        told: of cells, in order.
        about: gives the description of one.
        renamed: gives one with another description.
        check: is given one that is kept, and one of the same that is left out for it, which it may refuse.
    """
    abouts = [about(one) for one in told]
    if not any("/" in one.names.victim for one in abouts):
        return list(told)
    models = [_model(one) for one in abouts]
    specs: dict[str, set[str]] = {}
    for described, model in zip(abouts, models, strict=True):
        specs.setdefault(model, set()).add(described.names.victim)
    shown = {model: _shown(names) for model, names in specs.items()}
    clashing = {name for name, count in Counter(shown.values()).items() if count > 1}
    kept: list[_Told] = []
    measured: dict[str, tuple[str, _Told]] = {}
    for one, description, model in zip(told, abouts, models, strict=True):
        given, name = description.names.victim, shown[model]
        if name in clashing:
            kept.append(one)
            continue
        first, known = measured.setdefault(_without_victim(description, name), (given, one))
        if first == given:
            kept.append(renamed(one, replace(description, names=replace(description.names, victim=name))))
        else:
            check(known, one)
    return kept


def _model(about: Description) -> str:
    """What the victim is, by its files' digest, whatever the path to them; its spec where it has no files."""
    victim = _victim(json.loads(about.text))
    if "fingerprint" not in victim:
        return about.names.victim
    spec = Spec.parse(about.names.victim)
    params = [[name, _ending(value)] for name, value in spec.params]
    return key_of_json({"name": spec.name, "params": params, "digest": victim["fingerprint"], "code": victim["code"]})


def _victim(told: Any) -> dict[str, Any]:
    found = told.get("fitting")
    inner = found.get("victim") if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) and "code" in inner else {}


def _ending(value: str) -> str:
    """The last names of paths joined by +; an address stays whole."""
    return value if "://" in value else "+".join(part.rstrip("/").rpartition("/")[2] for part in value.split("+"))


def _shown(specs: set[str]) -> str:
    shortest = min(specs, key=lambda spec: (_is_of_a_machine(spec), len(spec), spec))
    if not _is_of_a_machine(shortest):
        return shortest
    parsed = Spec.parse(shortest)
    return str(Spec(parsed.name, tuple((name, _ending(value)) for name, value in parsed.params)))


def _is_of_a_machine(spec: str) -> bool:
    parts = (part for _, value in Spec.parse(spec).params for part in value.split("+"))
    return any(part.startswith(("/", "~")) for part in parts)


def _without_victim(about: Description, name: str) -> str:
    told = json.loads(about.text)
    told["victim"] = name
    inner = _victim(told)
    inner.pop("spec", None)
    inner.pop("params", None)
    return key_of_json(told)
