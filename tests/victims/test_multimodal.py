"""P3's fusion, of two small victims that need no encoder, and of its defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from bench import MASK, Batch, ComponentError, FitContext, UsageError, Utterance
from bench.contracts.capabilities import Embedding
from bench.contracts.registry import Entry, Registry
from bench.modelling.schedule import Schedule
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences
from bench.modelling.training import fit_network
from bench.modelling.weights import load_into, load_weights, save_weights
from bench.testing import CPU, TASK, check_victim, sample_context, sample_utterances
from victims.multimodal import Multimodal

BRIEF = "multimodal:text=bert_text:max_epochs=2,audio=cnn_gru:max_epochs=2,max_epochs=2"
"""For the checks that all components pass: trains in seconds."""

WORDS = {"anger": "hate", "happiness": "love", "sadness": "gone", "neutral": "table"}
BUILT_IN = Registry.discover()
CNN = "cnn_gru:channels=8;hidden=8;dense=8;learning_rate=0.01;batch_size=8;max_epochs=15"


@dataclass(frozen=True)
class BagOfWords:
    """A text victim: which of four words are there, one hidden layer."""

    epochs: int = 30

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> FittedBag:
        """Train on `train`."""
        with seeded(context.seed, "bag"):
            fitted = FittedBag(Bag())
            data = [Sequences([_counts(one) for one in part], _labels(part)) for part in (train, valid)]
            optimizer = torch.optim.Adam(fitted.network.parameters(), lr=0.03)
            fit_network(fitted.network, optimizer, data[0], data[1], Schedule(8, self.epochs, 5), context)
        return fitted

    def load(self, folder: Path, context: FitContext) -> FittedBag:
        """From its folder."""
        with seeded("bag"):
            network = Bag()
        load_into(network, load_weights(folder, CPU)[0], folder)
        return FittedBag(network.eval())


class Bag(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 4)

    def forward(self, features: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.last(torch.relu(self.first(features)))
        return found


@dataclass(frozen=True)
class FittedBag:
    network: Bag

    def enroll(self, clean: Sequence[Utterance]) -> FittedBag:
        return self

    def hidden(self, batch: Batch) -> torch.Tensor:
        return torch.relu(self.network.first(torch.stack([_counts(one) for one in batch.utterances])))

    def log_probs(self, batch: Batch) -> torch.Tensor:
        return torch.log_softmax(self.network.last(self.hidden(batch)), dim=-1)

    def save(self, folder: Path) -> None:
        save_weights(folder, self.network.state_dict(), {})


@dataclass(frozen=True)
class Closed(BagOfWords):
    """One that shows no hidden vector."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Any:
        """Nothing to be seen."""
        return object()


def _counts(utterance: Utterance) -> torch.Tensor:
    return torch.tensor([float((utterance.transcript or "").count(word)) for word in WORDS.values()])


def _labels(utterances: Sequence[Utterance]) -> torch.Tensor:
    return torch.tensor([TASK.classes.index(str(one.emotion)) for one in utterances])


def component(kind: str, text: str) -> Any:
    """The built-in victims and those of this file."""
    own = {"bag": BagOfWords, "closed": Closed}
    return own[text]() if text in own else BUILT_IN.build(kind, text)


@pytest.fixture(scope="module")
def context() -> FitContext:
    return replace(sample_context(), component=component)


def spoken(speakers: int, each: int, key: str) -> list[Utterance]:
    """Half of the utterances say in words what they are, all say it in sound."""
    found = sample_utterances(speakers, each, key)
    return [replace(one, transcript=f"the {WORDS[str(one.emotion)]}" if n % 2 else "") for n, one in enumerate(found)]


def accuracy(victim: Any, utterances: Sequence[Utterance]) -> float:
    with torch.no_grad():
        labels = victim.enroll(utterances).log_probs(Batch.of(utterances)).argmax(dim=1)
    return float((labels == _labels(utterances)).float().mean())


