"""What an attacker who owns a copy of a defence can see without asking: never a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.types import Utterance


@dataclass(frozen=True)
class DefenseView:
    """A look through the defence that is attacked, by one who knows it.

    The attacker has the purifier and the detector, not the victim's labels: those it has to ask for, and each is
    charged. Looking through is free, as it is for somebody with a copy.

    Args:
        victim: the defended victim, enrolled.
        device: where it is.
    """

    victim: Victim
    device: torch.device

    @property
    def purifies(self) -> bool:
        """Tell whether there is a purifier to look through."""
        return isinstance(self.victim, Purifying)

    def refused(self, candidates: Sequence[Utterance]) -> list[bool]:
        """Tell for each candidate whether the defence would refuse it; never where it refuses nothing."""
        if not isinstance(self.victim, Refusing):
            return [False] * len(candidates)
        found: list[bool] = self.victim.answer_or_refuse(self._batch(candidates))[1].tolist()
        return found

    def traces(self, utterances: Sequence[Utterance]) -> list[Tensor]:
        """Show what is left of each utterance behind the purifier; only where `purifies` is true.

        Returns:
            A tensor for each utterance, as [`Purifying.trace`][bench.contracts.capabilities.Purifying.trace] gives
            them.
        """
        assert isinstance(self.victim, Purifying), "ask purifies first"
        return self.victim.trace(self._batch(utterances))

    def _batch(self, utterances: Sequence[Utterance]) -> Batch:
        placed = [replace(u, waveform=u.waveform.to(self.device).clamp(-1.0, 1.0)) for u in utterances]
        return Batch.of(placed, self.device)


def survival(before: Tensor, after: Tensor) -> float:
    """Measure how much of a candidate's noise a purifier leaves.

    Args:
        before: what is left of the original behind the purifier, shape (frames, d).
        after: what is left of the candidate, shape (frames, d).

    Returns:
        Euclidean distance of the two over all frames; 0 where their shapes differ, as for a candidate of another
        length.
    """
    return float((after - before).norm()) if after.shape == before.shape else 0.0
