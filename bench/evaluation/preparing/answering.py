"""What cannot be meant in a dimensional task: victims, defences and attacks that need classes. Needs no data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench.contracts.component import Component, check_task
from bench.core.errors import UsageError
from bench.core.types import Task

if TYPE_CHECKING:
    from bench.evaluation.plans.planning import Selection


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
                check_task(component, task)
            for attack, _ in one.attacks:
                _check_attack(attack, task)


def _check_attack(attack: Component, task: Task) -> None:
    model = attack.threat_model
    if not task.dimensional:
        return
    where = f"attack {attack.spec!r} in task {task.name!r}"
    remedy = 'let it be answered "label", which tells the number too; or take a task of classes'
    if model.tells("probabilities"):
        raise UsageError(where, "one that is answered probabilities", "a victim that has some", remedy)
