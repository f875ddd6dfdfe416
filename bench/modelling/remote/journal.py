"""What a paid service has answered, kept before it is used: a run that is interrupted asks nothing a second time.

One SQLite file for each service. Every change is on the disk before the next step is taken, and several processes may
share a journal.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.errors import DataError, UsageError

_WAIT_S = 60.0
_DIGEST = re.compile("[0-9a-f]{64} ")
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (question TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pace (requests INTEGER NOT NULL, sent_s REAL NOT NULL, held_at_s REAL NOT NULL,
    held_for_s REAL NOT NULL);
INSERT INTO pace SELECT 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM pace);
"""


@dataclass(frozen=True)
class Journal:
    """The answers of one service, and how many requests have been sent to it.

    Args:
        file: where it is kept; made where it is missing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "service.sqlite3")
    ...     journal.keep("digest of a sound", {"label": "sad"})
    ...     journal.answer("digest of a sound"), journal.answer("another")
    ({'label': 'sad'}, None)
    """

    file: Path

    def answer(self, question: str) -> Any:
        """Look up the answer to a question; None where there is none yet, or it is not what was kept."""
        with self._open() as database:
            row = database.execute("SELECT answer FROM answers WHERE question = ?", (question,)).fetchone()
        return None if row is None else _read(question, str(row[0]))

    def keep(self, question: str, answer: Any) -> None:
        """Keep an answer, in the place of an earlier one. It is on the disk when this returns.

        Args:
            question: names what was asked, such as the digest of a sound.
            answer: JSON.
        """
        told = json.dumps(answer)
        with self._open() as database:
            text = f"{_digest(question, told)} {told}"
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (question, text))

    def requests(self) -> int:
        """Count the requests sent so far, those that failed too."""
        with self._open() as database:
            return int(database.execute("SELECT requests FROM pace").fetchone()[0])

    def turn(self, interval_s: float, most: int | None) -> float:
        """Count a request that is about to be sent, or say how long to wait before asking for a turn again.

        Args:
            interval_s: seconds between two requests, of all processes together.
            most: requests that may be sent in all; None for any number.

        Returns:
            0 where the request may be sent, and has been counted; else seconds to wait.

        Raises:
            UsageError: `most` requests have been sent.
        """
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            requests, sent_s, held_at_s, held_for_s = database.execute("SELECT * FROM pace").fetchone()
            if most is not None and requests >= most:
                remedy = "raise max_requests (or --max-requests) and run again: what has been answered is kept"
                raise UsageError("max_requests", f"{requests} requests sent so far", f"at most {most}", remedy)
            now = time.time()
            wait_s = max(_left(now, sent_s, interval_s), _left(now, held_at_s, held_for_s))
            if not wait_s:
                database.execute("UPDATE pace SET requests = requests + 1, sent_s = ?", (now,))
            database.execute("COMMIT")
        return wait_s

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for so many seconds from now."""
        with self._open() as database:
            database.execute("UPDATE pace SET held_at_s = ?, held_for_s = ?", (time.time(), seconds))

    @contextmanager
    def claimed(self, question: str) -> Iterator[None]:
        """Keep everybody else, in whatever thread or process, from asking this question within a `with` block."""
        from filelock import FileLock

        lock = FileLock(self.file.with_suffix(f".{question[:2]}.lock"))
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except (OSError, NotImplementedError) as error:
            raise self._useless(error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = None
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            new = not self.file.exists()
            database = sqlite3.connect(self.file, timeout=_WAIT_S, isolation_level=None)
            database.execute("PRAGMA synchronous = FULL")
            if new or not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'pace'").fetchone():
                database.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
            yield database
        except (sqlite3.Error, OSError, ValueError) as error:
            raise self._useless(error) from error
        finally:
            if database is not None:
                database.close()

    def _useless(self, error: Exception) -> DataError:
        remedy = "free space there, or move the file away: its questions are then asked again"
        return DataError(self.file, str(error), "a journal that can be read and written", remedy)


def _digest(question: str, text: str) -> str:
    return hashlib.sha256(f"{question} {text}".encode()).hexdigest()


def _read(question: str, kept: str) -> Any:
    """An answer as it was kept, behind its digest; older ones have none. None where it is another."""
    digest, _, text = kept.partition(" ") if _DIGEST.match(kept) else ("", "", kept)
    try:
        return json.loads(text) if digest in ("", _digest(question, text)) else None
    except (ValueError, RecursionError):
        return None


def _left(now: float, since: float, wanted: float) -> float:
    """Seconds left of `wanted` since `since`; none where the clock has been set back."""
    passed = now - since
    return wanted - passed if 0 <= passed < wanted else 0.0
