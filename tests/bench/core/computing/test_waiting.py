"""Threads of torch's sleep soon where they wait, unless somebody has settings of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.core.computing.waiting import SPINS, wait_asleep

_STEPS = """
import time
from bench.core.computing.waiting import wait_asleep
assert wait_asleep()
import torch
torch.set_num_threads(2)
sound = torch.ones(1 << 17)
sound.add_(1.0)
before = time.process_time() - time.thread_time()
for _ in range(200):
    sound.add_(1.0)
    time.sleep(0.002)
print(time.process_time() - time.thread_time() - before)
"""


def test_a_thread_sleeps_between_two_steps() -> None:
    others = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    said = subprocess.run([sys.executable, "-c", _STEPS], check=True, capture_output=True, text=True, env=others)
    assert float(said.stdout) < 0.1, "turning round, it takes most of the time in which the steps are apart"


def test_processes_that_are_started_later_have_it_too() -> None:
    environment = {"HOME": "here"}
    assert wait_asleep(environment)
    assert environment == {"HOME": "here", "GOMP_SPINCOUNT": SPINS}


@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME"])
def test_the_users_own_settings_are_left(name: str) -> None:
    environment = {name: "active"}
    assert not wait_asleep(environment)
    assert environment == {name: "active"}
