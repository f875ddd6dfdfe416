"""What a service has answered, kept by threads and processes together."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import DataError, UsageError
from bench.modelling.remote.journal import Journal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deep" / "service.sqlite3")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1), JSON)
def test_whatever_is_kept_comes_back(journal: Journal, question: str, answer: Any) -> None:
    journal.keep("x", "another")
    journal.keep(question, answer)
    assert Journal(journal.file).answer(question) == answer


def test_the_ceiling_is_for_all(journal: Journal) -> None:
    assert [journal.turn(0, 3) for _ in range(3)] == [0, 0, 0]
    with pytest.raises(UsageError, match="3 requests sent so far; expected at most 3"):
        Journal(journal.file).turn(0, 3)
    assert journal.turn(0, 4) == 0
    assert journal.turn(0, None) == 0
    assert journal.requests() == 5


def test_turns_are_counted_once_whoever_takes_them(journal: Journal) -> None:
    def take(_: int) -> bool:
        try:
            return journal.turn(0, 20) == 0
        except UsageError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(40))) == 20
    assert journal.requests() == 20


def test_a_turn_waits_for_the_last_request_and_for_a_hold(journal: Journal) -> None:
    assert journal.turn(100, None) == 0
    assert 99 < journal.turn(100, None) <= 100
    assert journal.turn(0, None) == 0
    journal.hold(50)
    assert 49 < journal.turn(0, None) <= 50
    assert journal.requests() == 2


def test_a_clock_that_was_set_back_holds_nobody_up(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.turn(0, None)
    journal.hold(50)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 10_000)
    assert journal.turn(100, None) == 0


ASKING = """
import sys, time
from pathlib import Path
from bench.modelling.remote.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(5):
    question = f"{number:02d}"
    with journal.claimed(question):
        if journal.answer(question) is None:
            journal.turn(0, None)
            time.sleep(0.02)
            journal.keep(question, sys.argv[2])
"""


def test_processes_do_not_ask_the_same_thing(journal: Journal) -> None:
    running = [subprocess.Popen([sys.executable, "-c", ASKING, journal.file, str(who)]) for who in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert journal.requests() == 5


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite3").write_text("no database" * 100)
    with pytest.raises(DataError, match="expected a journal that can be read and written"):
        Journal(tmp_path / "broken.sqlite3").answer("x")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="expected a journal"):
        Journal(tmp_path / "file" / "in.sqlite3").keep("x", 1)


@pytest.mark.parametrize("damage", [(b"0.8125", b"0.9125"), (b'{"sad', b'{"mad'), (b'{"sad"', b'{"sad ')])
def test_a_flipped_bit_of_an_answer_is_asked_for_again(journal: Journal, damage: tuple[bytes, bytes]) -> None:
    journal.keep("a sound", {"sad": 0.8125})
    journal.keep("another", {"angry": 0.5})
    content = journal.file.read_bytes()
    assert content.count(damage[0]) == 1
    journal.file.write_bytes(content.replace(*damage))
    assert journal.answer("a sound") is None
    assert journal.answer("another") == {"angry": 0.5}
    journal.keep("a sound", {"sad": 0.25})
    assert journal.answer("a sound") == {"sad": 0.25}


def test_answers_of_before_they_had_digests_are_used(journal: Journal) -> None:
    journal.keep("x", 1)
    database = sqlite3.connect(journal.file)
    with database:
        for question, answer in (("x", '{"label": "sad"}'), ("y", '{"label'), ("z", "[" * 100_000)):
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (question, answer))
    database.close()
    assert [journal.answer(question) for question in "xyz"] == [{"label": "sad"}, None, None]


def test_where_nothing_can_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="expected a journal"), Journal(tmp_path / "file" / "in.sqlite3").claimed("x"):
        pytest.fail("nobody asks")
