"""Records that somebody else may have made: checked for what the referee could have written, and never believed.

A digest says that a file is what its writer wrote, not that the writer was a referee. So what a figure rests on is
computed anew from the rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np

from bench.core.code.keys import key_of_json
from bench.core.errors import DataError, UsageError
from bench.core.types import REFUSED
from bench.data.splits import split_named
from bench.data.tasks import TASKS
from bench.scoring.arrays import Places
from bench.scoring.record_files.believing_names import check_names
from bench.scoring.record_files.believing_numbers import check_numbers
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.columns import Columns, in_order
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.schema import AGAIN

LABELS = ("attack_base", "corr", "noises", "found", "exit_code")
"""Fields of a description that are no part of what determines a cell, and so of its key."""
MOST_QUERIES = 100_000
"""No budget of a search is greater."""


def check_believable(path: Path, cell: CellRecords) -> None:
    """Refuse a cell whose description or rows contradict themselves, its key, or the referee's rules.

    Args:
        path: its file, named in messages.
        cell: as it was read.

    Raises:
        DataError: the key is not that of the description; a row is missing, twice there, or says what no referee does.
    """
    check_description(path, cell.key, cell.description)
    check_columns(path, cell.description, Columns.of(cell.rows))


def check_columns(path: Path, about: Description, columns: Columns) -> None:
    """Refuse rows that contradict themselves, their description, or the referee's rules.

    Args:
        path: the file, named in messages.
        about: what its description says.
        columns: its rows.

    Raises:
        DataError: a row is missing, twice there, or says what no referee does.
    """
    start = _starts(path, columns)
    _check_constant(path, columns, start)
    _check_answers(path, columns, about)
    check_numbers(path, about.dimension, columns, start)
    _check_accepted(path, columns, start, about)


def rules_of(about: Description) -> Hashable:
    """Return all of a description that `check_columns` looks at: rows of cells that agree in it are checked together.

    Args:
        about: what a cell's description says.
    """
    rests, target = about.rests_on, about.threat_model.target
    return rests.max_queries, rests.min_snr_db, about.names.setting.task, about.dimension, target


def check_same(one: CellRecords, path: Path, other: CellRecords, beside: Path) -> None:
    """Refuse two files of one cell that do not hold the same, so that neither takes the other's place unseen.

    Args:
        one: a cell.
        path: its file.
        other: the cell with the same key from another run.
        beside: its file.

    Raises:
        DataError: they differ; it names both.
    """
    if one.description.text != other.description.text or not one.rows.equals(other.rows):
        expected = f"the records of cell {one.key} that {path} holds"
        raise DataError(beside, "others of the same cell", expected, "leave out the run that you do not trust")


def determined_key(description: Mapping[str, object]) -> str:
    """Return the key of the cell that a description tells of: the name of its file.

    Args:
        description: as it stands in the file, without the version.
    """
    return key_of_json({name: value for name, value in description.items() if name not in LABELS})


def check_description(path: Path, own_key: str, about: Description) -> None:
    """Refuse a description that contradicts itself, or the key that its file is named by.

    Args:
        path: the file, named in messages.
        own_key: its name.
        about: what it says.

    Raises:
        DataError: it does.
    """
    rests = about.rests_on
    told = json.loads(about.text)
    if (key := determined_key(told)) != own_key:
        _refuse(path, f"what has the key {key}", f"a description of the cell {own_key}")
    if not 1 <= rests.max_queries <= MOST_QUERIES:
        _refuse(path, f"a budget of {rests.max_queries} queries", f"1 to {MOST_QUERIES:,}")
    try:
        split_named(about.names.setting.split)
    except UsageError as error:
        raise DataError(path, f"split {error.found}", error.expected, AGAIN) from error
    if not math.isfinite(rests.min_snr_db):
        _refuse(path, f"a threshold of {rests.min_snr_db} dB", "a number")
    check_names(path, about, told)


def _starts(path: Path, columns: Columns) -> Places:
    """The place of each row's clean row, after looking that queries of an utterance are 0, 1, 2 ... without a gap."""
    codes, query = columns.texts["utterance"].codes, columns.query
    changes = codes[1:] != codes[:-1]
    order = np.arange(len(codes))
    different = np.count_nonzero(np.bincount(codes))
    if int(changes.sum()) + 1 > different or (query[1:] <= query[:-1])[~changes].any():
        order = np.lexsort((query, in_order(codes)[0]))  # utterances are told in turns
    sorted_codes, queries = codes[order], query[order]
    first = np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]])
    expected = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    if wrong := _first(queries != expected):
        row = int(order[wrong - 1])
        found = f"query {query[row]} of utterance {_text(columns, 'utterance', row)} in the place of "
        _refuse(path, f"{found}{expected[wrong - 1]}", "the clean row and then each query once, from 1 on")
    start = np.empty(len(order), dtype=np.intp)
    start[order] = np.repeat(order[first], np.diff(np.r_[first, len(order)]))
    return start


