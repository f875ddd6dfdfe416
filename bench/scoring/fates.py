"""What became of a cell's utterances, noted while records are read for their scores: nobody reads them twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.contracts.threat_models import Counted
from bench.scoring.columns import Places, Texts
from bench.scoring.condensed import CondensedCell
from bench.scoring.pooled import PooledRecords

if TYPE_CHECKING:
    from bench.scoring.units import FinishedCell

NEVER = 0
"""Stands for a query that never came: no candidate was accepted."""
Names = NDArray[np.object_]
_NAMED = ("utterances", "speakers", "truths", "answers")


@dataclass(frozen=True, eq=False)
class Fates:
    """Hold what became of a cell's utterances, in the order of their ids.

    Args:
        utterances: ids, shape (n,).
        speakers: likewise.
        truths: the corpus's labels.
        answers: what the victim says of clean speech.
        fell: by kind of noises that is counted, the query at which each fell; 0 where it did not.
    """

    utterances: Names
    speakers: Names
    truths: Names
    answers: Names
    fell: Mapping[Counted, NDArray[np.int32]]

    @classmethod
    def of(cls, cell: CondensedCell) -> Fates:
        """Take them from records.

        Args:
            cell: with a clean row for each utterance.
        """
        records = PooledRecords.together([(cell.columns, (0, 0, 0))])
        texts, clean = records.columns.texts, records.clean_of(records.attacked.starts)
        order = np.argsort(_spelt(texts["utterance"], clean), kind="stable")
        fell = {}
        for noises in cell.description.noises:
            first = records.first(noises)[order]
            fell[noises] = np.where(np.isinf(first), NEVER, first).astype(np.int32)
        rows = clean[order]
        return cls(
            utterances=_spelt(texts["utterance"], rows),
            speakers=_spelt(texts["speaker"], rows),
            truths=_spelt(texts["label_true"], rows),
            answers=_spelt(texts["label_before"], rows),
            fell=fell,
        )


def _spelt(texts: Texts, rows: Places) -> Names:
    """Texts of some rows; equal ones are one object in all cells, of which there may be thousands."""
    names = np.array([sys.intern(name) for name in texts.names.tolist()], dtype=object)
    found: Names = names[texts.codes[rows]]
    return found


@dataclass(frozen=True, eq=False)
class NotedFates:
    """Note what is read while runs are scored, for who needs more of their records than scores.

    Args:
        sources: by a run's folder, its finished cells by their keys.
        fates: by the digest of a cell's file; of those alone whose rows were read.
    """

    sources: dict[Path, Mapping[str, FinishedCell]] = field(default_factory=dict)
    fates: dict[str, Fates] = field(default_factory=dict)

    def note(self, source: FinishedCell, cell: CondensedCell) -> None:
        """Note a cell whose rows were read.

        Args:
            source: the cell.
            cell: what figures are made of.
        """
        if source.file is not None:
            self.fates[source.file] = Fates.of(cell)


def told(fates: Mapping[str, Fates]) -> str:
    """Write what became of the utterances of some cells as JSON, each name once.

    Args:
        fates: by the digest of a cell's file.
    """
    numbers: dict[str, int] = {}
    cells = {}
    for digest, one in fates.items():
        named = [[numbers.setdefault(name, len(numbers)) for name in vars(one)[column].tolist()] for column in _NAMED]
        cells[digest] = [named, {noises: queries.tolist() for noises, queries in one.fell.items()}]
    return json.dumps([list(numbers), cells], separators=(",", ":"))


def read(text: str) -> dict[str, Fates]:
    """Read what `told` has written.

    Args:
        text: the JSON.
    """
    listed, cells = json.loads(text)
    names = np.array([sys.intern(name) for name in listed], dtype=object)
    found = {}
    for digest, (named, fell) in cells.items():
        who, speakers, truths, answers = (names[np.array(column, dtype=np.intp)] for column in named)
        queries = {noises: np.array(one, dtype=np.int32) for noises, one in fell.items()}
        found[digest] = Fates(who, speakers, truths, answers, queries)
    return found
