"""Our victims in the hands of Foolbox and ART: real attacks of theirs on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench import Batch
from bench.core.types import Utterance
from bench.peers.libraries import art_evasion, foolbox
from bench.peers.models import as_art, as_foolbox
from bench.testing import TASK, ContraryVictim, sample_utterances
from tests.conftest import TINY_VICTIM
from tests.docs.blocks import BLOCK

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


def test_what_the_page_shows(
    tiny_corpus: Path, bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an exported victim to a model of either library, as docs/peers.md has it."""
    data = ("--corpus=emodb", f"--corpus-root={tiny_corpus}", "--device=cpu")
    made = bench_here("victims", "export", f"--victim={TINY_VICTIM}", *data, f"--to={tmp_path / 'my-victim'}")
    assert made.code == 0, made.err
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[3] / "docs" / "peers.md").read_text(encoding="utf-8")
    block = next(one["text"] for one in BLOCK.finditer(page) if "as_foolbox(" in one["text"])
    names: dict[str, Any] = {}
    exec(compile(block, "peers.md", "exec"), names)
    said = names["model"](SPEECH)
    assert said.shape == (3, len(TASK.classes))
    padded = np.zeros((3, 48_000), dtype=np.float32)
    assert names["estimator"].predict(padded).shape == said.shape


def test_a_refusal_is_a_class_of_its_own() -> None:
    said = as_foolbox(Shy())(torch.stack([torch.full((4000,), 0.1), torch.full((4000,), 0.9)]))
    assert said.shape[1] == len(TASK.classes) + 1
    assert [int(row.argmax()) == len(TASK.classes) for row in said] == [False, True]
