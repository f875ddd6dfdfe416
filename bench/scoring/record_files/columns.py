"""Records as arrays: texts as numbers, so that nothing about them takes longer than about numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.record_files.sounds import names_settings, sound_in

if TYPE_CHECKING:  # thousands of cells are scored without its import
    import pandas as pd

TEXTS = ("utterance", "speaker", "label_true", "label_before", "label_after", "source")
NUMBERS = ("snr_db", "burst_snr_db", "flip_share", "turn", "value_true", "value_before", "value_after")
TRUTHS = ("accepted", "imperceptible", "additive", "survives_pcm", "tied")
SOUND = "sound"
"""What tables call the sound among a source that was told apart from settings."""
USED = frozenset(("query", *TEXTS, *NUMBERS, *TRUTHS))
"""The columns that figures are made of."""
MISSING = -1
"""The number of a text, or of a truth value, that is not there."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Hold a column of texts.

    Args:
        names: shape (m,), different texts.
        codes: shape (n,), the place of each row's among them; `MISSING` where a row has none.
    """

    names: NDArray[np.object_]
    codes: Places

    def spelt(self) -> NDArray[np.object_]:
        """Return shape (n,), the texts themselves; None where there is none."""
        found: NDArray[np.object_] = as_objects([*self.names.tolist(), None])[self.codes]
        return found

    def take(self, rows: Places | Mask | slice) -> Texts:
        """Return those of some rows, numbered as before."""
        return Texts(self.names, self.codes[rows])

    def is_(self, name: str) -> Mask:
        """Tell of which rows it is the text: shape (n,)."""
        return np.asarray(np.append(self.names == name, False)[self.codes])

    def told(self) -> set[str]:
        """Return the different texts that rows have."""
        return {str(self.names[one]) for one in np.flatnonzero(np.bincount(self.codes - MISSING)[1:])}

    @classmethod
    def of(cls, values: Sequence[object] | NDArray[np.object_]) -> Texts:
        """Give numbers to texts, in the order in which they appear.

        Args:
            values: shape (n,); None or NaN where there is none.
        """
        numbers: dict[object, int] = {}
        codes = [numbers.setdefault(one, len(numbers)) if isinstance(one, str) else MISSING for one in values]
        return cls(as_objects(list(numbers)), np.array(codes, dtype=np.intp))

    @classmethod
    def distinct(cls, names: Sequence[object], codes: Places) -> Texts:
        """Give numbers to texts anew where some are the same, or there is none.

        Args:
            names: m texts; None where there is none.
            codes: shape (n,), the place of each row's among them, or `MISSING`.
        """
        numbers: dict[object, int] = {}
        same = [MISSING if name is None else numbers.setdefault(name, len(numbers)) for name in names]
        listed = as_objects(list(numbers))
        return cls(listed, codes if len(listed) == len(same) else np.array([*same, MISSING], dtype=np.intp)[codes])

    @classmethod
    def joined(cls, parts: Sequence[Texts]) -> Texts:
        """Put columns below each other, equal texts numbered alike."""
        first = parts[0]
        if all(one.names is first.names for one in parts):
            return cls(first.names, np.concatenate([one.codes for one in parts]))
        numbers: dict[object, int] = {}
        known: dict[int, Places] = {}  # by their own numbers; many parts have the same names
        for one in parts:
            if id(one.names) not in known:
                same = [numbers.setdefault(name, len(numbers)) for name in one.names.tolist()]
                known[id(one.names)] = np.array([*same, MISSING], dtype=np.intp)
        codes = [known[id(one.names)][one.codes] for one in parts]
        return cls(as_objects(list(numbers)), np.concatenate(codes))


@dataclass(frozen=True, eq=False)
class Columns:
    """Hold what figures are made of, query by query: the columns of docs/records.md, as far as there are any.

    Args:
        query: shape (n,).
        texts: by name.
        numbers: by name, shape (n,) each, NaN where there is none.
        truths: by name, shape (n,) each: 1, 0, or `MISSING`.
    """

    query: NDArray[np.int64]
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Floats]
    truths: Mapping[str, NDArray[np.int8]]

    def __len__(self) -> int:
        """Return how many queries there are."""
        return len(self.query)

    def text(self, name: str) -> Texts:
        """Return a column of texts; one in which no row has any where there is no such column."""
        if name in self.texts:
            return self.texts[name]
        return Texts(as_objects([]), np.full(len(self), MISSING, dtype=np.intp))

    def number(self, name: str) -> Floats:
        """Return shape (n,), numbers; NaN in all rows where there is no such column."""
        return self.numbers[name] if name in self.numbers else np.full(len(self), np.nan)

    def truth(self, name: str) -> NDArray[np.int8]:
        """Return shape (n,), truth values; `MISSING` in all rows where there is no such column."""
        return self.truths[name] if name in self.truths else np.full(len(self), MISSING, dtype=np.int8)

    def true(self, name: str) -> Mask:
        """Return shape (n,), whether a truth value is there, and true."""
        return np.asarray(self.truth(name) == 1)

    def known(self, name: str) -> Mask:
        """Return shape (n,), whether a truth value is there."""
        return np.asarray(self.truth(name) != MISSING)

    def alike(self, one: str, other: str) -> Mask:
        """Tell of which rows two texts are the same.

        Args:
            one: a column of texts.
            other: another.

        Returns:
            Shape (n,).
        """
        first, second = self.texts[one], self.texts[other]
        numbers = {name: place for place, name in enumerate(first.names.tolist())}
        other_numbers = [numbers.get(name, len(numbers)) for name in second.names.tolist()]
        return np.asarray(np.array([*other_numbers, MISSING - 1])[second.codes] == first.codes)

    def take(self, rows: Places | Mask | slice) -> Columns:
        """Return some rows.

        Args:
            rows: their places, or which they are.
        """
        return replace(
            self,
            query=self.query[rows],
            texts={name: one.take(rows) for name, one in self.texts.items()},
            numbers={name: one[rows] for name, one in self.numbers.items()},
            truths={name: one[rows] for name, one in self.truths.items()},
        )

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Columns:
        """Turn records into arrays; columns that no figure is made of are left out.

        Args:
            rows: with the columns of docs/records.md; where they have a column `sound` too, it stands for `source`.
        """
        truths = {name: rows[name].to_numpy(object) for name in TRUTHS if name in rows}
        return cls(
            rows["query"].to_numpy(np.int64),
            {name: Texts.of(rows[_told_in(name, rows)].to_numpy(object)) for name in TEXTS if name in rows},
            {name: rows[name].to_numpy(np.float64, na_value=np.nan) for name in NUMBERS if name in rows},
            {name: np.array([_told(one) for one in values], dtype=np.int8) for name, values in truths.items()},
        )

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Put records below each other; what only some have is missing in the rows of the others.

        Args:
            parts: at least one.
        """
        if len(parts) == 1:
            return parts[0]
        texts = dict.fromkeys(name for one in parts for name in one.texts)
        numbers = dict.fromkeys(name for one in parts for name in one.numbers)
        truths = dict.fromkeys(name for one in parts for name in one.truths)
        return cls(
            np.concatenate([one.query for one in parts]),
            {name: Texts.joined([one.text(name) for one in parts]) for name in texts},
            {name: np.concatenate([one.number(name) for one in parts]) for name in numbers},
            {name: np.concatenate([one.truth(name) for one in parts]) for name in truths},
        )

    def without_settings(self, attack: str, declared: Collection[str] = ()) -> Columns:
        """Return the same with no source that is but a setting of the attack: utterances have sounds in common alone.

        Args:
            attack: spec of the one attack that all records are of.
            declared: its effects that say that their source is a setting.
        """
        if "source" not in self.texts or not names_settings(attack, declared):
            return self
        told = self.texts["source"]
        sounds = Texts.distinct([sound_in(name, attack, declared) for name in told.names.tolist()], told.codes)
        return replace(self, texts={**self.texts, "source": sounds})

    def frame(self) -> pd.DataFrame:
        """Return the same as a table, for what is asked seldom."""
        import pandas as pd

        spelt = {name: pd.array(one.spelt(), dtype="str") for name, one in self.texts.items()}
        plain = {name: one == 1 if (one != MISSING).all() else _TOLD[one] for name, one in self.truths.items()}
        return pd.DataFrame({**spelt, "query": self.query, **self.numbers, **plain})


