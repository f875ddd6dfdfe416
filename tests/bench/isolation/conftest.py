"""What the tests of isolation share: whether bubblewrap starts here, and registries of plug-in files."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.isolation.components import Isolation
from bench.isolation.limits import GiB, Limits
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


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, sandboxes: None) -> Callable[..., Registry]:
    """A registry with the hostile plug-in, of which every component has to be isolated; one for the same words."""
    plugin = tmp_path_factory.mktemp("hostile") / "hostile.py"
    shutil.copy(HOSTILE, plugin)

    @functools.cache
    def registry(hidden: tuple[Path, ...] = (), **limits: float) -> Registry:
        isolation = Isolation(hidden, replace(QUICK, **limits))  # type: ignore[arg-type]
        return Registry.discover([plugin], {("victims", "hostile")}, isolation)

    return registry
