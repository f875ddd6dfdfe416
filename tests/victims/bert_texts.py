"""A tiny BERT, and texts to read with it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import Utterance
from bench.modelling.seeding import seeded
from bench.testing import sample_context
from victims.bert_text import BertText

transformers = pytest.importorskip("transformers")
SAID = {
    "anger": ("get out of here", "i hate this", "how dare you"),
    "happiness": ("what a lovely day", "i love it", "great fun"),
    "sadness": ("i miss her so", "she died alone", "all is lost"),
    "neutral": ("the table is round", "it is five now", "open the door"),
}


def made_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert(tmp_path_factory.mktemp("bert") / "tiny")


def bert(folder: Path) -> Path:
    """Write a tiny BERT whose words are those of `SAID`."""
    words = sorted({word for texts in SAID.values() for text in texts for word in text.split()})
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *"abcdefghijklmnopqrstuvwxyz"]
    tokenizer = transformers.BertTokenizer(vocab={word: n for n, word in enumerate(dict.fromkeys(entries))})
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    with seeded("bert"):
        network = transformers.BertModel(config)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def said(text: str | None, emotion: str = "anger") -> Utterance:
    return Utterance(f"said-{text}", torch.zeros(0), "somebody", transcript=text, emotion=emotion)


def corpus() -> list[Utterance]:
    return [said(text, emotion) for emotion, texts in SAID.items() for text in texts]


def made_fitted(tiny: Path) -> Any:
    return BertText(str(tiny), max_epochs=40, batch_size=4, learning_rate=1e-3).fit(
        corpus(), corpus(), sample_context()
    )


@cache
def untrained(folder: Path, frozen: bool) -> Any:
    return BertText(str(folder), frozen=frozen, max_epochs=1).fit(corpus()[:2], corpus()[:2], sample_context())
