"""What cannot be meant in a dimensional task: victims, defences and attacks that need classes. Needs no data."""

from __future__ import annotations

from collections.abc import Iterable

from bench.contracts.component import Component
from bench.core.errors import UsageError
from bench.core.types import Task
from bench.evaluation.planning import Selection

_NEEDS = {"validation": "labelled validation speech", "training": "labelled training speech"}


def check_answers(selections: Iterable[Selection]) -> None:
    """Refuse what tells classes, or needs them, where the task is one of numbers.

    Args:
        selections: what is asked for.

    Raises:
        UsageError: a victim or defence does not declare the trait `dimensional`; or an attack needs what there is not.
    """
    for one in selections:
        for task in one.tasks:
            if task.dimensional:
                for component in (*one.victims, *(defense for defense in one.defenses if defense)):
                    _check_component(component, task)
                for attack, _ in one.attacks:
                    _check_attack(attack, task)


def _check_component(component: Component, task: Task) -> None:
    if component.traits.dimensional:
        return
    victim = component.kind == "victims"
    where = f"{'victim' if victim else 'defence'} {component.spec!r} in task {task.name!r}"
    low, high = task.scale or (0.0, 0.0)
    found = "one that tells classes" if victim else "one that defends victims that tell classes"
    remedy = "take a victim such as cnn_gru" if victim else "take one such as noise_augmentation, or none"
    raise UsageError(
        where, found, f"numbers from {low:g} to {high:g}", f"{remedy}; or a task of classes, such as activation3"
    )


def _check_attack(attack: Component, task: Task) -> None:
    model = attack.threat_model
    where = f"attack {attack.spec!r} in task {task.name!r}"
    remedy = 'let it be answered "label", which tells the number too; or take a task of classes'
    if model.tells("probabilities"):
        raise UsageError(where, "one that is answered probabilities", "a victim that has some", remedy)
    for knows, what in _NEEDS.items():
        if knows in model.knows:
            raise UsageError(where, f"one that knows {what}", "labels that are classes", "take a task of classes")
