"""What a description calls things: whether the names that tables print are those of what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from bench.contracts.threat_models import COUNTED
from bench.core.errors import DataError, UsageError
from bench.core.specs import IN_MEMORY, NO_DEFENSE, Spec
from bench.data.tasks import TASKS
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.schema import AGAIN

VARIANTS = ("corr", "noises")
"""Parameters of an attack that tables name apart from it."""


def check_names(path: Path, about: Description, told: Mapping[str, Any]) -> None:
    """Refuse a description whose names are not those of what it says was measured, or whose labels deny them.

    Labels are no part of a cell's key, so nothing else holds them.

    Args:
        path: the file, named in messages.
        about: the description.
        told: the same as plain JSON.

    Raises:
        DataError: there is such a name.
    """
    for name, called, measured in _named_twice(told):
        if called != measured:
            _refuse(path, f"{name} {called!r:.80} of what was measured as {measured!r:.80}", "one name")
    attack = about.names.attack
    if about.attack_base not in (attack, without_variants(attack)):
        found = f"an attack {attack!r:.80} that tables would call {about.attack_base!r:.80}"
        _refuse(path, found, "its own name, without corr and noises")
    _check_labels(path, about)


@lru_cache(maxsize=1024)
def without_variants(attack: str) -> str:
    """Return an attack's spec without `corr` and `noises`, which tables name apart.

    >>> without_variants("boundary:step_db=2,corr=true,noises=imperceptible")
    'boundary:step_db=2'
    """
    try:
        spec = Spec.parse(attack)
    except UsageError:
        return attack
    return str(Spec(spec.name, tuple(one for one in spec.params if one[0] not in VARIANTS)))


def _named_twice(told: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """What a description names where it names the cell, and again where it tells what was measured."""
    fitting = told["fitting"]
    for name, identity in (("victim", fitting.get("victim")), ("attack", told["attack_identity"])):
        if isinstance(identity, Mapping) and "spec" in identity:
            yield name, told[name], identity["spec"]
    defense = fitting.get("defense")
    if isinstance(defense, Mapping):
        yield "defense", told["defense"], defense.get("spec", told["defense"])
    elif told["defense"] != NO_DEFENSE:
        yield "defense", told["defense"], NO_DEFENSE
    task = fitting.get("task")
    if isinstance(task, Mapping) and "name" in task:
        yield "task", told["task"], task["name"]
        own = _built_in(str(told["task"]))
        yield from ((f"the {name} of task {told['task']}", own[name], task[name]) for name in own if name in task)
    yield from ((name, told[name], fitting[name]) for name in ("split", "fold", "seed") if name in fitting)


@lru_cache(maxsize=256)
def _built_in(task: str) -> Mapping[str, Any]:
    """All that a built-in task is, as descriptions have it; nothing of any other."""
    known: dict[str, Any] = json.loads(json.dumps(asdict(TASKS[task]))) if task in TASKS else {}
    return known


def _check_labels(path: Path, about: Description) -> None:
    params = about.attack_params
    informed, kept = params.get("corr"), params.get("noises")
    in_memory = IN_MEMORY in about.names.attack.partition(":")[0]  # whose fields its parameters need not tell
    if about.corr != (informed is True) and not (in_memory and informed is None):
        _refuse(path, f"corr {about.corr} of an attack with {informed}", "the same")
    if kept in COUNTED and len(about.noises) == 1:
        told, counted = (COUNTED.index(one) for one in (kept, about.noises[0]))
        if counted < told:  # who offers no more than it was told stands in a wider column with that
            found = f"noises {about.noises[0]} of an attack that keeps to {kept}"
            _refuse(path, found, f"{kept}, or what it lies within")


def _refuse(path: Path, found: str, expected: str) -> NoReturn:
    raise DataError(path, found, expected, AGAIN)
