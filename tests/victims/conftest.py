"""What the tests of victims share: how one is asked, what its answers have to hold, and a real encoder that is tiny."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench import Batch, Utterance, Victim
from bench.modelling.seeding import seeded
from bench.testing import TASK, TOLERANCE


@pytest.fixture(scope="session")
def asked() -> Callable[[Victim, Sequence[Utterance]], Tensor]:
    """Its log-probabilities, shape (n, c), of utterances that are asked about together."""

    def ask(victim: Victim, utterances: Sequence[Utterance]) -> Tensor:
        with torch.no_grad():
            return victim.log_probs(Batch.of(utterances))

    return ask


@pytest.fixture(scope="session")
def right(asked: Callable) -> Callable[[Victim, Sequence[Utterance]], float]:
    """Which share of utterances it labels rightly; chance is 0.25."""

    def share(victim: Victim, utterances: Sequence[Utterance]) -> float:
        truth = torch.tensor([TASK.classes.index(str(utterance.emotion)) for utterance in utterances])
        return float((asked(victim, utterances).argmax(dim=1) == truth).float().mean())

    return share


@pytest.fixture(scope="session")
def check_alone(asked: Callable) -> Callable[[Victim, Sequence[Utterance]], None]:
    """One at a time and all together: the same labels, and log-probabilities equal to 1e-4."""

    def check(victim: Victim, utterances: Sequence[Utterance]) -> None:
        alone = torch.cat([asked(victim, [utterance]) for utterance in utterances])
        together = asked(victim, utterances)
        assert float((alone - together).abs().max()) <= TOLERANCE
        assert torch.equal(alone.argmax(dim=1), together.argmax(dim=1))

    return check


@pytest.fixture(scope="session")
def check_padding() -> Callable[[Victim, Utterance, int], None]:
    """Zeros after an utterance's end change no log-probability by more than 1e-4."""

    def check(victim: Victim, utterance: Utterance, extra: int) -> None:
        wave, lengths = utterance.waveform, torch.tensor([len(utterance.waveform)])
        with torch.no_grad():
            alone = victim.log_probs(Batch((utterance,), wave[None], lengths))
            padded = victim.log_probs(Batch((utterance,), torch.nn.functional.pad(wave, (0, extra))[None], lengths))
        assert float((alone - padded).abs().max()) <= TOLERANCE

    return check


WAV2VEC2 = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "conv_dim": (8, 8, 16),
    "conv_stride": (10, 8, 4),
    "conv_kernel": (20, 16, 8),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}


@pytest.fixture(scope="session")
def wav2vec2() -> Callable[..., Path]:
    """Write a tiny wav2vec 2.0, with a classifier where its labels are given.

    Normalised by "layer" it takes an attention mask; by "group", as wav2vec2-base is, it hears the padding.
    """
    transformers = pytest.importorskip("transformers")

    def write(
        folder: Path,
        norm: str = "layer",
        labels: dict[int, str] | None = None,
        tune: Callable[[Any, Any], None] = lambda network, extractor: None,
    ) -> Path:
        head = {} if labels is None else {"id2label": labels, "num_labels": len(labels), "classifier_proj_size": 16}
        make = transformers.Wav2Vec2Model if labels is None else transformers.Wav2Vec2ForSequenceClassification
        layer = norm == "layer"
        config = transformers.Wav2Vec2Config(**WAV2VEC2, **head, feat_extract_norm=norm, do_stable_layer_norm=layer)
        extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=layer, do_normalize=True)
        with seeded("wav2vec2"):
            network = make(config)
            tune(network.eval(), extractor)  # no dropout: it is too small for that
        network.save_pretrained(folder)
        extractor.save_pretrained(folder)
        return folder

    return write
