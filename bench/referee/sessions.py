"""What a victim that remembers says of clean speech within a session: what it costs those who attack nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch

from bench.core.halving import Halving
from bench.core.types import Task, Utterance
from bench.referee.blinding import Instance
from bench.referee.prediction import Predictor, Said
from bench.referee.sameness import alike, same


@torch.no_grad()
def lost_in_sessions(
    instance: Instance, task: Task, utterances: Sequence[Utterance], device: torch.device, randomised: bool = False
) -> frozenset[str]:
    """Find the clean utterances that are refused, or answered otherwise, for what their speaker has asked before.

    Each speaker asks about all utterances in one session, one after the other; each is asked about in none as well.

    Args:
        instance: enrolled with their speakers; it keeps the sessions.
        task: what it tells.
        utterances: clean, in the order in which they are asked about.
        device: where they go.
        randomised: whether it draws anew for every query; it draws the same then.

    Returns:
        Their ids.
    """
    predictor = Predictor(instance, task, device, Halving(1, "victim"))
    said: dict[str, list[Utterance]] = defaultdict(list)
    for one in utterances:
        said[one.speaker].append(one)
    found = set()
    for number, own in enumerate(said.values()):
        for one in own:
            keys = ["session"] if randomised else []
            (alone,), (remembered,) = (predictor.answers([one], keys, name) for name in ((), [f"speaker {number}"]))
            if not _same(task, alone, remembered):
                found.add(one.id)
    return frozenset(found)


def _same(task: Task, one: Said, other: Said) -> bool:
    if one.value is not None and other.value is not None:
        return alike(task, one.value, other.value)
    return same(one, other)
