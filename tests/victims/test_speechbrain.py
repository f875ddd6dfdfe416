"""Folders that SpeechBrain's interfaces read: stand-ins with the files and names of weights of the published recipe for
emotion recognition on IEMOCAP, on a tiny wav2vec 2.0."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from bench import UsageError
from bench.core.errors import BenchError
from bench.modelling.pretrained.tagged_yaml import tagged_yaml
from bench.testing import check_victim, sample_context, sample_utterances
from victims.speechbrain import FittedSpeechBrain, SpeechBrain

transformers = pytest.importorskip("transformers")

WIDTH, ONE = 16, sample_utterances(1, 1)[:1]
BRIEF = None
HYPERPARAMS = """
# Hparams NEEDED
HPARAMS_NEEDED: ["encoder_dim", "softmax", "label_encoder"]
MODULES_NEEDED: ["wav2vec2", "avg_pool", "output_mlp"]
sample_rate: 16000
encoder_dim: 16
out_n_neurons: 4
pretrained_path: speechbrain/emotion-recognition-wav2vec2-IEMOCAP
wav2vec2_hub: {source}

wav2vec2: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2
    source: !ref <wav2vec2_hub>
    output_norm: {norm}
    freeze: True
    save_path: wav2vec2_checkpoints

avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: {std}

output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: !ref <encoder_dim>
    n_neurons: !ref <out_n_neurons>
    bias: False

model: !new:torch.nn.ModuleList
    - [!ref <output_mlp>]

softmax: !new:speechbrain.nnet.activations.Softmax
label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder

modules:
    wav2vec2: !ref <wav2vec2>
    output_mlp: !ref <output_mlp>
    avg_pool: !ref <avg_pool>

pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        wav2vec2: !ref <wav2vec2>
        model: !ref <model>
        label_encoder: !ref <label_encoder>
    paths:
        wav2vec2: !ref <pretrained_path>/wav2vec2.ckpt
        model: !ref <pretrained_path>/model.ckpt
        label_encoder: !ref <pretrained_path>/label_encoder.txt
