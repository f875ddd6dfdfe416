"""Threads that wait for the next step: asleep soon, where OpenMP would have them turn round and round."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SPINS = "1000"
"""How often a thread looks before it sleeps: what GNU's OpenMP itself takes where more threads want to run than there
are cores. Its own choice on idle cores, 300,000 times, is about a millisecond."""
_SETTINGS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")


def wait_asleep(environment: MutableMapping[str, str] | None = None) -> bool:
    """Let threads that share out a step of torch's sleep soon between two steps; no result changes.

    Steps of a search or of scoring are short, and far apart: threads that turn round in between take as much of a
    processor as those that work, and on busy cores take it from them. To be called before torch is imported; processes
    that are started later have it too.

    Args:
        environment: where it is set; this process's own by default.

    Returns:
        Whether it was set: not where the environment has settings of its own (`GOMP_SPINCOUNT`, `OMP_WAIT_POLICY`,
        `KMP_BLOCKTIME`).
    """
    environment = os.environ if environment is None else environment
    if any(name in environment for name in _SETTINGS):
        return False
    environment["GOMP_SPINCOUNT"] = SPINS
    return True
