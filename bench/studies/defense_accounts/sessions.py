"""What a defence that remembers costs those who attack nobody: clean speech asked about in a session of its speaker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd
import torch

from bench.contracts.capabilities import Refusing
from bench.core.types import REFUSED, Utterance
from bench.referee.blinding import Instance
from bench.referee.prediction import predictions_of


@torch.no_grad()
def refused_in_sessions(instance: Instance, utterances: Sequence[Utterance], device: torch.device) -> frozenset[str]:
    """Find the clean utterances that are refused for what their speaker has asked before, and not for themselves.

    Each speaker asks about all utterances in one session, one after the other.

    Args:
        instance: enrolled with their speakers; it keeps the sessions.
        utterances: clean, in the order in which they are asked about.
        device: where they go.

    Returns:
        Their ids.
    """
    if not isinstance(instance.victim, Refusing):
        return frozenset()
    said: dict[str, list[Utterance]] = defaultdict(list)
    for one in utterances:
        said[one.speaker].append(one)
    found = set()
    for number, own in enumerate(said.values()):
        for one in own:
            alone, remembered = (
                predictions_of(instance.victim, instance.blinding.batch([one], device, ["session"], session))[1]
                for session in ((), (f"speaker {number}",))
            )
            if remembered is not None and bool(remembered) and not (alone is not None and bool(alone)):
                found.add(one.id)
    return frozenset(found)


def with_refusals(rows: pd.DataFrame, fold: int, seed: int, refused: frozenset[str]) -> pd.DataFrame:
    """Note in records what one fitted victim refuses where nobody attacks.

    Args:
        rows: of any attack, of any folds and seeds.
        fold: the fitted victim's.
        seed: likewise.
        refused: ids of utterances.
    """
    own = (rows["fold"] == fold) & (rows["seed"] == seed) & rows["utterance"].isin(refused)
    return rows.assign(label_before=rows["label_before"].where(~own, REFUSED))
