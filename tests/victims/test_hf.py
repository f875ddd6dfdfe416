"""A transformers model as a victim: a real wav2vec 2.0, tiny, fine-tuned for some steps by the test."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import Batch, DataError, FitContext, UsageError, Utterance
from bench.core.computing.halving import Halving
from bench.data.tasks import task_named
from bench.modelling.seeding import seeded
from bench.testing import TOLERANCE, check_victim, sample_context, sample_utterances
from victims.hf import FittedHuggingFace, HuggingFace

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

transformers = pytest.importorskip("transformers")

IDS = {0: "ang", 1: "hap", 2: "sad", 3: "neu", 4: "fearful"}


def tune(network: Any, extractor: Any) -> None:
    """Some steps on the sample utterances."""
    train = sample_utterances(3, 2, "train")
    labels = torch.tensor([["anger", "happiness", "sadness", "neutral"].index(str(u.emotion)) for u in train])
    inputs = extractor([u.waveform.numpy() for u in train], sampling_rate=16_000, padding=True, return_tensors="pt")
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(40):
        optimizer.zero_grad()
        network(**inputs, labels=labels).loss.backward()
        optimizer.step()


@pytest.fixture(scope="session")
def masked(tmp_path_factory: pytest.TempPathFactory, wav2vec2: Callable) -> Path:
    """With an attention mask: padding changes nothing."""
    return wav2vec2(tmp_path_factory.mktemp("hf") / "masked", labels=IDS, tune=tune)


@pytest.fixture(scope="session")
def by_group(tmp_path_factory: pytest.TempPathFactory, wav2vec2: Callable) -> Path:
    """wav2vec2-base's kind: normalised over time, no mask."""
    return wav2vec2(tmp_path_factory.mktemp("hf") / "group", "group", IDS)


@pytest.fixture
def copied(masked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(masked, tmp_path / "model"))


def fit(model: Path | str, context: FitContext | None = None, **parameters: Any) -> FittedHuggingFace:
    train = sample_utterances(key="train")
    return HuggingFace(str(model), **parameters).fit(train, train, context or sample_context())


def test_the_sample_model_learnt_something(masked: Path, right: Callable) -> None:
    """So that the other tests are not about a constant."""
    assert right(fit(masked), sample_utterances(3, 2, "train")) > 0.4


@pytest.mark.parametrize(("kind", "is_masked"), [("masked", True), ("by_group", False)])
def test_it_conforms(kind: str, is_masked: bool, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    assert fit(folder).masked == is_masked
    check_victim(HuggingFace(str(folder)))


def test_of_any_architecture(tmp_path: Path) -> None:
    """An audio spectrogram transformer: inputs of one shape, whatever the utterance's length."""
    config = transformers.ASTConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        num_mel_bins=16,
        max_length=32,
        id2label=IDS,
    )
    with seeded("ast"):
        transformers.ASTForAudioClassification(config).save_pretrained(tmp_path)
    transformers.ASTFeatureExtractor(num_mel_bins=16, max_length=32).save_pretrained(tmp_path)
    check_victim(HuggingFace(str(tmp_path)))


def test_it_is_what_transformers_says(masked: Path) -> None:
    network = transformers.AutoModelForAudioClassification.from_pretrained(masked).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(masked)
    one = sample_utterances(1, 1)[0]
    with torch.no_grad():
        logits = network(**extractor(one.waveform.numpy(), sampling_rate=16_000, return_tensors="pt")).logits[0]
    expected = torch.log_softmax(logits[:4], dim=0)  # fear is no class here; the others are in the task's order
    found = fit(masked).log_probs(Batch.of([one]))[0]
    assert torch.allclose(found, expected, atol=1e-5)


def test_several_labels_may_be_one_class(tmp_path: Path, wav2vec2: Callable) -> None:
    names = {0: "frustrated", 1: "anger", 2: "Sad", 3: "happy", 4: "excited"}
    folder = wav2vec2(tmp_path, labels=names)
    context = replace(sample_context(), task=task_named("emotion4"))
    fitted = fit(folder, context)
    one = sample_utterances(1, 1)[0]
    inputs = [fitted._features(one)]
    with torch.no_grad():
        shares = fitted._logits(inputs)[0].softmax(dim=0)
    found = fitted.log_probs(Batch.of([one]))[0].exp()
    assert found.tolist() == pytest.approx([*shares[:3].tolist(), float(shares[3] + shares[4])], rel=1e-4)


