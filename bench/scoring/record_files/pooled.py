"""Records of several cells together, and which rows of them are about the same attacked utterance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.contracts.threat_models import COUNTED, Counted
from bench.core.computing.memo import Memo
from bench.scoring.arrays import Floats, Mask, Places
from bench.scoring.record_files.columns import MISSING, Columns, in_order

if TYPE_CHECKING:
    import pandas as pd

CellPlace = tuple[int, int, int]
"""Fold, seed and repeat of a cell."""


@dataclass(frozen=True, eq=False)
class AttackedUtterances:
    """Hold the utterances that were attacked: one that several cells have is another in each.

    Args:
        number: shape (n,), the utterance of each query, from 0 in the order in which they appear.
        starts: shape (m,), the first query of each.
        clean: shape (m,), the place of its clean row; `MISSING` where it has none.
        cell: shape (m,), the number of its cell.
        speaker: shape (m,), numbers from 0, likewise.
        utterance: shape (m,), likewise, the same in all cells.
        unit: shape (m,), likewise, of a speaker's utterance.
    """

    number: Places
    starts: Places
    clean: Places
    cell: Places
    speaker: Places
    utterance: Places
    unit: Places

    @cached_property
    def speakers(self) -> int:
        """Return how many speakers there are."""
        return int(self.speaker.max(initial=-1)) + 1

    @cached_property
    def units_are_utterances(self) -> bool:
        """Return whether no utterance has two speakers."""
        return np.array_equal(self.utterance, self.unit)

    @classmethod
    def of(cls, columns: Columns, cell: Places) -> AttackedUtterances:
        """Find them.

        Args:
            columns: n queries.
            cell: shape (n,), the number of each one's cell.
        """
        texts, speakers = columns.texts["utterance"], columns.texts["speaker"]
        number, starts = in_order(cell * len(texts.names) + texts.codes)
        clean = np.full(len(starts), MISSING, dtype=np.intp)
        asked_clean = np.flatnonzero(columns.query == 0)
        clean[number[asked_clean]] = asked_clean
        utterance, speaker = texts.codes[starts], speakers.codes[starts]
        unit = in_order(speaker * len(texts.names) + utterance)[0]
        return cls(number, starts, clean, cell[starts], in_order(speaker)[0], in_order(utterance)[0], unit)


@dataclass(frozen=True, eq=False)
class PooledRecords(Memo):
    """Hold the records of several cells.

    Args:
        columns: n queries, in order.
        cell: shape (n,), the number of each one's cell, from 0 in the order in which they appear.
        cells: by number, fold, seed and repeat.
        search: whether the attack is known for one that could have asked more than once; else the rows say it.
    """

    columns: Columns
    cell: Places
    cells: tuple[CellPlace, ...]
    search: bool = False

    @classmethod
    def together(cls, parts: Iterable[tuple[Columns, CellPlace]], search: bool = False) -> PooledRecords:
        """Put cells together.

        Args:
            parts: at least one, each with fold, seed and repeat; of two with the same, utterances are the same too.
            search: as the class has it.
        """
        listed = list(parts)
        numbers: dict[CellPlace, int] = {}
        codes = [numbers.setdefault(place, len(numbers)) for _, place in listed]
        cell = np.repeat(np.array(codes, dtype=np.intp), [len(columns) for columns, _ in listed])
        return cls(Columns.joined([columns for columns, _ in listed]), cell, tuple(numbers), search)

    @classmethod
    def of(cls, rows: pd.DataFrame) -> PooledRecords:
        """Turn a table into arrays.

        Args:
            rows: records with fold, seed and repeat.
        """
        numbers: dict[CellPlace, int] = {}
        places = zip(*(rows[name].tolist() for name in ("fold", "seed", "repeat")), strict=True)
        cell = np.array([numbers.setdefault(place, len(numbers)) for place in places], dtype=np.intp)
        return cls(Columns.of(rows), cell, tuple(numbers))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return the same as a table, for what is asked seldom."""
        places = np.array(self.cells, dtype=np.int64).reshape(-1, 3)[self.cell]
        named = {name: places[:, number] for number, name in enumerate(("fold", "seed", "repeat"))}
        return self.columns.frame().assign(**named)

    @cached_property
    def attacked(self) -> AttackedUtterances:
        """Return which rows are about the same utterance."""
        return AttackedUtterances.of(self.columns, self.cell)

    @cached_property
    def most_asked(self) -> int:
        """Return the greatest number of queries of an utterance."""
        return int(self.columns.query.max())

    @property
    def searches(self) -> bool:
        """Return whether the attack may ask more than once about an utterance."""
        return self.search or self.most_asked > 1

    @cached_property
    def is_dimensional(self) -> bool:
        """Return whether answers are numbers."""
        return bool((~np.isnan(self.columns.number("value_before"))).any())

    @cached_property
    def learns(self) -> bool:
        """Return whether the attack learned from utterance to utterance: those of a cell share what came of it."""
        return bool((~np.isnan(self.columns.number("turn"))).any())

    @cached_property
    def sounds(self) -> Places | None:
        """Return shape (m,), the one sound that each utterance was asked with; None for a search."""
        if self.most_asked != 1 or "source" not in self.columns.texts:
            return None
        found = np.full(len(self.attacked.starts), MISSING, dtype=np.intp)
        asked = np.flatnonzero(self.columns.query == 1)
        found[self.attacked.number[asked]] = self.columns.texts["source"].codes[asked]
        return found

    @cached_property
    def right(self) -> Mask:
        """Return shape (m,), whether each utterance is recognised when nobody attacks."""
        return self.hits("label_before", self.clean_of(self.attacked.starts))

    @cached_property
    def surely_right(self) -> Mask:
        """Return shape (m,), whether each is recognised, and a randomised victim most often says the same of it."""
        flips = self.columns.number("flip_share")[self.clean_of(self.attacked.starts)]
        return self.right & ~(flips >= 0.5)

    def clean_of(self, rows: Places) -> Places:
        """Find the clean rows of some queries' utterances.

        Args:
            rows: shape (n,), places of queries.

        Returns:
            Shape (n,).

        Raises:
            ValueError: an utterance has none.
        """
        found = self.attacked.clean[self.attacked.number[rows]]
        if (found == MISSING).any():
            raise ValueError("an utterance without a clean row")
        return found

    def hits(self, answer: str, rows: Places) -> Mask:
        """Say which answers are the true label.

        Args:
            answer: "label_before" or "label_after".
            rows: shape (n,), places of queries.

        Returns:
            Shape (n,).
        """
        return self.once(("hits", answer), lambda: self.columns.alike("label_true", answer))[rows]

    def within(self, counted: Counted) -> Mask:
        """Say of each query whether its candidate is of a kind that is counted, as `scores.within` does.

        Args:
            counted: "imperceptible", "additive" or "all".

        Returns:
            Shape (n,).

        Raises:
            ValueError: `counted` is none of these.
        """
        if counted not in COUNTED:
            raise ValueError(f"noises {counted!r}: one of {', '.join(COUNTED)}")
        columns = self.columns
        if counted == "all":
            return np.ones(len(columns), dtype=np.bool_)
        fair = columns.true("imperceptible")
        if counted == "imperceptible":
            return fair
        return fair | columns.true("additive") | (~columns.known("additive") & ~np.isnan(columns.number("snr_db")))

    def first(self, counted: Counted, accepted: Mask | None = None) -> Floats:
        """Find of each utterance the first query that was a success, as `scores.first_successes` does.

        Args:
            counted: which candidates count.
            accepted: shape (n,), which are successes; by default those that the referee accepted.

        Returns:
            Shape (m,); infinite where none was.
        """
        won = np.flatnonzero((self.columns.true("accepted") if accepted is None else accepted) & self.within(counted))
        found = np.full(len(self.attacked.starts), np.inf)
        np.minimum.at(found, self.attacked.number[won], self.columns.query[won].astype(np.float64))
        return found

    def survivors(self) -> Mask | None:
        """Say of each query whether its candidate is a success that 16-bit PCM does not undo, as `scores.survives`."""
        accepted = self.columns.true("accepted")
        won = np.zeros(len(self.attacked.starts), dtype=np.bool_)
        says = won.copy()
        won[self.attacked.number[accepted]] = True
        says[self.attacked.number[accepted & self.columns.known("survives_pcm")]] = True
        if not won.any() or (won & ~says).any():
            return None
        return accepted & self.columns.true("survives_pcm")

    def winners(self, k: int, counted: Counted) -> Places:
        """Find the query that was the first success of each utterance that was attacked successfully.

        Args:
            k: queries allowed.
            counted: which candidates count.

        Returns:
            Their places, by the number of the query.
        """
        columns = self.columns
        won = np.flatnonzero(columns.true("accepted") & (columns.query <= k) & self.within(counted))
        ordered = won[np.argsort(columns.query[won], kind="stable")]
        return ordered[in_order(self.attacked.number[ordered])[1]]

    def quietest(self, k: int, counted: Counted) -> Floats:
        """Find the greatest SNR of each utterance's successes, as `searches.quietest_of` does.

        Args:
            k: queries allowed.
            counted: which candidates count.

        Returns:
            Shape (m,), in dB; NaN where there was none.
        """
        columns = self.columns
        won = np.flatnonzero(columns.true("accepted") & (columns.query <= k) & self.within(counted))
        found = np.full(len(self.attacked.starts), np.nan)
        np.fmax.at(found, self.attacked.number[won], columns.number("snr_db")[won])
        return found

    def same_utterances(self, other: PooledRecords) -> bool:
        """Tell whether another attack attacked the same utterances, in the same order.

        Args:
            other: its records.
        """
        if other is self:
            return True
        if self.cells != other.cells or not np.array_equal(self.attacked.cell, other.attacked.cell):
            return False
        mine, its = (one.columns.texts["utterance"].take(one.attacked.starts) for one in (self, other))
        if mine.names is its.names:
            return bool(np.array_equal(mine.codes, its.codes))
        return len(mine.codes) == len(its.codes) and bool((mine.spelt() == its.spelt()).all())

    def listed(self) -> pd.DataFrame:
        """Return one row an utterance: fold, seed, repeat, utterance, speaker."""
        import pandas as pd

        own, places = self.attacked, np.array(self.cells, dtype=np.int64).reshape(-1, 3)
        named = {name: places[own.cell, number] for number, name in enumerate(("fold", "seed", "repeat"))}
        texts = {name: self.columns.texts[name].take(own.starts).spelt() for name in ("utterance", "speaker")}
        return pd.DataFrame(named | {name: pd.array(one, dtype="str") for name, one in texts.items()})
