"""Training that is repeatable: torch's global generators from a key, on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from bench.core.computing.threads import one_thread
from bench.core.rng import keyed


@contextmanager
def seeded(*key: object) -> Iterator[None]:
    """Start torch's global generators from a keyed seed, and let the CPU compute on one thread, within a `with` block.

    Layers' initial weights and dropout can draw from nowhere else. One thread makes what is learnt the same on every
    number of cores. Afterwards both are as they were.
    """
    with torch.random.fork_rng(), one_thread():
        start_generators(int(keyed(*key).integers(2**63)))
        yield


def start_generators(seed: int) -> None:
    """Start torch's global generators from a number, as `torch.manual_seed` does.

    Without an accelerator that of the CPU alone: the others' would be noted for later, each with the stack of calls as
    text, which takes a millisecond or two every time that a victim is trained or loaded.
    """
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