def test_labels_that_mean_nothing_can_be_named(tmp_path: Path, wav2vec2: Callable) -> None:
    folder = wav2vec2(tmp_path, labels={n: f"LABEL_{n}" for n in range(4)})
    with pytest.raises(UsageError, match=r"the labels LABEL_0, .*none is anger.*labels=NAME\+NAME"):
        fit(folder)
    one = Batch.of(sample_utterances(1, 1)[:1])
    by_order = fit(folder, labels=("ang", "hap", "sad", "neu")).log_probs(one)
    pairs = ("LABEL_3:neutral", "LABEL_2:sad", "LABEL_1:hap", "LABEL_0:ang")
    assert torch.equal(fit(folder, labels=pairs).log_probs(one), by_order)
    with pytest.raises(UsageError, match="3 labels for 4 outputs"):
        fit(folder, labels=("ang", "hap", "sad"))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(200, 20_000), min_size=2, max_size=9), st.sampled_from(["masked", "by_group"]))
def test_neither_length_nor_batch_changes_an_answer(
    request: pytest.FixtureRequest, check_alone: Callable, lengths: list[int], kind: str
) -> None:
    victim = fitted_once(str(request.getfixturevalue(kind)))
    wave = sample_utterances(1, 1)[0].waveform.repeat(5)
    many = [Utterance(str(n), wave[n : n + length], "a") for n, length in enumerate(lengths)]
    check_alone(victim, many)


@cache
def fitted_once(folder: str) -> FittedHuggingFace:
    return fit(folder)


class Shallow(torch.nn.Module):
    """A network on a device with room for two utterances."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network, self.config, self.sizes = network, network.config, []

    def forward(self, **inputs: torch.Tensor) -> Any:
        self.sizes.append(len(inputs["input_values"]))
        if self.sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        return self.network(**inputs)


def test_batches_that_do_not_fit_are_halved(masked: Path) -> None:
    victim = fit(masked)
    many = Batch.of(sample_utterances(2, 2))
    expected = victim.log_probs(many)
    small = replace(victim, network=Shallow(victim.network), halving=Halving(8, "victim 'hf'"))
    assert float((small.log_probs(many) - expected).abs().max()) <= TOLERANCE
    assert small.network.sizes == [8, 4] + [2] * 8


def without(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).unlink()
    return folder


def test_a_pickle_is_refused_by_name(copied: Path) -> None:
    torch.save({}, without(copied, "model.safetensors") / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"pytorch_model.bin, which may run code.*save_pretrained"):
        fit(copied)


def test_code_of_the_models_own_is_refused(copied: Path) -> None:
    config = copied / "config.json"
    content = json.loads(config.read_text()) | {"auto_map": {"AutoConfig": "evil.Config"}}
    config.write_text(json.dumps(content))
    (copied / "evil.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(UsageError, match="code of the model's own"):
        fit(copied)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "preprocessor_config.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    with pytest.raises(UsageError, match=name.replace("model.", r"\*.")):
        fit(without(copied, name))


def test_damaged_weights_are_named(copied: Path) -> None:
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UsageError, match="victim 'hf'"):
        fit(copied)


def test_an_encoder_without_a_classifier_is_refused(copied: Path, wav2vec2: Callable) -> None:
    wav2vec2(copied)
    with pytest.raises(UsageError, match=r"no weights for classifier.*fine-tune it first"):
        fit(copied)


def test_a_model_for_something_else_is_refused(copied: Path) -> None:
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=9
    )
    transformers.BertModel(config).save_pretrained(copied)
    with pytest.raises(UsageError, match="victim 'hf'"):
        fit(copied)


def test_another_sampling_rate_is_refused(copied: Path) -> None:
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(copied)
    with pytest.raises(UsageError, match="a model for 8000 Hz"):
        fit(copied)


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there_is_named(model: str) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        HuggingFace(model).fingerprint()


def test_a_changed_model_has_another_fingerprint_and_is_not_loaded(
    copied: Path, tmp_path: Path, wav2vec2: Callable
) -> None:
    before, fitted = HuggingFace(str(copied)).fingerprint(), fit(copied)
    (tmp_path / "kept").mkdir()
    fitted.save(tmp_path / "kept")
    wav2vec2(copied, labels=IDS)
    assert HuggingFace(str(copied)).fingerprint() != before
    with pytest.raises(DataError, match="another files than now"):
        HuggingFace(str(copied)).load(tmp_path / "kept", sample_context())


UNREACHED = """
import os
from bench import UsageError
from victims.hf import HuggingFace
for offline in "01":
    if not os.fork():
        os.environ["HF_HUB_OFFLINE"] = offline  # read when the hub's library is imported
        try:
            HuggingFace("somebody/ser-model").fingerprint()
        except UsageError as error:
            print(offline, error, flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_hub_out_of_reach_is_said(tmp_path: Path) -> None:
    """Whether the hub's library asks it or is told to stay offline."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", UNREACHED],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
    )
    said = done.stdout.splitlines()
    assert [line[:2] for line in said] == ["0 ", "1 "], done.stderr
    for line in said:
        assert "neither a folder here nor to be had from the hub" in line
        assert "give hf:FOLDER" in line
