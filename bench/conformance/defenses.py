"""What is asked of a defence, beside all that is asked of the victims that it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bench.conformance.asking import asked
from bench.conformance.checking import ConformanceCheck, NotConcernedError, require
from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.core.batch import Batch
from bench.core.errors import UsageError
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance

_HOW = "give it answer_or_refuse, see bench.defending.purified_victim.answered_or_refused"


@dataclass(frozen=True)
class RefusingVictim:
    """Refuses everything. It is its own recipe: there is nothing to train.

    Args:
        classes: how many it would tell apart.
    """

    classes: int

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> RefusingVictim:
        """Return itself."""
        return self

    def load(self, folder: Path, context: FitContext) -> RefusingVictim:
        """Return itself."""
        return self

    def enroll(self, clean: Sequence[Utterance]) -> RefusingVictim:
        """Return itself: it knows nobody."""
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        """Prefer the first class, shape (b, c)."""
        return torch.eye(self.classes)[:1].repeat(len(batch), 1).log_softmax(dim=1).to(batch.waveforms.device)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Refuse, whatever it is."""
        return self.log_probs(batch), torch.ones_like(batch.lengths, dtype=torch.bool)

    def save(self, folder: Path) -> None:
        """Write nothing: there is nothing to save."""


def refusals_check(
    fit: Callable[[TrainableVictim], Victim], said: Sequence[Utterance], classes: int
) -> ConformanceCheck:
    """Ask of a defence that it refuses what the victim behind it refuses: stacked on a detector, it would disarm it.

    Args:
        fit: fits the defence around a victim's recipe.
        said: what is asked about.
        classes: how many are told apart.
    """

    def passes_them_on() -> str:
        try:
            fitted = fit(RefusingVictim(classes))
        except UsageError as error:
            raise NotConcernedError(f"it defends no such victim ({error.found})") from error
        refused = asked(Instance.enrolled(fitted, said, Blinding.of("check", said)), said).refused
        found = f"{int((~refused).sum())} of {len(said)} answered that the victim behind refused"
        require(bool(refused.all()), f"{found}: {_HOW}")
        return ""

    asks = "Refuse what the victim behind it refuses."
    return ConformanceCheck("refusals", asks, passes_them_on, ("training",))
