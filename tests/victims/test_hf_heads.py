"""Heads that transformers' own classes leave out: stand-ins with the names of weights that the field's checkpoints
have, on a tiny wav2vec 2.0."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench import Batch, UsageError
from bench.data.tasks import task_named
from bench.testing import check_victim, sample_context, sample_utterances
from victims.hf import FittedHuggingFace, HuggingFace

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

transformers = pytest.importorskip("transformers")

WIDTH = 16
IDS = {"0": "angry", "1": "happy", "2": "sad", "3": "neutral"}
ONE = sample_utterances(1, 1)[:1]


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))) / 2


def layer(name: str, outputs: int, inputs: int) -> dict[str, Tensor]:
    return {f"{name}.weight": drawn(outputs, inputs), f"{name}.bias": drawn(outputs)}


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, wav2vec2: Callable) -> Path:
    return wav2vec2(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def checkpoint(encoder: Path, tmp_path: Path) -> Callable[..., Path]:
    """The encoder under a prefix, its weight norm by its older names, a head, and settings."""

    def write(
        head: Mapping[str, Tensor], settings: Mapping[str, Any], prefix: str = "wav2vec2.", whole: bool = True
    ) -> Path:
        old = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
        weights = {}
        for name, tensor in load_file(encoder / "model.safetensors").items():
            former = next((name.replace(new, former) for new, former in old.items() if new in name), name)
            weights[prefix + former] = tensor
        folder = tmp_path / "checkpoint"
        folder.mkdir()
        save_file({**weights, **head}, folder / "model.safetensors")
        own = json.loads((encoder / "config.json").read_text()) if whole else {}
        (folder / "config.json").write_text(json.dumps({**own, **settings}))
        if whole:
            (folder / "preprocessor_config.json").write_text((encoder / "preprocessor_config.json").read_text())
        return folder

    return write


@pytest.fixture
def frames(encoder: Path) -> Callable[[Tensor], Tensor]:
    """The encoder's frames of one waveform, shape (t, d), by transformers itself."""
    network = transformers.AutoModel.from_pretrained(encoder).eval()

    def of(waveform: Tensor) -> Tensor:
        with torch.no_grad():
            return network(waveform[None]).last_hidden_state[0]

    return of


def normalised(waveform: Tensor) -> Tensor:
    return (waveform - waveform.mean()) / torch.sqrt(waveform.var(correction=0) + 1e-7)


def fit(folder: Path, task: str = "ahsn", **parameters: Any) -> FittedHuggingFace:
    context = replace(sample_context(), task=task_named(task))
    train = sample_utterances(key="train")
    return HuggingFace(str(folder), **parameters).fit(train, train, context)


def answer(folder: Path, **parameters: Any) -> Tensor:
    return fit(folder, **parameters).log_probs(Batch.of(ONE))[0]


DENSE = layer("classifier.dense", WIDTH, WIDTH)


@pytest.mark.parametrize("last", ["out_proj", "output"])
def test_the_mean_then_dense_tanh_and_out(checkpoint: Callable, frames: Callable, last: str) -> None:
    out = layer(f"classifier.{last}", 4, WIDTH)
    folder = checkpoint({**DENSE, **out}, {"id2label": IDS, "architectures": ["Wav2Vec2ForSpeechClassification"]})
    mean = frames(normalised(ONE[0].waveform)).mean(dim=0)
    hidden = torch.tanh(DENSE["classifier.dense.weight"] @ mean + DENSE["classifier.dense.bias"])
    logits = out[f"classifier.{last}.weight"] @ hidden + out[f"classifier.{last}.bias"]
    assert torch.allclose(answer(folder), logits.log_softmax(dim=0), atol=1e-5)
    if last == "out_proj":
        check_victim(HuggingFace(str(folder)))
    linear = DENSE["classifier.dense.weight"] @ mean + DENSE["classifier.dense.bias"]
    logits = out[f"classifier.{last}.weight"] @ linear + out[f"classifier.{last}.bias"]
    assert torch.allclose(answer(folder, activation="none"), logits.log_softmax(dim=0), atol=1e-5)


