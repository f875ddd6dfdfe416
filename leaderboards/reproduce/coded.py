"""Answers as numbers and arrays, made of a table once for all figures that are about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.scores import CELL

Texts = NDArray[np.object_]
Mask = NDArray[np.bool_]
_KEPT = 64
"""How many tables' numbers are kept: a table of a paper looks at each of its runs a dozen times."""


@dataclass(frozen=True, eq=False)
class CodedAnswers:
    """The columns of a table of answers, as arrays.

    Args:
        rows: see [`Answers`][leaderboards.reproduce.answers.Answers]; nobody changes them.
    """

    rows: pd.DataFrame
    _columns: dict[str, Texts] = field(default_factory=dict, init=False, repr=False)
    _hits: dict[str, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def cell(self) -> Texts:
        """Name the cell of each answer."""
        numbers, first = pd.factorize(pd.MultiIndex.from_frame(self.rows[[*CELL]]))
        return np.array(["/".join(map(str, one)) for one in first], dtype=object)[numbers]

    @cached_property
    def sound(self) -> Texts:
        """Name the sound of each answer; one that names none shares it with no other."""
        return np.where(self.has("sound"), self.column("sound"), self.apart)

    @cached_property
    def apart(self) -> Texts:
        """Name each answer as what shares a sound with no other."""
        own = [f"{cell}/{one}" for cell, one in zip(self.cell, self.column("utterance"), strict=True)]
        return np.array(own, dtype=object)

    def column(self, name: str) -> Texts:
        """Return a column of text.

        Args:
            name: of a column of the rows.
        """
        if name not in self._columns:
            self._columns[name] = self.rows[name].to_numpy(object)
        return self._columns[name]

    def has(self, name: str) -> Mask:
        """Tell where a column of text says something.

        Args:
            name: of a column of the rows.
        """
        return ~pd.isna(self.column(name))

    def hits(self, name: str) -> NDArray[np.float64]:
        """Tell where a column of labels is right: 1 there, and 0 elsewhere.

        Args:
            name: of a column of the rows.
        """
        if name not in self._hits:
            right = self.column(name) == self.column("label_true")
            self._hits[name] = np.asarray(right, dtype=np.float64)
        return self._hits[name]


@lru_cache(maxsize=_KEPT)
def _coded(same: _Same) -> CodedAnswers:
    return CodedAnswers(same.rows)


class _Same:
    """A table, equal to none but itself."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows

    def __hash__(self) -> int:
        return id(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.rows is self.rows


def coded(rows: pd.DataFrame) -> CodedAnswers:
    """Give the columns of a table as arrays, the same ones as long as it is looked at.

    Args:
        rows: see [`Answers`][leaderboards.reproduce.answers.Answers]; nobody changes them.
    """
    return _coded(_Same(rows))
