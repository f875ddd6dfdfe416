"""P1's denoising: the victim is trained on, enrolled with and asked about denoised speech, and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import Batch, DataError, FitContext, UsageError, Utterance, Victim, traits_of
from bench.contracts.capabilities import Purifying
from bench.contracts.protocols import Fingerprinted
from bench.defending.denoiser import Denoiser
from bench.testing import ContraryVictim, sample_context, sample_noises, sample_utterances
from defenses.rnnoise import Rnnoise
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)


@pytest.fixture(autouse=True)
def cache(own_cache: Path) -> Path:
    return own_cache


@dataclass(frozen=True)
class Listener:
    """A recipe that keeps what it was trained on."""

    heard: dict[str, Any] = field(default_factory=dict)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        self.heard.update(train=train, valid=valid, clean=context.clean)
        return ContraryVictim()

    def load(self, folder: Path, context: FitContext) -> Victim:
        return ContraryVictim()


def denoised(utterance: Utterance) -> torch.Tensor:
    return Denoiser().purify(utterance.waveform[None], torch.tensor([len(utterance.waveform)]))[0].clamp(-1, 1)


def test_all_speech_of_the_training_is_denoised() -> None:
    train, valid, clean = (sample_utterances(1, 1, key) for key in ("train", "valid", "clean"))
    listener = Listener()
    Rnnoise().fit(listener, train, valid, replace(sample_context(), clean=tuple(clean)))
    for part, before in (("train", train), ("valid", valid), ("clean", clean)):
        for original, heard in zip(before, listener.heard[part], strict=True):
            assert torch.equal(heard.waveform, denoised(original))
            assert (heard.id, heard.emotion, heard.words) == (original.id, original.emotion, original.words)


def test_what_it_is_asked_about_is_denoised() -> None:
    fitted = Rnnoise().fit(Listener(), [], [], sample_context())
    assert isinstance(fitted, Purifying)
    batch = Batch.of(sample_utterances(1, 1, "asked"))
    for original, left in zip(batch.utterances, fitted.trace(batch), strict=True):
        assert torch.equal(left[:, 0], denoised(original))
    heard = Batch.of([replace(one, waveform=denoised(one)) for one in batch.utterances])
    assert torch.equal(fitted.log_probs(batch), ContraryVictim().log_probs(heard))


def test_a_victim_that_only_reads_is_refused(tmp_path: Path) -> None:
    train, context = sample_utterances(1, 1), sample_context()
    with pytest.raises(UsageError, match=r"defense 'rnnoise': found a victim that perceives text alone \(BertText\)"):
        Rnnoise().fit(BertText(), train, train, context)
    with pytest.raises(UsageError, match="one that hears"):
        Rnnoise().load(BertText(), tmp_path, context)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrnnoise", None)
    with pytest.raises(UsageError, match=r"defense 'rnnoise'.*serbench\[rnnoise\]"):
        Rnnoise().fit(SMALL, [], [], sample_context())
    with pytest.raises(UsageError, match=r"defense 'rnnoise'.*serbench\[rnnoise\]"):
        Rnnoise().fingerprint()


def test_a_victim_trained_behind_another_rnnoise_is_refused(tmp_path: Path) -> None:
    Rnnoise().fit(Listener(), [], [], sample_context()).save(tmp_path)
    assert Rnnoise().load(Listener(), tmp_path, sample_context()) is not None
    note = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(note | {"library": "another"}))
    with pytest.raises(DataError, match="another"):
        Rnnoise().load(Listener(), tmp_path, sample_context())


def test_what_it_says_of_itself() -> None:
    assert isinstance(Rnnoise(), Fingerprinted)
    assert Rnnoise().fingerprint() == Denoiser().fingerprint()
    assert not traits_of(Rnnoise()).randomised
    assert Rnnoise().seen(sample_noises()) == frozenset()
