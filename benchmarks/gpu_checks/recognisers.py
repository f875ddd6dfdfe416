"""The built-in victims that need no download, each fitted on the CPU and loaded on both sides: the same weights."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from bench.contracts.entries import Entry
from bench.contracts.protocols import FitContext, Victim
from bench.contracts.registry import KINDS, Registry
from bench.core.types import Utterance
from bench.modelling.seeding import seeded
from bench.referee.blinding import Blinding, Instance
from benchmarks.gpu_checks.findings import Finding, unchecked
from benchmarks.gpu_checks.speech import TASK, WORDS, noises

CPU = torch.device("cpu")
_ELSEWHERE = {
    "onnx": "onnxruntime computes, not torch",
    "http": "a service computes",
    "chat": "a service computes",
    "python": "the user's own code computes",
    "exported": "it holds one of the others",
}


@dataclass(frozen=True)
class Setting:
    """What all checks rest on.

    Args:
        device: what is checked against the CPU.
        tiny: whether sizes are those of a test.
        said: utterances that are asked about, as many as the longest check wants.
        known: others of the same speakers: victims are enrolled with these.
        train: utterances of other speakers, to learn from.
        folder: for weights.
        registry: finds components.
    """

    device: torch.device
    tiny: bool
    said: Sequence[Utterance]
    known: Sequence[Utterance]
    train: Sequence[Utterance]
    folder: Path
    registry: Registry

    @property
    def on_gpu(self) -> bool:
        """Tell whether a GPU is checked."""
        return self.device.type == "cuda"

    def context(self, device: torch.device) -> FitContext:
        """Make what a victim is fitted and loaded with."""
        return FitContext(TASK, 0, device, noises(1.0).part("train"), component=self.registry.build)

    def asked(self, count: int) -> list[Utterance]:
        """Return the first utterances, fewer in a test."""
        return list(self.said[: min(count, 8) if self.tiny else count])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return sizes of batches, the least first."""
        return (1, 3, 8) if self.tiny else (1, 16, 64, 256)

    def wait(self) -> None:
        """Wait until the device has done all that was queued."""
        if self.on_gpu:
            torch.cuda.synchronize()


@dataclass(frozen=True)
class Recogniser:
    """One victim on both sides.

    Args:
        name: in the registry.
        recipe: what it was fitted as.
        cpu: loaded and enrolled on the CPU.
        device: the same weights on the device.
    """

    name: str
    recipe: Any
    cpu: Instance
    device: Instance


def checkout() -> Registry:
    """Find the built-ins by the checkout's own pyproject.toml: it need not be installed."""
    told = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    groups = told["project"]["entry-points"]
    entries = [
        Entry(kind, name, target, "the checkout")
        for kind in KINDS
        for name, target in groups[f"serbench.{kind}"].items()
    ]
    return Registry({(one.kind, one.name): one for one in entries})


def made(setting: Setting, name: str, spec: str) -> Recogniser:
    """Fit a victim on the CPU, save it, and load it on both sides.

    Args:
        setting: device and speech.
        name: of the victim, and of its folder.
        spec: of its recipe.
    """
    recipe, folder = setting.registry.build("victims", spec), setting.folder / name
    folder.mkdir()
    recipe.fit(setting.train, setting.train, setting.context(CPU)).save(folder)
    words = name in ("bert_text", "multimodal")

    def enrolled(device: torch.device) -> Instance:
        there = [replace(one, waveform=one.waveform.to(device)) for one in setting.known]
        loaded: Victim = recipe.load(folder, setting.context(device))
        return Instance.enrolled(loaded, there, Blinding.of("gpu", [*there, *setting.said], words))

    return Recogniser(name, recipe, enrolled(CPU), enrolled(setting.device))


def specs(setting: Setting) -> tuple[dict[str, Callable[[], str]], list[Finding]]:
    """Say how each victim is made that can be, and why the others are not checked."""
    brief, small = "max_epochs=1", "channels=16,hidden=16,dense=16," if setting.tiny else ""
    image = "image_size=64,width=0.05" if setting.tiny else "image_size=128,width=0.25"
    known: dict[str, Callable[[], str]] = {
        "cnn_gru": lambda: f"cnn_gru:{small}max_epochs={1 if setting.tiny else 6}",
        "alexnet_spectrogram": lambda: f"alexnet_spectrogram:{image},{brief}",
    }
    missing = [unchecked("agreement", name, why) for name, why in _ELSEWHERE.items()]
    if find_spec("transformers"):
        known["bert_text"] = lambda: f"bert_text:encoder={_bert(setting)},{brief}"
        known["wav2vec2_audio"] = lambda: f"wav2vec2_audio:encoder={_wav2vec2(setting, 'encoder')},{brief}"
        known["hf"] = lambda: f"hf:{_wav2vec2(setting, 'classifier')}"
        heard = f"audio=cnn_gru:{small.replace(',', ',,')}{brief}"
        known["multimodal"] = lambda: f"multimodal:text=bert_text:encoder={_bert(setting)},,{brief},{heard},{brief}"
    else:
        missing += [unchecked("agreement", one, "no transformers") for one in ("bert_text", "wav2vec2_audio", "hf")]
    if find_spec("resemblyzer"):
        known["voice_encoder"] = lambda: "voice_encoder"
    else:
        missing.append(unchecked("agreement", "voice_encoder", "no resemblyzer: its wheel would have to be carried"))
    for name in ("lstm_egemaps", "svm_egemaps"):
        if find_spec("opensmile"):
            known[name] = lambda name=name: name + f":{brief}" * (name != "svm_egemaps")  # type: ignore[misc]
        else:
            missing.append(unchecked("agreement", name, "no opensmile: its wheel would have to be carried"))
    return known, missing


def _bert(setting: Setting) -> Path:
    """A seeded BERT that reads the words of the speech."""
    folder = setting.folder / "bert"
    if folder.exists():
        return folder
    transformers: Any = import_module("transformers")
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    tokenizer = transformers.BertTokenizer(vocab={word: n for n, word in enumerate(entries)})
    width, layers = (16, 1) if setting.tiny else (256, 4)
    config = transformers.BertConfig(
        vocab_size=len(entries),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=32,
    )
    with seeded("gpu bert"):
        transformers.BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _wav2vec2(setting: Setting, kind: str) -> Path:
    """A seeded wav2vec 2.0: an encoder that normalises over time, or a classifier that takes a mask."""
    folder = setting.folder / kind
    transformers: Any = import_module("transformers")
    width, layers = (16, 1) if setting.tiny else (256, 4)
    layer_wise = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "num_labels": len(TASK.classes)}
    own = {"feat_extract_norm": "group"} if kind == "encoder" else layer_wise
    config = transformers.Wav2Vec2Config(
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        conv_dim=(width,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        **own,
    )
    if kind == "classifier":
        config.id2label = dict(enumerate(TASK.classes))
    network = transformers.Wav2Vec2Model if kind == "encoder" else transformers.Wav2Vec2ForSequenceClassification
    with seeded("gpu wav2vec2"):
        network(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=kind != "encoder").save_pretrained(folder)
    return folder
