"""Leases: one holder at a time, none for ever, and no harm from one that wakes up late."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.storage import clocks, heartbeat, processes
from bench.core.storage.clocks import clock
from bench.core.storage.heartbeat import HEART
from bench.core.storage.leases import EXPIRY_S, Leases
from bench.core.storage.processes import Process, this_process


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Leases]:
    yield Leases(tmp_path / "leases")
    assert HEART.kept() == [], "every lease of a test is released"


@pytest.fixture
def killed() -> Process:
    """A process of this machine that is no more."""
    code = "import json; from bench.core.storage.processes import this_process as me; print(json.dumps(me().to_json()))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return Process.of_json(json.loads(done.stdout))


def held_by(shared: Leases, process: Process, name: str = "work", age_s: float = 0.0, **more: object) -> Path:
    """Write a lease as another process would."""
    shared.folder.mkdir(exist_ok=True)
    path = shared.folder / f"{name}.0.lease"
    told: dict[str, object] = {"what": "another's work", "since": time.time(), "deaths": 0}
    path.write_text(json.dumps(process.to_json() | told | more))
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_one_has_it_until_it_is_released(shared: Leases) -> None:
    with shared.take("work", "training") as lease:
        assert shared.take("work", "training") is None
        other = shared.take("other", "attacking")
        assert other is not None
        other.release()
        (held,) = shared.held().values()
        assert (held.name, held.what, held.process, held.generation) == ("work", "training", this_process(), 0)
        assert lease.before is None
    assert not shared.folder.exists(), "nothing is left"
    with shared.take("work", "again"):
        pass


def test_of_many_at_once_one_gets_it(shared: Leases) -> None:
    with ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            got = [one for one in pool.map(lambda _: shared.take("work", "x"), range(16)) if one is not None]
            assert len(got) == 1
            got[0].release()


def test_the_lease_of_a_dead_process_is_taken_over_at_once(shared: Leases, killed: Process) -> None:
    held_by(shared, killed)
    assert shared.held() == {}
    with shared.take("work", "mine") as lease:
        assert lease.before is not None
        assert (lease.before.process, lease.before.what) == (killed, "another's work")
        assert lease.path.name == "work.1.lease"
        assert [file.name for file in shared.folder.iterdir()] == ["work.1.lease"]
        assert shared.take("work", "mine") is None


def test_of_many_at_once_one_takes_it_over(shared: Leases, killed: Process) -> None:
    with ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            held_by(shared, killed)
            got = [one for one in pool.map(lambda _: shared.take("work", "x"), range(16)) if one is not None]
            assert len(got) == 1
            got[0].release()


@pytest.mark.parametrize("where", [{"host": "elsewhere"}, {"boot": "of yesterday"}])
def test_elsewhere_it_expires_when_it_has_not_been_touched_for_long(shared: Leases, where: dict) -> None:
    """Nothing is known of a process on another machine, or in another container of the same name."""
    other = replace(this_process(), **where)
    held_by(shared, other, age_s=EXPIRY_S - 20)
    assert shared.take("work", "mine") is None
    held_by(shared, other, age_s=EXPIRY_S + 1)
    shared.take("work", "mine").release()


def test_here_it_lasts_as_long_as_its_process_unless_that_hangs(shared: Leases) -> None:
    held_by(shared, this_process(), age_s=2 * EXPIRY_S)
    assert shared.take("work", "mine") is None
    held_by(shared, this_process(), age_s=11 * EXPIRY_S)
    shared.take("work", "mine").release()


def test_a_number_that_was_given_to_another_process_is_not_the_holder(shared: Leases) -> None:
    if not this_process().started:
        pytest.skip("this system does not tell when a process began")
    held_by(shared, replace(this_process(), started="1"))
    shared.take("work", "mine").release()


STRANGE = (
    "[" * 100_000,
    '{"pid": 1, "what": "x", "deaths": 0, "since": 1e999}',
    '{"pid": 1, "what": "x", "deaths": 1e999, "since": 0}',
    f'{{"pid": 1, "what": "x", "deaths": 0, "since": {"9" * 400}}}',
    " " * 2_000_000,
)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"host": 1}', '{"pid": -1, "what": "x", "since": 0}', *STRANGE])
def test_what_is_no_lease_yet_expires_like_one(shared: Leases, text: str) -> None:
    path = held_by(shared, this_process())
    path.write_text(text)
    assert shared.take("work", "mine") is None
    assert shared.held()["work"].process is None
    os.utime(path, (time.time() - EXPIRY_S - 1,) * 2)
    shared.take("work", "mine").release()


def test_files_of_others_are_passed_over(shared: Leases) -> None:
    shared.folder.mkdir()
    for name in ("README", "work.lease", ".x.lease", "work.one.lease"):
        (shared.folder / name).write_text("mine")
    assert shared.held() == {}
    shared.take("work", "mine").release()
    assert len(list(shared.folder.iterdir())) == 4


def test_it_is_touched(shared: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.02)
    with shared.take("work", "mine") as lease:
        os.utime(lease.path, (1e9, 1e9))
        deadline = time.monotonic() + 10
        while lease.path.stat().st_mtime < 1.5e9 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert time.time() - lease.path.stat().st_mtime < 60


def test_a_folder_that_is_removed_harms_nothing(shared: Leases) -> None:
    with shared.take("work", "mine") as lease:
        lease.path.unlink()
        shared.folder.rmdir()
        shared.take("work", "another's").release()


def test_deaths_are_counted_where_they_follow_each_other(shared: Leases, killed: Process, tmp_path: Path) -> None:
    tmp_path.mkdir(exist_ok=True)
    now = replace(shared, since=time.time() - 100)
    held_by(shared, killed, deaths=1)
    with now.take("work", "mine") as lease:
        assert lease.deaths == 2
    held_by(shared, killed, deaths=1, since=time.time() - 200)
    with now.take("work", "mine") as lease:
        assert lease.deaths == 0, "of another command, some time ago"


def test_it_says_when_the_whole_began(shared: Leases) -> None:
    with replace(shared, since=1234.5).take("work", "mine"):
        assert shared.held()["work"].began == 1234.5
    held_by(shared, this_process())
    assert shared.held()["work"].began == 0


def test_times_are_the_file_systems(shared: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose own clock is an hour late neither takes over nor is taken over."""
    held_by(shared, replace(this_process(), host="elsewhere"), age_s=10)
    before = clock(shared.folder)
    monkeypatch.setattr(clocks.time, "time", lambda: before + 3600)
    monkeypatch.setattr(clocks, "_clocks", {})
    assert shared.take("work", "mine") is None
    assert abs(clock(shared.folder) - before) < 60


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="file/leases"):
        Leases(tmp_path / "file" / "leases").take("work", "mine")


