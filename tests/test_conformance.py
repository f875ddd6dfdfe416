"""Every registered component passes the checks that plug-in authors run; a new one is tested without writing a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contracts.registry import KINDS, Registry
from bench.core.progress import SILENT
from bench.testing import check_attack, check_component, check_dataset, check_defense, check_victim
from victims.cnn_gru import CnnGru

BUILT_IN = Registry.discover()
SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
BRIEF = {
    "alexnet_spectrogram": "alexnet_spectrogram:image_size=63,width=0.0625,max_epochs=2",
    "bert_text": "bert_text:max_epochs=3",
    "cnn_gru": "cnn_gru:max_epochs=3",
    "lstm_egemaps": "lstm_egemaps:max_epochs=3",
    "multimodal": "multimodal:text=bert_text:max_epochs=2,audio=cnn_gru:max_epochs=2,max_epochs=2",
}
BRIEF_DEFENSES = {
    "gan_purification": "gan_purification:hidden=8,pretrain_epochs=2,max_epochs=2",
    "manipulation_detector": "manipulation_detector:copies=2,max_epochs=3,hidden=8",
    "smoothing": "smoothing:copies=5,alpha=0.1",
}


def test_every_kind_has_built_ins() -> None:
    assert all(BUILT_IN.names(kind) for kind in KINDS)


BORROWED = ("exported", "hf", "http", "onnx", "python", "wav2vec2_audio")
"""Victims that need a model of the user's: their own tests run the same check on a real one."""


@pytest.mark.parametrize("name", [name for name in BUILT_IN.names("victims") if name not in BORROWED])
def test_victim(name: str) -> None:
    check_victim(BUILT_IN.build("victims", BRIEF.get(name, name)))


@pytest.mark.parametrize("name", [name for name in BUILT_IN.names("victims") if name in BORROWED])
def test_a_borrowed_model_is_checked_where_there_is_one(name: str) -> None:
    own = Path(__file__).parent / "victims" / f"test_{name}.py"
    assert "check_victim(" in own.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BUILT_IN.names("attacks"))
def test_attack(name: str) -> None:
    check_attack(BUILT_IN.build("attacks", name))


@pytest.mark.parametrize("name", BUILT_IN.names("defenses"))
def test_defense(name: str) -> None:
    check_defense(BUILT_IN.build("defenses", BRIEF_DEFENSES.get(name, name)), SMALL)


@pytest.mark.parametrize("name", [*BUILT_IN.names("corpora"), *BUILT_IN.names("noise_banks")])
def test_reader(name: str) -> None:
    kind = "corpora" if name in BUILT_IN.names("corpora") else "noise_banks"
    check_component(BUILT_IN.build(kind, name))


def test_the_embedded_corpus() -> None:
    check_dataset(BUILT_IN.build("corpora", "synthetic").read(SILENT))
