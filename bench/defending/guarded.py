"""A fitted victim with a model beside it that hears manipulations, and refuses what it takes for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from bench.contracts.capabilities import forward_capabilities
from bench.contracts.protocols import Victim
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.computing.threads import one_thread
from bench.core.types import Utterance
from bench.defending.inner_victim import save_inner
from bench.defending.manipulations import Ear, Manipulation, Recognised, recognised
from bench.defending.purified_victim import answered_or_refused
from bench.modelling.features.mel_statistics import Voices
from bench.modelling.weights import save_weights

EVERYBODY = "everybody"
"""Where the average voice and the victim are kept."""
_THROUGH = ("hidden", "trace", "network")
"""What not every victim has, and is passed on."""


@dataclass(frozen=True)
class Guarded:
    """A fitted victim with a detector beside it. It has `hidden`, `trace` and `network` where the victim has them.

    Args:
        parameters: of the defence, kept beside the weights; `personal` says whether speakers have thresholds of
            their own.
        victim: what tells emotions.
        ear: the detector's network, in evaluation mode.
        settings: what it has learnt, in the order of its outputs after the first.
        threshold: of the chance that an utterance is clean.
        voices: the enrolled speakers, and the training speakers on average.
        thresholds: of enrolled speakers, where they lie below the one of all.
    """

    parameters: Mapping[str, object]
    victim: Victim
    ear: Ear
    settings: tuple[Manipulation, ...]
    threshold: float
    voices: Voices
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        forward_capabilities(self, self.victim, _THROUGH)

    @property
    def traits(self) -> Traits:
        """Declare whether the victim may be asked by several threads at once."""
        return Traits(concurrent=traits_of(self.victim).concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> Guarded:
        """Return this victim and its detector with knowledge of some speakers, from their clean speech."""
        voices = Voices.of(self.voices.where, clean, self.voices.device, self.voices.everybody)
        known = replace(self, victim=self.victim.enroll(clean), voices=voices)
        return replace(known, thresholds=known._own_thresholds(clean)) if self.parameters["personal"] else known

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c): the victim's."""
        return self.victim.log_probs(batch)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Estimate log-probabilities, shape (b, c), and say what is taken for manipulated, or refused by the victim
        itself, shape (b,), bool."""
        refused = self._chances(batch)[:, 0] < self._limits(batch)
        return answered_or_refused(self.victim, batch, refused)

    def suspicion(self, batch: Batch) -> Tensor:
        """Compute how far each utterance lies over the border to what is refused, in log-probability, shape (b,);
        gradients pass."""
        rows = self.voices.heard(batch)[:, None, None]
        clean = torch.cat([self.ear(row) for row in rows]).log_softmax(dim=1)[:, 0]
        return self._limits(batch).clamp(min=1e-30).log() - clean

    def recognise(self, batch: Batch) -> list[Recognised]:
        """Tell what each utterance is taken for: kind and degree."""
        rows = self._chances(batch).tolist()
        return [
            recognised(said.id, row, self.settings, limit)
            for said, row, limit in zip(batch.utterances, rows, self._limits(batch).tolist(), strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the detector's weights, and the victim into a folder of its own."""
        config = {"defense": "manipulation_detector", "recipe": dict(self.parameters), "settings": self.settings}
        everybody = {} if self.voices.everybody is None else {EVERYBODY: self.voices.everybody}
        save_weights(folder, self.ear.state_dict() | everybody, config | {"threshold": self.threshold})
        save_inner(self.victim, folder)

    def _chances(self, batch: Batch) -> Tensor:
        """Of being clean, and of each setting, shape (b, 1 + settings)."""
        with torch.no_grad():
            rows = self.voices.heard(batch)[:, None, None]
            return torch.cat([self.ear(row) for row in rows]).softmax(dim=1)  # one by one: no row sees the others

    def _limits(self, batch: Batch) -> Tensor:
        """The chance of being clean below which each utterance is refused, shape (b,)."""
        limits = [self.thresholds.get(said.speaker, self.threshold) for said in batch.utterances]
        return torch.tensor(limits, device=self.voices.device)

    def _own_thresholds(self, clean: Sequence[Utterance]) -> dict[str, float]:
        """By speaker the least chance of the clean speech, where that lies below the threshold of all."""
        found: dict[str, float] = {}
        with torch.no_grad(), one_thread():
            for said, heard in zip(clean, self.voices.learnt(clean), strict=True):
                chance = float(self.ear(heard[None, None]).softmax(dim=1)[0, 0])
                if chance < found.get(said.speaker, self.threshold):
                    found[said.speaker] = chance
        return found
