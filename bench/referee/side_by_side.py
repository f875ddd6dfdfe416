"""Whether an instance is asked by several threads at a time."""

from __future__ import annotations

import torch

from bench.contracts.traits import traits_of
from bench.referee.blinding import Instance


def threads_for(instance: Instance, device: torch.device) -> int:
    """Count the threads that an instance is asked by.

    A thread for each core where the victim allows it: on a CPU, whole batches side by side beat shared steps.

    Args:
        instance: who is asked.
        device: where.
    """
    return torch.get_num_threads() if asked_side_by_side(instance, device) else 1


def asked_side_by_side(instance: Instance, device: torch.device) -> bool:
    """Tell whether the victim computes on this machine's cores, and may do so in several threads.

    Args:
        instance: who is asked.
        device: where.
    """
    return traits_of(instance.victim).concurrent and device.type == "cpu"
