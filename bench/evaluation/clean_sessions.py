"""What a fitted victim that remembers costs those who attack nobody: its clean speech asked about in sessions."""

from __future__ import annotations

from bench.evaluation.cells import Cell, limited
from bench.evaluation.enrolment import Group
from bench.evaluation.experiment import Experiment
from bench.evaluation.instances import instance
from bench.referee.sessions import lost_in_sessions


def lost_of(experiment: Experiment, cell: Cell) -> tuple[frozenset[str], int]:
    """Find the clean utterances of which a fitted victim says something else for what their speaker has asked before.

    Args:
        experiment: data and machine.
        cell: of that victim; so many utterances are asked about.

    Returns:
        Their ids, and of how many.
    """
    fitted, test = cell.fitted, experiment.split(cell.fitted).test
    everybody, asked = Group(frozenset(one.id for one in test), tuple(test)), limited(test, cell.limit)
    heard = instance(experiment, fitted, "sessions", test, everybody, "honest")
    return lost_in_sessions(heard, fitted.task, asked, experiment.device, fitted.randomised), len(asked)