def test_a_ctc_head_is_pooled_and_has_its_vocabulary(checkpoint: Callable, frames: Callable) -> None:
    head = layer("lm_head", 6, WIDTH)
    folder = checkpoint(head, {"architectures": ["Wav2Vec2ForCTC"]})
    vocabulary = {"<pad>": 0, "<unk>": 1, "ANG": 2, "HAP": 3, "SAD": 4, "NEU": 5}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    logits = (frames(normalised(ONE[0].waveform)) @ head["lm_head.weight"].T + head["lm_head.bias"]).mean(dim=0)
    assert torch.allclose(answer(folder), logits[2:].log_softmax(dim=0), atol=1e-5)


def odyssey(outputs: int) -> dict[str, Tensor]:
    norm = {"ser_model.fc.0.1.weight": drawn(WIDTH), "ser_model.fc.0.1.bias": drawn(WIDTH)}
    return {
        **layer("pool_model.sap_linear", WIDTH, WIDTH),
        "pool_model.attention": drawn(WIDTH, 1),
        **layer("ser_model.fc.0.0", WIDTH, 2 * WIDTH),
        **norm,
        **layer("ser_model.out.0", outputs, WIDTH),
    }


def test_attentive_statistics_and_constants_of_the_models_own(
    checkpoint: Callable, frames: Callable, encoder: Path
) -> None:
    """As the baseline of Odyssey 2024 is saved, with code that is not run."""
    head = odyssey(4)
    settings = {"model_type": "ser", "auto_map": {"AutoModel": "x.SERModel"}, "mean": 0.001, "std": 0.08}
    folder = checkpoint(head, {**settings, "id2label": IDS, "ssl_type": str(encoder)}, "ssl_model.", whole=False)
    (folder / "x.py").write_text("raise SystemExit('it ran')")
    values = frames((ONE[0].waveform - 0.001) / (0.08 + 1e-6))
    scores = torch.tanh(values @ head["pool_model.sap_linear.weight"].T + head["pool_model.sap_linear.bias"])
    share = (scores @ head["pool_model.attention"]).softmax(dim=0)
    mean = (values * share).sum(dim=0)
    spread = ((values**2 * share).sum(dim=0) - mean**2).clamp(min=1e-5).sqrt()
    hidden = head["ser_model.fc.0.0.weight"] @ torch.cat([mean, spread]) + head["ser_model.fc.0.0.bias"]
    norm = (head["ser_model.fc.0.1.weight"], head["ser_model.fc.0.1.bias"])
    hidden = torch.nn.functional.layer_norm(hidden, (WIDTH,), *norm).relu()
    logits = head["ser_model.out.0.weight"] @ hidden + head["ser_model.out.0.bias"]
    assert torch.allclose(answer(folder), logits.log_softmax(dim=0), atol=1e-4)
    check_victim(HuggingFace(str(folder)))


