"""P3's sound victim on tiny encoders of both kinds: normalised over time, or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import Batch, UsageError
from bench.contracts.capabilities import Embedding
from bench.testing import TOLERANCE, check_victim, sample_context, sample_utterances
from victims.wav2vec2_audio import Wav2vec2Audio

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="session", params=["group", "layer"])
def tiny(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, wav2vec2: Callable) -> Path:
    return wav2vec2(tmp_path_factory.mktemp("wav2vec2") / request.param, request.param)


@pytest.fixture(scope="module")
def fitted(tiny: Path) -> Any:
    return Wav2vec2Audio(str(tiny), max_epochs=30, learning_rate=1e-3).fit(
        sample_utterances(4, 3, "train"), sample_utterances(2, 2, "valid"), sample_context()
    )


@pytest.mark.parametrize("frozen", [True, False])
def test_it_conforms(tiny: Path, frozen: bool) -> None:
    check_victim(Wav2vec2Audio(str(tiny), frozen=frozen, learning_rate=1e-3, max_epochs=2))


def test_it_learns(fitted: Any, right: Callable) -> None:
    assert right(fitted, sample_utterances(3, 4, "new")) > 0.5


def test_fine_tuning_reaches_the_encoder(tiny: Path) -> None:
    recipe = Wav2vec2Audio(str(tiny), frozen=False, learning_rate=1e-3, max_epochs=2)
    victim = recipe.fit(sample_utterances(2, 1, "train"), sample_utterances(1, 1, "valid"), sample_context())
    before = transformers.AutoModel.from_pretrained(tiny).state_dict()
    after = victim.network.encoder.state_dict()
    changed = {name.split(".")[0] for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert {"feature_extractor", "feature_projection", "encoder"} <= changed


@settings(max_examples=20, deadline=None)
@given(samples=st.lists(st.integers(1, 30_000), min_size=2, max_size=3), extra=st.integers(0, 20_000))
@pytest.mark.parametrize("frozen", [True, False])
def test_padding_of_any_length_changes_nothing(tiny: Path, frozen: bool, samples: list[int], extra: int) -> None:
    victim, some = brief(tiny, frozen), sample_utterances(1, 1)
    long = some[0].waveform.repeat(9)
    said = [replace(some[0], id=str(n), waveform=long[:n]) for n in samples]
    batch = Batch.of(said)
    padded = Batch(batch.utterances, torch.nn.functional.pad(batch.waveforms, (0, extra)), batch.lengths)
    with torch.no_grad():
        alone = torch.cat([victim.log_probs(Batch.of([one])) for one in said])
        together = victim.log_probs(padded)
    assert float((alone - together).abs().max()) <= TOLERANCE


@cache
def brief(folder: Path, frozen: bool) -> Any:
    some = sample_utterances(1, 1)
    return Wav2vec2Audio(str(folder), frozen=frozen, max_epochs=1).fit(some, some, sample_context())


def test_what_comes_after_max_samples_is_not_heard(tiny: Path) -> None:
    some = sample_utterances(1, 1)
    victim = Wav2vec2Audio(str(tiny), max_samples=4000, max_epochs=1).fit(some, some, sample_context())
    longer = replace(some[0], waveform=torch.cat([some[0].waveform[:4000], torch.rand(500)]))
    with torch.no_grad():
        cut, whole = (victim.log_probs(Batch.of([one])) for one in (longer, some[0]))
    assert len(victim.front.input(some[0])) == 4000
    assert torch.equal(cut, whole)


def test_a_moment_and_silence_have_an_answer(fitted: Any) -> None:
    sample = sample_utterances(1, 1)[0]
    said = [replace(sample, waveform=wave) for wave in (torch.ones(1), torch.zeros(1), torch.zeros(16_000))]
    with torch.no_grad():
        assert bool(torch.isfinite(fitted.log_probs(Batch.of(said))).all())


def test_the_sound_of_the_batch_is_heard_not_the_utterances_own(fitted: Any) -> None:
    """A defence that purifies hands over other waveforms beside the utterances."""
    first, other = sample_utterances(1, 1)[:2]
    mixed = Batch((first,), other.waveform[None], torch.tensor([len(other.waveform)]))
    with torch.no_grad():
        assert torch.equal(fitted.log_probs(mixed), fitted.log_probs(Batch.of([other])))


def test_an_utterance_is_encoded_once(fitted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = replace(sample_utterances(1, 1)[0], waveform=torch.rand(3000))
    calls = []
    embed = fitted.front.reader.embed
    monkeypatch.setattr(fitted.front.reader, "embed", lambda *given: calls.append(1) or embed(*given))
    first, again = (fitted.front.vector(sample) for _ in range(2))
    fitted.front.vectors([sample], sample_context().progress)
    assert torch.equal(first, again)
    assert len(calls) == 1


def test_an_attacked_sound_is_neither_looked_up_nor_kept(fitted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clean = replace(sample_utterances(1, 1)[0], waveform=torch.rand(3000))
    victim, looked_up = fitted.enroll([clean]), []
    vector = fitted.front.vector
    monkeypatch.setattr(fitted.front, "vector", lambda one: looked_up.append(one.id) or vector(one))
    noisy = replace(clean, id="noisy", waveform=clean.waveform * 0.9)
    alike = replace(clean, id="alike", waveform=clean.waveform.index_fill(0, torch.tensor([1]), 0.5))
    with torch.no_grad():
        together = victim.log_probs(Batch.of([noisy, clean, alike]))
        alone = torch.cat([fitted.log_probs(Batch.of([one])) for one in (noisy, clean, alike)])
    assert looked_up == [clean.id, "alike"]  # a mark that two sounds share costs a look, and gives the sound's own
    assert float((together - alone).abs().max()) <= TOLERANCE
    assert not torch.equal(together[1], together[2])


def test_the_last_hidden_vector(fitted: Any) -> None:
    assert isinstance(fitted, Embedding)
    with torch.no_grad():
        assert fitted.hidden(Batch.of(sample_utterances(1, 1))).shape == (4, 256)


def test_a_hub_that_cannot_be_reached_says_what_to_give_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match=r"neither a folder here.*and give encoder=FOLDER"):
        Wav2vec2Audio("nobody/nothing").fingerprint()


def test_encoders_of_something_else_are_refused(tiny: Path, tmp_path: Path) -> None:
    recipe = Wav2vec2Audio(str(tmp_path), max_epochs=1)
    some = sample_utterances(1, 1)
    transformers.AutoModel.from_pretrained(tiny).save_pretrained(tmp_path)
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="a model for 8000 Hz"):
        recipe.fit(some, some, sample_context())
    transformers.ASTFeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="an encoder of waveforms"):
        recipe.fit(some, some, sample_context())


@pytest.mark.parametrize("wrong", [{"max_samples": 1599}, {"dropout": -0.1}, {"max_epochs": 0}])
def test_parameters_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Wav2vec2Audio(**wrong)