def _told_in(name: str, rows: pd.DataFrame) -> str:
    """The column that has it: sounds without settings, where those are told apart."""
    return SOUND if name == "source" and SOUND in rows else name


_TOLD = np.array([False, True, None], dtype=object)


def _told(value: object) -> int:
    return MISSING if value is None or isinstance(value, float) else int(bool(value))


def as_objects(values: Sequence[object]) -> NDArray[np.object_]:
    """Return values as an array of objects, shape (n,), whatever they are."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def in_order(numbers: NDArray[np.integer]) -> tuple[Places, Places]:
    """Give numbers to groups from 0 in the order in which they appear, and find the first row of each.

    Args:
        numbers: shape (n,), equal in rows of one group, none below 0.

    Returns:
        Shapes (n,) and (groups,).

    >>> [found.tolist() for found in in_order(np.array([7, 3, 7, 9]))]
    [[0, 1, 0, 2], [0, 1, 3]]
    """
    size = int(numbers.max(initial=-1)) + 1
    first = np.full(size, len(numbers), dtype=np.intp)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]  # the last that is written is the first of its group
    starts = np.sort(first[first < len(numbers)])
    rank = np.empty(size, dtype=np.intp)
    rank[numbers[starts]] = np.arange(len(starts))
    return rank[numbers], starts


def numbered(codes: Places) -> Places:
    """Give numbers to clusters from 0 in the order in which they appear; what is missing is each one of its own, after.

    Args:
        codes: shape (n,); `MISSING` where there is none.

    >>> numbered(np.array([4, -1, 4, -1, 2])).tolist()
    [0, 2, 0, 3, 1]
    """
    there = codes != MISSING
    found = np.empty(len(codes), dtype=np.intp)
    own, first = in_order(codes[there])
    found[there] = own
    found[~there] = len(first) + np.arange(int((~there).sum()))
    return found
