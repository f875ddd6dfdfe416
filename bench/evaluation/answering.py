"""What cannot be meant in a dimensional task: victims, defences and attacks that need classes. Needs no data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.contracts.component import Component
from bench.core.errors import UsageError
from bench.core.types import Task

if TYPE_CHECKING:
    from bench.evaluation.planning import Selection


def check_answers(selections: Iterable[Selection]) -> None:
    """Refuse what tells classes, or needs them, where the task is one of numbers.

    Args:
        selections: what is asked for.

    Raises:
        UsageError: a victim or defence does not declare the trait `dimensional`; or an attack needs what there is not.
    """
    for one in selections:
        for task in one.tasks:
            for component in (*one.victims, *(defense for defense in one.defenses if defense)):
                check_component(component, task)
            for attack, _ in one.attacks:
                _check_attack(attack, task)


def check_component(component: Component, task: Task) -> None:
    """Refuse a victim or a defence that knows classes alone, in a task of numbers.

    Args:
        component: of either kind.
        task: what is told.

    Raises:
        UsageError: it does not declare the trait `dimensional`.
    """
    if component.traits.dimensional or not task.dimensional:
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
    if not task.dimensional:
        return
    where = f"attack {attack.spec!r} in task {task.name!r}"
    remedy = 'let it be answered "label", which tells the number too; or take a task of classes'
    if model.tells("probabilities"):
        raise UsageError(where, "one that is answered probabilities", "a victim that has some", remedy)
