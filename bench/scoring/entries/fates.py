"""What became of a cell's utterances, noted while records are read for their scores: nobody reads them twice."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.contracts.threat_models import Counted
from bench.scoring.arrays import Places
from bench.scoring.record_files.columns import Texts
from bench.scoring.record_files.condensed import CondensedCell
from bench.scoring.record_files.pooled import PooledRecords

if TYPE_CHECKING:
    from bench.scoring.entries.units import FinishedCell

NEVER = 0
"""Stands for a query that never came: no candidate was accepted."""
Names = NDArray[np.object_]
_NAMED = {"utterances": "utterance", "speakers": "speaker", "truths": "label_true", "answers": "label_before"}
"""The columns that fates name, and those of records."""


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
        return cls.of_each([cell])[0]

    @classmethod
    def of_each(cls, cells: Sequence[CondensedCell]) -> list[Fates]:
        """Take those of several cells.

        Args:
            cells: at least one, each with a clean row for each utterance.
        """
        records = PooledRecords.together([(cell.columns, (number, 0, 0)) for number, cell in enumerate(cells)])
        texts, own = records.columns.texts, records.attacked
        clean = records.clean_of(own.starts)
        by_name = np.empty(len(texts["utterance"].names), dtype=np.intp)
        by_name[np.argsort(texts["utterance"].names, kind="stable")] = np.arange(len(by_name))
        order = np.lexsort((by_name[texts["utterance"].codes[clean]], own.cell))
        named = {column: _spelt(texts[text], clean[order]) for column, text in _NAMED.items()}
        firsts = {noises: records.first(noises)[order] for noises in {*itertools.chain(*map(_noises, cells))}}
        fell = {noises: np.where(np.isinf(one), NEVER, one).astype(np.int32) for noises, one in firsts.items()}
        ends = np.cumsum(np.bincount(own.cell)).tolist()
        parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        return [
            cls(
                **{column: names[part] for column, names in named.items()},
                fell={noises: fell[noises][part] for noises in cell.description.noises},
            )
            for cell, part in zip(cells, parts, strict=True)
        ]


def _noises(cell: CondensedCell) -> tuple[Counted, ...]:
    return cell.description.noises


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
        kept: names under which they are kept for the next time already.
    """

    sources: dict[Path, Mapping[str, FinishedCell]] = field(default_factory=dict)
    fates: dict[str, Fates] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def note(self, sources: Sequence[FinishedCell], cells: Sequence[CondensedCell]) -> None:
        """Note cells whose rows were read.

        Args:
            sources: the cells.
            cells: what figures are made of, of each.
        """
        filed = [(source.file, cell) for source, cell in zip(sources, cells, strict=True) if source.file is not None]
        if filed:
            files, read = zip(*filed, strict=True)
            self.fates.update(zip(files, Fates.of_each(read), strict=True))


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
