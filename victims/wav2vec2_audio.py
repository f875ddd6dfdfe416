"""P3's sound victim (section 4.2): wav2vec 2.0, dense layers of 512 and 256 units, softmax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from bench import SAMPLE_RATE, FitContext, UsageError, Utterance, within
from bench.modelling.pretrained.encoders import Front
from bench.modelling.pretrained.heads import OnEncoder
from bench.modelling.pretrained.hub import ModelSource

_NAME = "wav2vec2_audio"
_WHERE = f"victim {_NAME!r}"
_SOURCE = ModelSource(
    _WHERE,
    "hf",
    ("config.json", "preprocessor_config.json"),
    "fetch it where there is a network (hf download NAME --local-dir FOLDER) and give encoder=FOLDER",
)
_SHORTEST = SAMPLE_RATE // 10
_MARKED = 256


@dataclass(frozen=True)
class Wav2vec2Audio(OnEncoder):
    """A wav2vec 2.0 encoder over the sound, averaged over its frames, and P3's dense layers of 512 and 256 units.

    Weighted cross-entropy, Adam, the epoch with the lowest validation loss. The waveform is normalised as the encoder's
    own `preprocessor_config.json` says. Any encoder of transformers that takes waveforms will do: HuBERT, WavLM.

    Args:
        encoder: a folder that `save_pretrained` wrote, or a name on the hub; P3's.
        frozen: the encoder stays as it is, and the dense layers alone are trained. P3 trains it all (false), which
            wants a GPU; there it is trained in mixed precision (bfloat16).
        max_samples: what comes after so many samples at 16 kHz is cut off; P3: 246,000, or 15.4 s. At least 1600.
        dropout: after each dense layer.
        learning_rate: Adam's. None: P3's 1e-6 where all is trained, 1e-4 where the encoder is frozen.
        batch_size: utterances a training step.
        max_epochs: P3 names none.
        patience: epochs without a lower validation loss.
        revision: of a name on the hub: a commit, so that the same encoder is fetched on every machine.

    Differences to the original: P3 pads every utterance to 246,000 samples, and wav2vec 2.0 base, which normalises over
    time and takes no attention mask, hears the padding. Here every utterance goes through the encoder at its own
    length, and the mean is over its own frames: no answer depends on padding or on the batch, and an utterance of 4 s
    takes a quarter of the time. Frozen by default. P3 names no optimizer (Adam here). Its class weights are
    "proportional to the number of instances"; read as inversely. The encoder's own masking of stretches while it is
    trained (SpecAugment) is off: it fails on short utterances and draws from a global generator.
    """

    encoder: str = "facebook/wav2vec2-base"
    frozen: bool = True
    max_samples: int = 246_000
    dropout: float = 0.2
    learning_rate: float | None = None
    batch_size: int = 8
    max_epochs: int = 100
    patience: int = 10
    revision: str = "main"
    name: ClassVar[str] = _NAME
    source: ClassVar[ModelSource] = _SOURCE

    def __post_init__(self) -> None:
        within(_WHERE, "max_samples", self.max_samples, "P3 has 246000", at_least=_SHORTEST)
        self.head.check(_WHERE)

    def folder(self) -> Path:
        """Find the encoder's folder."""
        return _SOURCE.folder(self.encoder, self.revision)

    def front(self, context: FitContext) -> Front:
        """Give the encoder, loaded: one that stays as it is, once for all."""
        make = _shared if self.frozen else _front
        return make(self.folder(), self.fingerprint(), self.max_samples, context.device)


def _front(folder: Path, fingerprint: str, max_samples: int, device: torch.device) -> Front:
    extractor = _SOURCE.read("AutoFeatureExtractor", folder)
    encoder = _SOURCE.encoder(folder)
    encoder.config.apply_spec_augment = False  # type: ignore[union-attr]
    return Front(encoder, EncoderInput(extractor, max_samples, folder), fingerprint, device)


_shared = lru_cache(maxsize=2)(_front)
"""An encoder that stays as it is serves every victim on it, and keeps what it said of utterances."""


class EncoderInput:
    """Waveforms as an encoder takes them.

    Args:
        extractor: of the encoder.
        max_samples: what comes after them is cut off.
        folder: of the encoder, for messages.
    """

    together: ClassVar[int] = 1

    def __init__(self, extractor: Any, max_samples: int, folder: Path) -> None:
        self._extractor, self._max_samples = extractor, max_samples
        where = f"{_WHERE}, {folder}"
        rate = extractor.to_dict().get("sampling_rate", SAMPLE_RATE)
        if rate != SAMPLE_RATE:
            raise UsageError(where, f"an encoder for {rate} Hz", f"{SAMPLE_RATE} Hz", "choose another")
        given = extractor(np.zeros(_SHORTEST, np.float32), sampling_rate=rate, return_tensors="np")
        shape = np.shape(given.get("input_values"))
        if shape != (1, _SHORTEST):
            found = f"inputs {', '.join(given)} of shape {shape}"
            raise UsageError(where, found, "an encoder of waveforms", "choose one of wav2vec 2.0's kind")

    def mark(self, utterance: Utterance) -> tuple[int, bytes]:
        """Return the length and some samples from all over: almost nothing that is done to a waveform leaves them X"""
        heard = utterance.waveform[: self._max_samples]
        some = heard[:: 1 + len(heard) // _MARKED].detach().cpu().numpy().astype(np.float32, copy=False)
        return len(heard), some.tobytes()

    def read(self, utterance: Utterance) -> Tensor:
        """Read normalised samples, shape (n,), from 1600 to `max_samples`; zeros after a shorter waveform's end."""
        waveform = utterance.waveform[: self._max_samples].detach().cpu().numpy().astype(np.float32, copy=False)
        if len(waveform) < _SHORTEST:
            waveform = np.pad(waveform, (0, _SHORTEST - len(waveform)))
        found = self._extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="np")["input_values"][0]
        return torch.from_numpy(np.asarray(found, np.float32))

    def embed(self, encoder: nn.Module, inputs: Tensor, counts: Tensor) -> Tensor:
        """Encode samples (b, n), of which `counts` (b,) are real, as vectors (b, d): equally long ones together."""
        rows: list[Tensor] = [inputs.new_empty(0)] * len(inputs)
        known = counts.tolist()
        for count in sorted(set(known)):
            chosen = [index for index, one in enumerate(known) if one == count]
            means = encoder(inputs[chosen, :count]).last_hidden_state.mean(dim=1)
            for index, row in zip(chosen, means, strict=True):
                rows[index] = row
        return torch.stack(rows)