"""
LABELS = "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n================\n'starting_index' => 0\n"


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, wav2vec2: Callable) -> Path:
    return wav2vec2(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def folder(encoder: Path, tmp_path: Path) -> Callable[..., Path]:
    """The published files; the weight norm by its older names, as torch had them then."""

    def write(norm: bool = True, std: bool = False) -> Path:
        old = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
        weights = {}
        for name, tensor in load_file(encoder / "model.safetensors").items():
            former = next((name.replace(new, former) for new, former in old.items() if new in name), name)
            weights["model." + former] = tensor
        made = tmp_path / "recipe"
        made.mkdir()
        torch.save(weights, made / "wav2vec2.ckpt")
        torch.save({"0.w.weight": drawn(4, WIDTH * (1 + std))}, made / "model.ckpt")
        (made / "hyperparams.yaml").write_text(HYPERPARAMS.format(source=encoder, norm=norm, std=std))
        (made / "label_encoder.txt").write_text(LABELS)
        (made / "custom_interface.py").write_text("raise SystemExit('code of the model ran')\n")
        return made

    return write


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))) / 2


def fit(folder: Path, **parameters: Any) -> FittedSpeechBrain:
    train = sample_utterances(key="train")
    return SpeechBrain(str(folder), **parameters).fit(train, train, sample_context())


def by_hand(encoder: Path, norm: bool, std: bool) -> Tensor:
    """Probabilities of neutral, anger, happiness, sadness, as the recipe has it, by transformers itself."""
    waveform = ONE[0].waveform[None]
    centred = waveform - waveform.mean()
    with torch.no_grad():
        network = transformers.AutoModel.from_pretrained(encoder).eval()
        frames = network(centred / (waveform.var(correction=0) + 1e-5).sqrt()).last_hidden_state[0]
    if norm:
        frames = (frames - frames.mean()) / (frames.var(correction=0) + 1e-5).sqrt()
    pooled = torch.cat([frames.mean(dim=0), *([frames.std(dim=0) + 1e-5] if std else [])])
    return (drawn(4, len(pooled)) @ pooled).softmax(dim=0)


def test_it_conforms(folder: Callable) -> None:
    check_victim(SpeechBrain(str(folder()), normalize="utterance"))


@pytest.mark.parametrize(("norm", "std"), [(True, False), (False, True)])
def test_it_is_the_recipe(folder: Callable, encoder: Path, asked: Callable, norm: bool, std: bool) -> None:
    said = asked(fit(folder(norm, std), normalize="utterance"), ONE)[0].exp()
    neutral, anger, happiness, sadness = by_hand(encoder, norm, std)
    assert torch.allclose(said, torch.stack([anger, happiness, sadness, neutral]), atol=1e-6)


def test_how_a_waveform_is_normalised_is_the_encoders_to_say(folder: Callable, encoder: Path, asked: Callable) -> None:
    made = folder()
    said = [asked(fit(made, **chosen), ONE) for chosen in ({}, {"normalize": "utterance"}, {"normalize": "none"})]
    own = transformers.AutoFeatureExtractor.from_pretrained(encoder).do_normalize
    assert torch.equal(said[0], said[1 if own else 2])
    assert not torch.equal(said[1], said[2])


def test_settings_name_code_and_are_data() -> None:
    read = tagged_yaml("a: !new:os.system [echo]\nb: !apply:os.system {command: !ref <a>}\nc: !PLACEHOLDER\n")
    assert [(one.tag, one.name) for one in read.values()] == [
        ("new:os.system", "system"),
        ("apply:os.system", "system"),
        ("PLACEHOLDER", "PLACEHOLDER"),
    ]


class Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code of the model ran",)


def edited(old: str, new: str) -> Callable[[Path], object]:
    def edit(made: Path) -> None:
        text = (made / "hyperparams.yaml").read_text()
        assert old in text
        (made / "hyperparams.yaml").write_text(text.replace(old, new))

    return edit


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no settings": (lambda made: (made / "hyperparams.yaml").unlink(), r"no hyperparams.yaml"),
    "no YAML": (lambda made: (made / "hyperparams.yaml").write_text("a: ["), r"no usable hyperparams.yaml"),
    "no labels": (lambda made: (made / "label_encoder.txt").unlink(), r"no label_encoder.txt"),
    "labels of another form": (lambda made: (made / "label_encoder.txt").write_text("neu=0\n"), r"the line 'neu=0'"),
    "labels that are code": (
        lambda made: (made / "label_encoder.txt").write_text("__import__('os') => 0\n"),
        r"lines such as 'neu' => 0",
    ),
    "too few labels": (lambda made: (made / "label_encoder.txt").write_text("'ang' => 0\n"), r"1 labels .* 4 outputs"),
    "no weights": (lambda made: (made / "model.ckpt").unlink(), r"no model.ckpt"),
    "weights that run": (
        lambda made: (made / "model.ckpt").write_bytes(pickle.dumps({"0.w.weight": Runs()})),
        r"no weights that can be read",
    ),
    "a weight without a place": (
        lambda made: torch.save(
            {"0.w.weight": drawn(4, WIDTH), "0.w.bias": drawn(4), "1.w.weight": drawn(4, 4)}, made / "model.ckpt"
        ),
        r"found no place: 1.w.weight \(4, 4\)",
    ),
    "another encoder": (
        lambda made: torch.save({"model.masked_spec_embed": drawn(WIDTH)}, made / "wav2vec2.ckpt"),
        r"no weights for model.feature_extractor",
    ),
    "another network": (
        edited("speechbrain.nnet.pooling.StatisticsPooling", "speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN"),
        r"the modules avg_pool \(ECAPA_TDNN\).*python:FILE.py:OBJECT",
    ),
    "a reference to nothing": (
        edited("source: !ref <wav2vec2_hub>", "source: !ref <nothing>"),
        r"reference to 'nothing'",
    ),
    "a reference in a circle": (edited("modules:\n", "m: !ref <m>\nmodules:\n    x: !ref <m>\n"), r"round in a circle"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(folder: Callable, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (spoil, said), made = WRONG[name], folder()
    spoil(made)
    with pytest.raises(BenchError, match=said):
        fit(made, normalize="none")
    assert "code of the model" not in capsys.readouterr().out


def test_an_encoder_without_settings_of_its_own_is_named(folder: Callable, tmp_path: Path, encoder: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "config.json").write_bytes((encoder / "config.json").read_bytes())
    with pytest.raises(UsageError, match=r"whether a waveform is normalised.*normalize=utterance"):
        fit(folder(), encoder=str(bare))
    with pytest.raises(UsageError, match="no such folder"):
        fit(tmp_path / "nowhere")
