"""What defences in training have in common: whom they refuse, and what a retrained victim keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from bench import Batch, Perturbation, Refusing, Traits, UsageError, Utterance, Victim, traits_of
from bench.contracts.capabilities import Embedding
from bench.contracts.pipeline import Defended
from bench.contracts.protocols import TrainableVictim
from bench.defending.retraining import (
    Retrained,
    as_recorded,
    check_renews,
    check_trains,
    with_clean,
)
from bench.testing import ContraryVictim, sample_context, sample_utterances
from defenses.multi_condition import MultiCondition
from defenses.rnnoise import Rnnoise
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.hf import HuggingFace
from victims.http import Http
from victims.onnx import Onnx
from victims.python import Python

SAID = sample_utterances(1, 1)
BORROWED = (HuggingFace("x"), Http("http://localhost:1/x"), Onnx(Path("x.onnx")), Python("x.py:x"))


@pytest.mark.parametrize("victim", BORROWED, ids=lambda victim: type(victim).__name__)
def test_borrowed_victims_are_not_trained(victim: TrainableVictim) -> None:
    with pytest.raises(UsageError, match=f"--defense: found .*{type(victim).__name__}.*learns from the training data"):
        check_trains("--defense", victim)
    with pytest.raises(UsageError, match=type(victim).__name__):
        check_trains("--defense", Defended(Defended(victim, Rnnoise()), Rnnoise()))
    with pytest.raises(UsageError, match="cannot be trained again"):
        MultiCondition().fit(victim, SAID, SAID, sample_context())


@pytest.mark.parametrize("victim", [CnnGru(), BertText(), Defended(CnnGru(), Rnnoise())], ids=str)
def test_victims_that_learn_are_trained(victim: TrainableVictim) -> None:
    check_trains("--defense", victim)


def test_only_victims_that_ask_get_other_utterances() -> None:
    check_renews("--defense", CnnGru())
    with pytest.raises(UsageError, match="BertText, which learns from one set"):
        check_renews("--defense", BertText())
    with pytest.raises(UsageError, match="under another defence"):
        check_renews("--defense", Defended(CnnGru(), Rnnoise()))


def test_what_was_changed_is_not_as_recorded() -> None:
    changed = replace(SAID[0], perturbation=Perturbation("noise", "white"))
    assert as_recorded([SAID[0], changed, SAID[1]]) == [SAID[0], SAID[1]]


def test_the_first_defence_says_what_is_clean() -> None:
    context = with_clean(sample_context(), SAID)
    assert context.clean == tuple(SAID)
    assert with_clean(context, SAID[:1]).clean == tuple(SAID)


@dataclass(frozen=True)
class Shy(ContraryVictim):
    """Refuses everybody, and shows a hidden vector."""

    known: tuple[str, ...] = ()
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> Shy:
        return replace(self, known=tuple(sorted({said.speaker for said in clean})))

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.ones(len(batch), dtype=torch.bool)

    def hidden(self, batch: Batch) -> Tensor:
        return torch.full((len(batch), 1), float(len(self.known)))


def test_a_retrained_victim_has_all_that_the_victim_has() -> None:
    batch = Batch.of(SAID)
    shy = Retrained(Shy(), {}).enroll(SAID)
    assert isinstance(shy, Victim)
    assert isinstance(shy, Refusing)
    assert isinstance(shy, Embedding)
    assert traits_of(shy).concurrent
    assert shy.known == (SAID[0].speaker,)
    assert torch.equal(shy.hidden(batch), torch.ones(len(batch), 1)), "the enrolled victim is asked"
    assert torch.equal(shy.log_probs(batch), ContraryVictim().log_probs(batch))
    bare = Retrained(ContraryVictim(), {})
    assert not isinstance(bare, Refusing)
    assert not traits_of(bare).concurrent
