"""Folders of models that are meant badly, or not fetched whole: refused by name before a library reads them."""

from __future__ import annotations

import json
import os
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import UsageError
from bench.testing import sample_context, sample_utterances
from victims.hf import HuggingFace

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, wav2vec2: Callable) -> Path:
    return wav2vec2(tmp_path_factory.mktemp("hf") / "whole", labels=dict(enumerate(("ang", "hap", "sad", "neu"))))


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


def refusal(folder: Path) -> str:
    begun = time.monotonic()
    with pytest.raises(UsageError) as said:
        HuggingFace(str(folder)).loaded(sample_context())
    assert time.monotonic() - begun < 10
    assert len(str(said.value)) < 1_500
    return str(said.value)


def change(file: Path, **settings: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def test_what_is_changed_here_is_a_model(copied: Path) -> None:
    train = sample_utterances(key="train")
    assert HuggingFace(str(copied)).fit(train, train, sample_context())


def test_a_model_that_cannot_run_is_refused_when_it_is_first_asked(copied: Path) -> None:
    strides = json.loads((copied / "config.json").read_text())["conv_stride"]
    change(copied / "config.json", conv_stride=[-1, *strides[1:]])
    train = sample_utterances(key="train")
    with pytest.raises(UsageError, match=r"fails when it is asked .*stride.*get a good copy"):
        HuggingFace(str(copied)).fit(train, train, sample_context())


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"_attn_implementation": "evil/kernel"}, "_attn_implementation 'evil/kernel'"),
        ({"attn_implementation": {"": "evil/kernel:f"}}, "attn_implementation 'evil/kernel:f'"),
        ({"text_config": {"_attn_implementation_internal": "paged|e/k"}}, "'paged|e/k'"),
        ({"use_kernels": True}, "use_kernels True"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantization_config"),
        ({"audio_config": {"quantization_config": {"quant_method": "gptq"}}}, "quantization_config"),
        ({"auto_map": {"AutoConfig": "evil.Config"}}, "code of the model's own"),
        ({"transformers_weights": "../out.safetensors"}, "weights in the folder itself"),
        ({"id2label": {"x": "anger"}}, "id2label"),
        ({"id2label": ["anger"]}, "id2label"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers 1000000000; expected at most 1,000"),
        ({"hidden_size": 10**30}, "hidden_size 1000"),
        ({"hidden_size": 10**400}, "a number of 401 digits"),
        ({"hidden_size": 32_768, "intermediate_size": 524_288}, "settings of a network with"),
    ],
)
def test_settings_that_reach_elsewhere_or_too_far(copied: Path, settings: dict[str, Any], found: str) -> None:
    change(copied / "config.json", **settings)
    assert found in refusal(copied)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"sampling_rate": 10**18}, "a model for 1000000000000000000 Hz"),
        ({"sampling_rate": "x" * 10_000}, "a model for 'xxx"),
        ({"feature_size": 10**9}, "feature_size 1000000000"),
        ({"auto_map": {"AutoFeatureExtractor": "evil.X"}}, "code of the model's own"),
    ],
)
def test_extractors_that_reach_too_far(copied: Path, settings: dict[str, Any], found: str) -> None:
    change(copied / "preprocessor_config.json", **settings)
    assert found in refusal(copied)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[" * 100_000, "nested too deep"),
        ("[]", "no JSON object"),
        (f'{{"a": {"9" * 5_000}}}', "no usable config.json"),
        (f'{{"a": "{"x" * 2**20}"}}', "config.json of 1,048,585 bytes"),
        ("\ud800", "no usable config.json"),
    ],
)
@pytest.mark.parametrize("name", ["config.json"])
def test_settings_that_are_none(copied: Path, name: str, text: str, found: str) -> None:
    (copied / name).write_bytes(text.encode(errors="surrogatepass"))
    assert found in refusal(copied)


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "model.safetensors", "extra.json"])
def test_a_pipe_is_not_waited_for(copied: Path, name: str) -> None:
    (copied / name).unlink(missing_ok=True)
    os.mkfifo(copied / name)
    assert f"{name} that is no plain file" in refusal(copied)


@pytest.mark.parametrize("name", ["../out.safetensors", "/out.safetensors", "sub/out.safetensors", "gone.safetensors"])
def test_an_index_names_what_is_beside_it(copied: Path, name: str) -> None:
    shutil.copy(copied / "model.safetensors", copied.parent / "out.safetensors")
    index = {"metadata": {}, "weight_map": {"classifier.weight": name}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    assert f"that names '{name}'" in refusal(copied)


@pytest.mark.parametrize("text", ["{}", "[]", '{"weight_map": 7}', "[" * 100_000])
def test_an_index_that_is_none(copied: Path, text: str) -> None:
    (copied / "model.safetensors.index.json").write_text(text)
    assert "no usable model.safetensors.index.json" in refusal(copied)


def header(text: str, size: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if size is None else size) + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        header("{}", 2**62),
        header('{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}'),
        header('{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}') + bytes(16),
        header('{"a":' * 10_000),
        b"",
    ],
)
def test_weights_whose_header_lies(copied: Path, content: bytes) -> None:
    (copied / "model.safetensors").write_bytes(content)
    assert "model.safetensors that cannot be read" in refusal(copied)


def test_a_pointer_is_not_the_weights(copied: Path) -> None:
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 378302360\n"
    (copied / "model.safetensors").write_text(text)
    assert "a git-lfs pointer, not the weights; expected the weights themselves; fetch them" in refusal(copied)


def test_an_adapter_is_no_model(copied: Path) -> None:
    (copied / "adapter_config.json").write_text('{"base_model_name_or_path": "/somewhere/else"}')
    assert "an adapter (adapter_config.json)" in refusal(copied)


def test_a_trainer_s_folder_names_its_checkpoints(whole: Path, tmp_path: Path) -> None:
    for name in ("checkpoint-90", "checkpoint-500"):
        shutil.copytree(whole, tmp_path / name)
    said = refusal(tmp_path)
    assert "and the folders checkpoint-90, checkpoint-500; expected weights as safetensors; give one" in said
    assert HuggingFace(said.rpartition("give one: ")[2]).fingerprint()