@pytest.fixture(scope="module", params=[False, True], ids=["", "fine_tune"])
def recipe(request: pytest.FixtureRequest) -> Multimodal:
    return Multimodal("bag", CNN, fine_tune=request.param, tune_rate=1e-3, max_epochs=10)


@pytest.fixture(scope="module")
def fitted(recipe: Multimodal, context: FitContext) -> Any:
    return recipe.fit(spoken(4, 2, "train"), spoken(2, 2, "valid"), context)


def test_it_uses_both(fitted: Any) -> None:
    test = spoken(3, 2, "new")
    silent = [replace(one, waveform=torch.zeros(8000)) for one in test]
    mute = [replace(one, transcript=f"the {MASK}") for one in test]
    with torch.no_grad():
        known = fitted.enroll(test)
        whole, no_sound, no_words = (known.log_probs(Batch.of(said)) for said in (test, silent, mute))
    assert accuracy(fitted, test) > 0.6
    assert not torch.allclose(whole, no_sound, atol=1e-3)
    assert not torch.allclose(whole, no_words, atol=1e-3)


def test_saved_and_loaded(recipe: Multimodal, fitted: Any, context: FitContext, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio", "config.json", "text", "weights.safetensors"]
    test = spoken(2, 2, "new")
    with torch.no_grad():
        now, then = (
            victim.enroll(test).log_probs(Batch.of(test)) for victim in (fitted, recipe.load(tmp_path, context))
        )
    assert torch.equal(now, then)


def test_fine_tuning_changes_the_parts_and_nothing_else_does(
    recipe: Multimodal, fitted: Any, context: FitContext
) -> None:
    train, valid = spoken(4, 2, "train"), spoken(2, 2, "valid")
    for part, (kind, spec) in zip(fitted.parts, recipe.traits.made_of, strict=True):
        alone = component(kind, spec).fit(train, valid, context)
        own, theirs = part.network.state_dict(), alone.network.state_dict()
        same = all(torch.equal(tensor, theirs[name]) for name, tensor in own.items())
        assert same == (not recipe.fine_tune)


def test_it_can_be_joined_itself(fitted: Any) -> None:
    assert isinstance(fitted, Embedding)
    test = spoken(1, 1, "new")
    with torch.no_grad():
        assert fitted.enroll(test).hidden(Batch.of(test)).shape == (4, 128)


def test_threads_are_welcome_where_both_welcome_them(fitted: Any) -> None:
    assert not fitted.traits.concurrent
    assert replace(fitted, parts=(fitted.parts[1],) * 2).traits.concurrent


def test_two_of_sound_conform() -> None:
    check_victim(Multimodal(CNN, CNN + ";kernel=3", max_epochs=2))


def test_its_identity_has_its_parts() -> None:
    entry = Entry("victims", "joined", "victims.multimodal:Multimodal", "here")
    registry = Registry({**BUILT_IN.entries, ("victims", "joined"): entry})
    found = registry.component("victims", "joined:text=cnn_gru,audio=cnn_gru:kernel=3,,dense=8").identity
    assert [part["spec"] for part in found["made_of"]] == ["cnn_gru", "cnn_gru:kernel=3,dense=8"]
    assert found["made_of"][1]["params"]["dense"] == 8


def test_a_victim_that_shows_nothing_is_named(context: FitContext) -> None:
    with pytest.raises(UsageError, match="'closed', which does not show its last hidden vector"):
        Multimodal("closed", CNN).fit(spoken(1, 1, "train"), spoken(1, 1, "valid"), context)


def test_no_registry(context: FitContext) -> None:
    with pytest.raises(ComponentError, match="component=Registry"):
        Multimodal().fit([], [], replace(context, component=None))


@pytest.mark.parametrize("wrong", [{"text": "bert_text:a=1;"}, {"audio": ""}, {"tune_rate": 0.0}, {"batch_size": 0}])
def test_parameters_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Multimodal(**wrong)