def _check_constant(path: Path, columns: Columns, start: Places) -> None:
    for name in ("speaker", "label_true", "label_before"):
        codes = columns.texts[name].codes
        if place := _first(codes != codes[start]):
            _refuse(path, f"two values of {name} for utterance {_text(columns, 'utterance', place - 1)}", "one")
    if place := _first((columns.query == 0) & ~columns.alike("label_after", "label_before")):
        whose = _text(columns, "utterance", place - 1)
        _refuse(path, f"a clean row of utterance {whose} with two answers", "one")


def _check_answers(path: Path, columns: Columns, about: Description) -> None:
    rests, task = about.rests_on, TASKS.get(about.names.setting.task)
    if (most := int(columns.query.max())) > rests.max_queries:
        _refuse(path, f"query {most}", f"at most {rests.max_queries}, the search's budget")
    if task is not None:
        for name in ("label_true", "label_before", "label_after"):
            strange = columns.texts[name].told() - {*task.classes, *(() if name == "label_true" else (REFUSED,))}
            if strange:
                _refuse(path, f"{name} {_shown(min(strange))}", f"a class of task {task.name}")
    for name, low, high in (("snr_db", -math.inf, math.inf), ("flip_share", 0.0, 1.0)):
        values = columns.number(name)
        if place := _first((values < low) | (values > high)):
            _refuse(path, f"{name} {values[place - 1]}", f"{low} to {high}")
    fair, additive = columns.true("imperceptible"), columns.true("additive")
    if _first(fair & ~additive & columns.known("additive")):
        _refuse(path, "a candidate that is imperceptible and not additive", "each column within the next")
    if _first((columns.query <= 0) & (fair | ~np.isnan(columns.number("snr_db")))):
        _refuse(path, "a clean row with an SNR, or of a perturbation", "none")


def _check_accepted(path: Path, columns: Columns, start: Places, about: Description) -> None:
    """Decide of each row anew whether it is a success; of one without an SNR the perception table has a say as well."""
    flips, snr = columns.number("flip_share"), columns.number("snr_db")
    accepted = columns.true("accepted")
    settled = ~(flips[start] >= 0.5)
    lasting = ~columns.true("tied") & ~(flips <= 0.5)
    refused = (columns.texts[name].is_(REFUSED) for name in ("label_before", "label_after"))
    fooled = ~columns.alike("label_before", "label_after") & ~next(refused) & ~next(refused)
    target, min_snr_db = about.threat_model.target, about.rests_on.min_snr_db
    aimed = columns.texts["label_after"].is_(target) if target else True
    could = (columns.query > 0) & fooled & settled & lasting & aimed
    known = ~np.isnan(snr)
    wrong = (accepted & ~could) | (known & (accepted != (could & (snr > min_snr_db))))
    if place := _first(wrong):
        row = place - 1
        utterance, before, after = (_text(columns, name, row) for name in ("utterance", "label_before", "label_after"))
        what = f"query {columns.query[row]} of utterance {utterance} at {snr[row]:g} dB, {before} → {after}"
        says = ("no success", "a success")
        found, expected = says[bool(accepted[row])], says[not accepted[row]]
        _refuse(path, f"{what}, as {found}", f"{expected} by the referee's rule")


def _text(columns: Columns, name: str, row: int) -> str:
    return _shown(columns.texts[name].take(np.array([row])).spelt()[0])


def _first(wrong: object) -> int:
    """One more than the place of the first that is wrong; 0 where none is."""
    places = np.flatnonzero(np.asarray(wrong))
    return int(places[0]) + 1 if len(places) else 0


def _shown(value: object) -> str:
    return f"{value!r:.80}"


def _refuse(path: Path, found: str, expected: str) -> NoReturn:
    raise DataError(path, found, expected, AGAIN)
