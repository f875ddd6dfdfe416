"""Foolbox's BoundaryAttack and ART's HopSkipJump on the same victim, utterances and number of queries, as they come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.types import Utterance


@dataclass
class PeerSetting:
    """What a peer is given, and a count of what it asked.

    Peers take one tensor of one length: the utterances are padded to the longest and told apart by their rows.
    """

    victim: Victim
    utterances: Sequence[Utterance]
    k: int
    device: torch.device
    queries: int = 0
    forward_s: float = 0.0
    batch: Batch = field(init=False)

    def __post_init__(self) -> None:
        self.batch = Batch.of(self.utterances, self.device)

    @torch.no_grad()
    def ask(self, waveforms: Tensor, rows: Sequence[int]) -> Tensor:
        """Log-probabilities of some rows' candidates; counts and times them."""
        started = time.perf_counter()
        speakers = tuple(self.utterances[row] for row in rows)
        answer = self.victim.log_probs(Batch(speakers, waveforms.float(), self.batch.lengths[list(rows)]))
        self.queries += len(rows)
        self.forward_s += time.perf_counter() - started
        return answer

    def starting_points(self, labels: Tensor) -> Tensor:
        """For each row another row's sound that the victim, asked for this row's speaker, gives another label."""
        rows = range(len(labels))
        points = self.batch.waveforms.clone()
        found = torch.zeros(len(labels), dtype=torch.bool, device=self.device)
        for other in rows:
            tried = self.batch.waveforms[other].expand_as(points)
            fooled = (self.ask(tried, rows).argmax(dim=1) != labels) & ~found
            points[fooled] = tried[fooled]
            found |= fooled
        if not bool(found.all()):
            raise RuntimeError("all utterances get one label: give more of them")
        return points


def foolbox_boundary(setting: PeerSetting) -> tuple[int, float]:
    """Foolbox's BoundaryAttack: k steps on the whole batch. Its first queries check the starting points."""
    import foolbox

    rows = range(len(setting.utterances))

    class Asked(torch.nn.Module):
        def forward(self, waveforms: Tensor) -> Tensor:
            return setting.ask(waveforms, rows)

    model = foolbox.PyTorchModel(Asked().eval(), bounds=(-1, 1), device=setting.device)
    labels = setting.ask(setting.batch.waveforms, rows).argmax(dim=1)
    attack = foolbox.attacks.BoundaryAttack(steps=max(1, setting.k - 3))
    starting = setting.starting_points(labels)
    setting.queries, setting.forward_s = 0, 0.0
    attack.run(model, setting.batch.waveforms, foolbox.criteria.Misclassification(labels), starting_points=starting)
    return setting.queries, setting.forward_s


def art_hop_skip_jump(setting: PeerSetting) -> tuple[int, float]:
    """ART's HopSkipJump: one sample at a time, as many gradient queries as fit into k."""
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifierNeuralNetwork

    current = [0]

    def predict(waveforms: Any) -> Any:
        candidates = torch.as_tensor(np.asarray(waveforms), dtype=torch.float32, device=setting.device)
        answer = setting.ask(candidates, current * len(candidates)).exp()
        return answer.cpu().numpy()

    shape, classes = setting.batch.waveforms.shape, len(setting.ask(setting.batch.waveforms[:1], [0])[0])
    model = BlackBoxClassifierNeuralNetwork(predict, (shape[1],), classes, clip_values=(-1.0, 1.0))
    attack = HopSkipJump(model, norm=2, max_iter=1, max_eval=10, init_eval=8, init_size=5, batch_size=1, verbose=False)
    setting.queries, setting.forward_s = 0, 0.0
    for row in range(len(setting.utterances)):
        current[0] = row
        attack.generate(setting.batch.waveforms[row : row + 1].cpu().numpy())
    return setting.queries, setting.forward_s


PEERS = {"Foolbox BoundaryAttack": foolbox_boundary, "ART HopSkipJump": art_hop_skip_jump}
