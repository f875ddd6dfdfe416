"""Finished cells attacked once more, in another order and other batches: whether their records are what they were.

What an attack keeps between searches, outside the rounds that the referee closes, makes records depend on the order; so
does a victim that remembers. Both are found here, whatever they are kept in.
"""

from __future__ import annotations

import json
import secrets
import traceback
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from bench.core.errors import ComponentError, told_of
from bench.core.rng import key_of
from bench.core.showing.progress import SILENT
from bench.core.types import Utterance
from bench.evaluation.cell.cells import Cell, attacked
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import Measuring
from bench.evaluation.grids.grid import Failure
from bench.evaluation.plans.planned import Planned
from bench.referee.rounds import in_order
from bench.scoring.record_files.agreement import first_difference
from bench.scoring.records import Store

_BATCH, _OTHER_BATCH = 7, 5
_REMEDY = (
    "keep nothing between searches but through rounds (docs/threat_model.md#rounds); a victim that remembers declares "
    "sessions"
)


def check_finished(experiment: Experiment, planned: Sequence[Planned], store: Store, most: int | None) -> list[Failure]:
    """Attack utterances of every finished cell again; a cell whose records differ is set aside as failed.

    Args:
        experiment: data and machine.
        planned: the cells.
        store: their records.
        most: at most so many utterances of each cell, drawn at random; of an attack that learns, as many whole
            rounds from the first as hold them. None for all.

    Returns:
        The cells that differ, or cannot be attacked again.
    """
    failures = []
    for plan in planned:
        key = cell_key(experiment, plan.cell)
        if not store.has(key):
            continue
        try:
            count = check_again(experiment, plan.cell, store.read(key).rows, most)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            message, code = told_of(error)
            about = json.loads(store.read(key).description.text)
            store.fail(key, about, message, traceback.format_exc())
            store.disown(key)
            failures.append(Failure(plan.cell, message, code))
        else:
            experiment.progress.say(f"checked: {count} utterances again, same ({plan.cell})")
    return failures


def check_again(experiment: Experiment, cell: Cell, rows: pd.DataFrame, most: int | None) -> int:
    """Attack some utterances of a cell again, in another order and other batches, and count them.

    Args:
        experiment: data and machine.
        cell: as it was measured.
        rows: its records.
        most: as in `check_finished`.

    Raises:
        ComponentError: something is not what it was.
    """
    again = _afresh(experiment)
    attack = replace(again.registry.component("attacks", cell.attack.spec), target=cell.attack.target)
    anew, measuring = replace(cell, attack=attack), Measuring(again)
    test = experiment.split(cell.fitted).test
    drawn_by = secrets.token_hex(16)  # who knew what is attacked again could be honest there alone
    chosen = sample_of(anew, attacked(cell, test), most, drawn_by)
    with experiment.progress.task(f"Attacking again with {cell.attack}", len(chosen)):
        found = measuring.again(anew, chosen, order_key="check")
    ids = {one.id for one in chosen}
    difference = first_difference(rows[rows["utterance"].isin(ids)], found)
    if difference is None:
        return len(chosen)
    told = difference
    raise ComponentError(
        f"attack {cell.attack.spec!r} on utterance {told.utterance!r}, query {told.query}",
        f"{told.column} {_shown(told.before)}, and {_shown(told.after)} when it was attacked again in another order",
        "the same",
        _REMEDY,
    )


def _afresh(experiment: Experiment) -> Experiment:
    """The same experiment with components that are built anew, and searches in batches of another size."""
    registry = experiment.registry.anew()
    batch_size = _BATCH if experiment.batch_size != _BATCH else _OTHER_BATCH
    return replace(experiment, registry=registry, batch_size=batch_size, progress=SILENT)


def sample_of(cell: Cell, utterances: Sequence[Utterance], most: int | None, key: str) -> list[Utterance]:
    """Choose what is attacked again.

    Args:
        cell: says whether its attack learns.
        utterances: all that were attacked.
        most: at most so many; of an attack that learns, whole rounds from the first; None for all.
        key: draws them, but for whole rounds.
    """
    size = cell.attack.threat_model.round_size
    if most is None:
        return list(utterances)
    if size:
        return in_order(cell.search_seed, utterances)[: -(-most // size) * size]
    return sorted(utterances, key=lambda one: (key_of("check", key, one.id), one.id))[:most]


def _shown(value: object) -> str:
    return "nothing" if value is None else f"{value!r:.120}"
