"""When training stops, and which epoch's weights it keeps."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Literal

import torch

from bench.core.errors import ComponentError


@dataclass(frozen=True)
class Schedule:
    """When to stop.

    Args:
        batch_size: utterances a step.
        max_epochs: at most so many.
        patience: epochs without a gain on the validation data before stopping.
        watch: what has to gain: "loss" by falling, or "uar", the unweighted average recall, by rising.
        lowest_rate: where given, the learning rate is halved after `patience` epochs without a gain, and training
            stops once it is below this.
    """

    batch_size: int
    max_epochs: int
    patience: int
    watch: Literal["loss", "uar"] = "loss"
    lowest_rate: float | None = None

    def score(self, loss: float, recall: float) -> float:
        """Combine what was measured after an epoch into what has to fall; infinite or NaN where the loss is.

        Args:
            loss: on the validation data.
            recall: the UAR on it, from 0 to 1.
        """
        return -recall if self.watch == "uar" and math.isfinite(loss) else loss

    def ends(self, optimizer: torch.optim.Optimizer) -> bool:
        """Say whether to stop after `patience` epochs without a gain.

        Where `lowest_rate` is given, the learning rate is halved first.
        """
        if self.lowest_rate is None:
            return True
        for group in optimizer.param_groups:
            group["lr"] /= 2
        return all(group["lr"] < self.lowest_rate for group in optimizer.param_groups)


class BestEpoch:
    """The best epoch's weights, and for how many epochs there was no gain.

    Args:
        network: whose weights are kept.
    """

    def __init__(self, network: torch.nn.Module) -> None:
        self._network, self._weights = network, copy.deepcopy(network.state_dict())
        self._score, self._since = float("inf"), 0

    def over(self, score: float, schedule: Schedule, optimizer: torch.optim.Optimizer) -> bool:
        """Note an epoch's score, and tell whether training is over.

        Args:
            score: has to fall.
            schedule: when to stop.
            optimizer: its learning rate may be halved.
        """
        self._since = 0 if score < self._score else self._since + 1
        if self._since == 0:
            self._score, self._weights = score, copy.deepcopy(self._network.state_dict())
        elif self._since >= schedule.patience:
            self._since = 0
            return schedule.ends(optimizer)
        return False

    def restored(self) -> float:
        """Put the best weights back, and return their score, unsigned.

        Raises:
            ComponentError: no epoch had a finite one.
        """
        if not math.isfinite(self._score):
            found = "no finite validation loss in any epoch"
            raise ComponentError("training", found, "a loss that falls", "try a lower learning rate")
        self._network.load_state_dict(self._weights)
        self._network.eval()
        return abs(self._score)
