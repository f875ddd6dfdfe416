"""What is noted while searches run: the rows, which candidates are asked about again, which successes are looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.core.computing.reservoir import Reservoir
from bench.referee.examination import Success
from bench.referee.prediction import Said
from bench.referee.rechecks import SAMPLED, Kept, Question
from bench.referee.search import Candidate, Search
from bench.scoring.record_files.rows import Row


@dataclass(frozen=True)
class Minutes:
    """The notes of one run; several threads may write, each about utterances of its own.

    Args:
        rows: by utterance, the clean row first.
        keep: told every candidate with its row; None where nobody asks.
        kept: candidates that are asked about again, by what chooses them; none where nothing is.
        questions: makes of such a candidate, its row and what was said of it what is asked.
        examines: whether successes are looked at further.
        successes: those that are, and that nobody has looked at yet.
        files: some of them as they are heard from files, which are asked about again.
    """

    rows: dict[str, list[Row]]
    keep: Callable[[Candidate, Row], None] | None
    kept: Sequence[Kept]
    questions: Callable[[Candidate, Row, Sequence[Said]], Sequence[Question]]
    examines: bool
    successes: list[Success] = field(default_factory=list)
    files: Reservoir[Question] = field(default_factory=lambda: Reservoir(SAMPLED), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, search: Search, candidate: Candidate, row: Row, answers: Sequence[Said]) -> None:
        """Write down a candidate.

        Args:
            search: whose.
            candidate: what was asked about.
            row: what came of it.
            answers: what the victim said, and what a first further draw did.
        """
        own = self.rows[row.utterance]
        own.append(row)
        for kept in self.kept:
            kept.note(row, lambda: self.questions(candidate, row, answers))
        if self.keep:
            self.keep(candidate, row)
        if self.examines and row.accepted:
            first = not any(before.accepted and _counts_wherever(before, row) for before in own[:-1])
            with self._lock:
                self.successes.append(Success.of(search, candidate, len(own) - 1, first))

    def taken(self, at_least: int = 0) -> list[Success]:
        """Take the successes that nobody has looked at, so that what they hold is held no longer.

        Args:
            at_least: none are taken while there are fewer.
        """
        with self._lock:
            some = list(self.successes) if len(self.successes) >= at_least else []
            del self.successes[: len(some)]
            return some


def _counts_wherever(before: Row, row: Row) -> bool:
    """Whether an earlier row counts in every column that a row counts in: then the row is no column's first success."""
    return bool(before.imperceptible or not row.imperceptible) and bool(before.additive or not row.additive)
