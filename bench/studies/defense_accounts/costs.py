"""What a defence costs beside accuracy: time to train, time to answer, parameters."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.core.batch import batches
from bench.core.types import Utterance
from bench.evaluation.cell.fitted_store import COST
from bench.referee.blinding import Instance
from bench.referee.prediction import predictions_of

ROUNDS = 5
_UTTERANCES = 128


@dataclass(frozen=True)
class Cost:
    """Hold what one fitted victim costs.

    Args:
        fit_s: seconds that fitting took on the machine where it was done; None where that was not noted.
        answer_ms: milliseconds to answer an utterance, in batches; the median of several rounds.
        parameters: numbers that were saved as tensors.
    """

    fit_s: float | None
    answer_ms: float
    parameters: int

    def to_json(self) -> dict[str, object]:
        """Return `cost` of docs/defenses/account.md."""
        return {"fit_s": self.fit_s, "answer_ms": self.answer_ms, "parameters": self.parameters}


def parameters_in(folder: Path) -> int:
    """Count the numbers in a fitted victim's safetensors, all folders in it counted; reads their headers alone."""
    total = 0
    for file in sorted(folder.rglob("*.safetensors")):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        header.pop("__metadata__", None)
        for about in header.values():
            total += math.prod(about["shape"])
    return total


def fit_seconds(folder: Path) -> float | None:
    """Read how long fitting took; None where a victim was trained before that was noted."""
    file = folder / COST
    return float(json.loads(file.read_text())["fit_s"]) if file.is_file() else None


@torch.no_grad()
def answer_times(
    instances: Sequence[Instance], utterances: Sequence[Utterance], device: torch.device, batch_size: int
) -> list[float]:
    """Measure the milliseconds that each victim takes to answer an utterance.

    The victims take turns, so that what else the machine does falls on all of them; the median of the rounds counts,
    after one that does not.

    Args:
        instances: enrolled with these utterances' speakers.
        utterances: at most the first 128 are asked.
        device: where they go.
        batch_size: asked at a time.
    """
    asked = utterances[:_UTTERANCES]
    groups = [[asked[i] for i in group] for group in batches(asked, batch_size)]
    shown = [[one.blinding.batch(some, device, ["cost"] * len(some)) for some in groups] for one in instances]
    rounds: list[list[float]] = [[] for _ in instances]
    for _ in range(ROUNDS + 1):
        for one, own, taken in zip(instances, shown, rounds, strict=True):
            begun = time.perf_counter()
            for batch in own:
                predictions_of(one.victim, batch)[0].cpu()  # waits for the device
            taken.append((time.perf_counter() - begun) * 1000 / len(asked))
    return [statistics.median(taken[1:]) for taken in rounds]