def test_a_hub_mixin_is_told_what_it_does_not_say(checkpoint: Callable, frames: Callable, encoder: Path) -> None:
    """PyTorchModelHubMixin: weights, and a config.json with the arguments of somebody's class."""
    head = {**layer("head.0", 8, WIDTH), **layer("head.3", 4, 8)}
    folder = checkpoint(head, {"num_classes": 4, "dropout": 0.1}, "backbone.", whole=False)
    with pytest.raises(UsageError, match=r"no settings of the encoder.*encoder=FOLDER"):
        fit(folder)
    told: dict[str, Any] = {"encoder": str(encoder)}
    with pytest.raises(UsageError, match=r"dense layers head\.0, head\.3, and nothing that says.*activation=tanh"):
        fit(folder, **told)
    told["activation"] = "relu"
    with pytest.raises(UsageError, match=r"neither preprocessor_config\.json nor mean and std.*normalize=none"):
        fit(folder, **told)
    told["normalize"] = "utterance"
    with pytest.raises(UsageError, match=r"no labels for 4 outputs"):
        fit(folder, **told)
    told["labels"] = ("neutral", "sad", "happy", "angry")
    mean = frames(normalised(ONE[0].waveform)).mean(dim=0)
    hidden = (head["head.0.weight"] @ mean + head["head.0.bias"]).relu()
    logits = head["head.3.weight"] @ hidden + head["head.3.bias"]
    assert torch.allclose(answer(folder, **told), logits.flip(0).log_softmax(dim=0), atol=1e-5)
    assert HuggingFace(str(folder), **told).fingerprint() != HuggingFace(str(folder)).fingerprint()
    config = json.loads((encoder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({"encoder_config": config, "id2label": IDS}))
    inside = answer(folder, activation="relu", normalize="utterance")
    assert torch.allclose(inside, logits.log_softmax(dim=0), atol=1e-5)


def test_weights_that_found_no_place_are_named(checkpoint: Callable) -> None:
    head = {**DENSE, **layer("classifier.out_proj", 4, WIDTH), "classifier.gate.scale": drawn(3)}
    with pytest.raises(UsageError, match=r"weights that found no place: classifier\.gate\.scale \(3,\)") as raised:
        fit(checkpoint(head, {"id2label": IDS}))
    assert "bare encoder" not in str(raised.value)


def test_a_head_that_nobody_knows_is_named_where_transformers_finds_none(checkpoint: Callable) -> None:
    head = layer("emotion_head.proj", 4, WIDTH)
    settings = {"id2label": IDS, "architectures": ["Wav2Vec2ForSequenceClassification"]}
    with pytest.raises(UsageError, match=r"no weights for classifier.*no place: emotion_head\.proj\.bias") as raised:
        fit(checkpoint(head, settings))
    assert "bare encoder" not in str(raised.value)


def test_another_encoders_settings_are_named(checkpoint: Callable) -> None:
    head = {**DENSE, **layer("classifier.out_proj", 4, WIDTH)}
    with pytest.raises(UsageError, match=r"no weights for wav2vec2\.encoder\.layers\.1.*encoder=FOLDER"):
        fit(checkpoint(head, {"id2label": IDS, "num_hidden_layers": 2}))


DIMENSIONS = {"0": "arousal", "1": "dominance", "2": "valence"}


def test_numbers_are_read_as_rated_bins(checkpoint: Callable, frames: Callable) -> None:
    """As audEERING's model is saved: arousal, dominance and valence from 0 to 1."""
    out = layer("classifier.out_proj", 3, WIDTH)
    out["classifier.out_proj.bias"] += torch.tensor([0.2, 0.5, 0.9])
    folder = checkpoint({**DENSE, **out}, {"id2label": DIMENSIONS, "problem_type": "regression"})
    mean = frames(normalised(ONE[0].waveform)).mean(dim=0)
    hidden = torch.tanh(DENSE["classifier.dense.weight"] @ mean + DENSE["classifier.dense.bias"])
    values = out["classifier.out_proj.weight"] @ hidden + out["classifier.out_proj.bias"]
    for task, value in (("activation3", values[0]), ("valence3", values[2])):
        rating = 1 + 4 * float(value)
        rows = fit(folder, task).log_probs(Batch.of(ONE)).exp()
        assert rows.argmax() == sum(rating > edge for edge in (2.75, 3.25))
        assert float(rows.max()) == pytest.approx(0.999, abs=1e-4)
        low, high = float(value) - 0.5, float(value) + 0.5
        assert fit(folder, task, low=low, high=high).log_probs(Batch.of(ONE)).argmax() == 1, "in the middle"
    with pytest.raises(UsageError, match=r"a model of numbers: arousal, dominance, valence.*--task activation3"):
        fit(folder)
    with pytest.raises(UsageError, match="'high'"):
        HuggingFace(str(folder), low=1.0)


def test_numbers_answer_a_dimensional_task(checkpoint: Callable, frames: Callable) -> None:
    """The output whose name is the task's attribute, from 0 to 1, on the task's scale."""
    out = layer("classifier.out_proj", 3, WIDTH)
    folder = checkpoint({**DENSE, **out}, {"id2label": DIMENSIONS, "problem_type": "regression"})
    mean = frames(normalised(ONE[0].waveform)).mean(dim=0)
    hidden = torch.tanh(DENSE["classifier.dense.weight"] @ mean + DENSE["classifier.dense.bias"])
    values = (out["classifier.out_proj.weight"] @ hidden + out["classifier.out_proj.bias"]).tolist()
    for task, value in (("activation", values[0]), ("dominance", values[1]), ("valence", values[2])):
        assert fit(folder, task).values(Batch.of(ONE)).tolist() == pytest.approx([1 + 4 * value], abs=1e-4)
    own = fit(folder, "valence", low=-1.0, high=1.0).values(Batch.of(ONE)).tolist()
    assert own == pytest.approx([3 + 2 * values[2]], abs=1e-4)


def test_a_model_of_classes_answers_no_numbers(checkpoint: Callable) -> None:
    classes = checkpoint({**DENSE, **layer("classifier.out_proj", 4, WIDTH)}, {"id2label": IDS})
    with pytest.raises(UsageError, match=r"a model of classes: .*; expected numbers, for task 'valence'"):
        fit(classes, "valence")
