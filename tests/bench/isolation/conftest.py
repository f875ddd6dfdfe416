"""What the tests of isolation share: whether bubblewrap starts here, registries, and processes in sandboxes.

A sandbox takes two seconds to start. What still runs after a test is given to the next that needs one which sees the
same; a run of the benchmark never does so.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.registry import Registry
from bench.isolation.attacks import IsolatedAttack
from bench.isolation.components import Isolation
from bench.isolation.limits import GiB, Limits
from bench.isolation.process import IsolatedProcess
from bench.isolation.room import Room
from bench.isolation.sandbox import REMEDY

HERE = Path(__file__).parent
HOSTILE = HERE / "hostile.txt"
"""A plug-in that tries everything; no .py, so that nobody runs it by chance. It runs in a sandbox alone."""
QUICK = Limits(memory=5 * GiB, scratch=GiB // 16, answer_s=60.0)


@functools.cache
def refusal() -> str:
    """Why no sandbox can be started here; "" where one can."""
    program = shutil.which("bwrap")
    if program is None:
        return "no program bwrap: apt-get install bubblewrap"
    line = [program, "--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    return f"bubblewrap cannot start ({done.stderr.strip()}): {REMEDY}" if done.returncode else ""


@pytest.fixture(scope="session")
def sandboxes() -> None:
    """Skip a test where no sandbox can be started."""
    if refusal():
        pytest.skip(refusal())


class BySight(dict[Any, list[IsolatedProcess]]):
    """Spare processes by what they see, whichever component they were started for."""

    def setdefault(self, key: Any, default: Any = None) -> list[IsolatedProcess]:
        return super().setdefault(key[2:], default)


def shared(registry: Registry) -> BySight:
    """Let all components of a registry use the same spare processes, as far as they see the same."""
    spare = BySight()
    vars(registry.isolation)["_spare"] = spare
    return spare


def give_back(room: Room, *processes: IsolatedProcess) -> None:
    """Leave to the next what still runs."""
    room.spare.extend(process for process in processes if not process.ended)


def give_back_of(attack: Any) -> None:
    """Leave to the next what an attack ran in, if it is isolated."""
    if isinstance(attack, IsolatedAttack):
        give_back(attack.room, *(process for _, process in attack._lent))
        attack._lent.clear()


def ending(registry: Registry) -> Iterator[Registry]:
    """Share a registry's spare processes, and end them afterwards."""
    spare = shared(registry)
    yield registry
    for processes in spare.values():
        for process in processes:
            process.close()


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """The built-ins; all of them may be isolated."""
    yield from ending(Registry.discover(isolation=Isolation()))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, sandboxes: None) -> Callable[..., Registry]:
    """A registry with the hostile plug-in, of which every component has to be isolated; one for the same folders."""
    plugin = tmp_path_factory.mktemp("hostile") / "hostile.py"
    shutil.copy(HOSTILE, plugin)

    @functools.cache
    def registry(hidden: tuple[Path, ...] = ()) -> Registry:
        return Registry.discover([plugin], {("victims", "hostile")}, Isolation(hidden, QUICK))

    return registry
