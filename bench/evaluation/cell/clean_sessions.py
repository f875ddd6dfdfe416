"""What a fitted victim that remembers costs those who attack nobody: its clean speech asked about in sessions."""

from __future__ import annotations

from bench.evaluation.cell.cells import Cell, limited
from bench.evaluation.cell.enrolment import groups_of
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import instance, sample_key
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
    group, asked = groups_of(test, experiment.enrolment)[0], limited(test, cell.limit)  # as who is attacked knows them
    key = sample_key(experiment, fitted, cell.repeat)
    alone, heard = (instance(experiment, fitted, key, test, group, name) for name in ("alone", "sessions"))
    return lost_in_sessions(alone, heard, fitted.task, asked, experiment.device, key, fitted.randomised), len(asked)