def test_a_process_that_has_ended_is_known_to_be_dead() -> None:
    own = this_process()
    assert (own.here, own.dead, own.pid) == (True, False, os.getpid())
    assert Process.of_json(own.to_json()) == own
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        other = Process(own.host, own.boot, child.pid, processes._started(child.pid)[1])
        assert not other.dead
        child.kill()
        deadline = time.monotonic() + 10
        while not other.dead and time.monotonic() < deadline:
            time.sleep(0.01)
        assert other.dead, "killed, though nobody has asked yet how it ended"
    assert other.dead
    assert not replace(other, host="elsewhere").dead, "nobody knows"


def test_a_touch_in_the_future_is_of_before_the_clock_was_set_back(shared: Leases) -> None:
    """Whoever lives touches its lease again; this one would be held until its hour comes."""
    held_by(shared, replace(this_process(), host="elsewhere"), age_s=-20)
    assert shared.take("work", "mine") is None, "a file system's clock is read now and then"
    held_by(shared, replace(this_process(), host="elsewhere"), age_s=-86_400)
    shared.take("work", "mine").release()


def test_a_number_that_no_system_has_is_nobody(shared: Leases) -> None:
    held_by(shared, replace(this_process(), pid=2**70))
    shared.take("work", "mine").release()


def test_what_stands_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    """It was waited for, as though somebody had the lease."""
    (tmp_path / "leases").write_text("mine")
    with pytest.raises(UsageError, match="leases: found File exists"):
        Leases(tmp_path / "leases").take("work", "mine")


def test_a_folder_in_the_place_of_a_lease_expires_like_one(shared: Leases) -> None:
    strange = shared.folder / "work.0.lease"
    strange.mkdir(parents=True)
    assert shared.take("work", "mine") is None
    os.utime(strange, (time.time() - EXPIRY_S - 1,) * 2)
    shared.take("work", "mine").release()
