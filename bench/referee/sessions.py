"""What a victim that remembers says of clean speech within a session: what it costs those who attack nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import torch

from bench.core.computing.halving import Halving
from bench.core.rng import key_of, keyed
from bench.core.types import Task, Utterance
from bench.referee.blinding import Instance
from bench.referee.inaudible import softened
from bench.referee.prediction import Predictor, Said
from bench.referee.sameness import alike, same

_TOGETHER = 16
"""So many sessions ask side by side, as searches do."""


@torch.no_grad()
def lost_in_sessions(
    alone: Instance,
    instance: Instance,
    task: Task,
    utterances: Sequence[Utterance],
    device: torch.device,
    key: str = "",
    randomised: bool = False,
) -> frozenset[str]:
    """Find the clean utterances that are refused, or answered otherwise, for what their speaker has asked before.

    Each speaker asks about all utterances in one session, one after the other, of an instance that is asked nothing
    else; another one is asked about each in none. So that nothing but what is asked tells who asks, sessions are named
    as those of searches are, and the speech is made softer, which nobody hears: it lies on no file's grid, as
    candidates do not.

    Args:
        alone: who is asked in no session.
        instance: enrolled with the same speech; it keeps the sessions.
        task: what it tells.
        utterances: clean, in the order in which they are asked about.
        device: where they go.
        key: names the look: sessions are called by it, and what is softer is drawn.
        randomised: whether it draws anew for every query; it draws the same then.

    Returns:
        Their ids.
    """
    said: dict[str, list[Utterance]] = defaultdict(list)
    for one in utterances:
        heard = softened(one.waveform, keyed("session", key, one.id)) if one.has_sound else one.waveform
        said[one.speaker].append(replace(one, waveform=heard))
    names = {speaker: f"{key_of('session', key, speaker):016x}" for speaker in said}
    found = set()
    for turn in zip_longest(*said.values()):
        asked = [one for one in turn if one is not None]
        for some in (asked[place : place + _TOGETHER] for place in range(0, len(asked), _TOGETHER)):
            keys = [f"{key_of('session', key, one.id):016x}" for one in some] if randomised else []
            heard_alone, remembered = (
                Predictor(who, task, device, Halving(len(some), "victim")).answers(some, keys, sessions)
                for who, sessions in ((alone, ()), (instance, [names[one.speaker] for one in some]))
            )
            pairs = zip(some, heard_alone, remembered, strict=True)
            found |= {one.id for one, first, other in pairs if not _same(task, first, other)}
    return frozenset(found)


def _same(task: Task, one: Said, other: Said) -> bool:
    if one.value is not None and other.value is not None:
        return alike(task, one.value, other.value)
    return same(one, other)
