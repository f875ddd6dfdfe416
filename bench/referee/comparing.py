"""What is said when the same is asked again, against what was said before."""

from __future__ import annotations

from collections.abc import Sequence

from bench.core.errors import ComponentError
from bench.core.types import REFUSED, Task
from bench.referee.inaudible import check_hears
from bench.referee.looks import check_looks
from bench.referee.prediction import Said
from bench.referee.rechecks import Question
from bench.referee.sameness import alike, named, same


def compared(task: Task, pairs: Sequence[tuple[Question, Said]], closely: bool) -> set[tuple[str, int]]:
    """Compare what is said now with what was said before.

    Args:
        task: what is told.
        pairs: questions, and what is said now.
        closely: whether probabilities have to be the same too, see `bench.referee.sameness.same`.

    Returns:
        Utterance and number of the questions that are ties now, whatever they were.

    Raises:
        ComponentError: an answer is another one, and no tie.
    """
    ties: set[tuple[str, int]] = set()
    for one, now in pairs:
        if one.answer.value is not None and now.value is not None:
            if not alike(task, one.answer.value, now.value):
                raise _other_answer(one, f"{one.answer.value:g}", f"{now.value:g}")
            tied = now.label != one.answer.label
        elif not same(one.answer, now, closely):
            names = (*task.classes, REFUSED)
            raise _other_answer(one, *(named(said, names, closely) for said in (one.answer, now)))
        else:
            tied = now.tied
        if tied and not one.further:
            ties.add((one.utterance.id, one.query))
    return ties


def check_unforeseen(task: Task, pairs: Sequence[tuple[Question, Said]], closely: bool) -> None:
    """Look at what is said of questions that a secret has chosen.

    Args:
        task: what is told.
        pairs: questions, and what is said now.
        closely: as in `compared`.

    Raises:
        ComponentError: clean speech is lost where it is softer, an attacker was shown another defence, or an answer is
            another one.
    """
    refusal = len(task.classes)
    check_hears([now for one, now in pairs if one.softer], refusal)
    check_looks([pair for pair in pairs if pair[0].looked is not None], refusal)
    compared(task, [pair for pair in pairs if not pair[0].softer and pair[0].looked is None], closely)


def _other_answer(asked: Question, before: str, now: str) -> ComponentError:
    remedy = "a victim that draws anew for every query declares the trait randomised; any other must forget"
    return ComponentError(
        f"victim on utterance {asked.utterance.id!r}, query {asked.query}",
        f"{before!r}, and {now!r} when a fresh instance was asked again: its answers depend on order, or on what was "
        "asked before",
        "the same answer",
        remedy,
    )
