"""Our victims in the hands of Foolbox and ART: real attacks of theirs on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench import Batch
from bench.core.types import Utterance
from bench.peers.libraries import art_evasion, foolbox
from bench.peers.models import as_art, as_foolbox
from bench.testing import TASK, ContraryVictim, sample_utterances

SPEECH = torch.stack([one.waveform[:4000] for one in sample_utterances(1, each=1)[:3]])
SAID = ContraryVictim().log_probs(Batch.of([Utterance("", one, speaker="") for one in SPEECH]))


@dataclass(frozen=True)
class Shy(ContraryVictim):
    """Refuses what is loud."""

    def enroll(self, clean: object) -> Shy:  # type: ignore[override]
        return self

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), batch.waveforms.abs().amax(dim=1) > 0.5


def test_foolbox_attacks_it() -> None:
    assert torch.equal(as_foolbox(ContraryVictim())(SPEECH), SAID)
    model = as_foolbox(ContraryVictim(), bounds=(0, 1))
    attack = foolbox().attacks.L2RepeatedAdditiveGaussianNoiseAttack(repeats=20)
    _, found, fooled = attack(model, (SPEECH + 1) / 2, SAID.argmax(dim=1), epsilons=30.0)
    assert fooled.any()
    assert torch.equal(model(found).argmax(dim=1) != SAID.argmax(dim=1), fooled)


def test_art_attacks_it() -> None:
    estimator = as_art(ContraryVictim(), len(TASK.classes), 4000)
    said = torch.from_numpy(estimator.predict(SPEECH.numpy()))
    assert torch.allclose(said, SAID, atol=1e-6)
    before, other = SPEECH[:1].numpy(), 0.9 * torch.ones(1, 4000).numpy()
    assert estimator.predict(other).argmax() != said[0].argmax()
    attack = art_evasion().HopSkipJump(estimator, max_iter=1, init_eval=4, max_eval=4, verbose=False)
    found = attack.generate(before, x_adv_init=other)
    assert estimator.predict(found).argmax() != said[0].argmax()
    assert np.linalg.norm(found - before) < np.linalg.norm(other - before)


def test_a_refusal_is_a_class_of_its_own() -> None:
    said = as_foolbox(Shy())(torch.stack([torch.full((4000,), 0.1), torch.full((4000,), 0.9)]))
    assert said.shape[1] == len(TASK.classes) + 1
    assert [int(row.argmax()) == len(TASK.classes) for row in said] == [False, True]
