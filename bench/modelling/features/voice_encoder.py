"""Resemblyzer's voice encoder (Wan et al. 2018, GE2E): 256 numbers of an utterance, from the weights in its wheel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

from bench.core.errors import DataError, UsageError
from bench.core.types import SAMPLE_RATE
from bench.modelling.pretrained.statefile import read_state
from bench.modelling.seeding import seeded

BANDS, WINDOW, STEP, FRAMES = 40, 400, 160, 160
"""Mel bands; samples of a window and between two; frames of a partial utterance, 1.6 s."""

PARTIALS_PER_S, COVERAGE = 1.3, 0.75
"""Partial utterances begin so often; the last one must be sound to this share, unless it is the only one."""

TARGET_DBFS = -30.0
"""What is quieter is made as loud as this."""

_FILE = "resemblyzer/pretrained.pt"
_INSTALL = "pip install --no-deps 'resemblyzer>=0.1.4' (nothing that it depends on is needed), or give weights=FILE.pt"
_STATE = "model_state"
_UNUSED = ("similarity_weight", "similarity_bias")


class VoiceEncoder(nn.Module):
    """Three LSTM layers over mel frames, a dense layer, ReLU, unit length; frozen.

    Differences to the original package: silences stay in, since its voice activity detector cuts by a decision that
    an attack can flip and that no gradient or mask describes; and the partials of all utterances of a batch go through
    the network together.

    Args:
        width: of its layers, and of an embedding; the published encoder's is 256.

    Attributes:
        chunk: partial utterances that go through it at a time.
    """

    chunk: ClassVar[int] = 64
    bands: Tensor
    window: Tensor

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.width = width
        self.lstm = nn.LSTM(BANDS, width, 3, batch_first=True)
        self.linear = nn.Linear(width, width)
        self.register_buffer("bands", _mel_bands(), persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)

    @torch.no_grad()
    def forward(self, waveforms: Tensor, lengths: Sequence[int]) -> Tensor:
        """Embed utterances; a row depends neither on the others nor on padding.

        Args:
            waveforms: shape (b, t), at 16 kHz, in [-1, 1], zeros after each one's end.
            lengths: in samples.

        Returns:
            Shape (b, width), each of length 1.
        """
        parts, whose = [], []
        for row, (waveform, length) in enumerate(zip(waveforms, lengths, strict=True)):
            found = self._partials(waveform[:length])
            parts.append(found)
            whose += [row] * len(found)
        embedded = torch.cat([self._embedded(some) for some in torch.split(torch.cat(parts), self.chunk)])
        places = torch.tensor(whose, device=embedded.device)
        total = torch.zeros(len(waveforms), self.width, device=embedded.device).index_add(0, places, embedded)
        return nn.functional.normalize(total, dim=1)

    def _partials(self, waveform: Tensor) -> Tensor:
        """An utterance's partials as mel frames, shape (p, 160, 40)."""
        level = 10 * torch.log10(waveform.double().square().mean().clamp(min=1e-12))
        louder = 10 ** ((TARGET_DBFS - level).clamp(min=0) / 20)
        starts = partial_starts(len(waveform))
        end = max(len(waveform), (starts[-1] + FRAMES) * STEP)
        padded = nn.functional.pad(waveform * louder.float(), (WINDOW // 2, end - len(waveform) + WINDOW // 2))
        frames = padded.unfold(0, WINDOW, STEP) * self.window
        spectrum = torch.view_as_real(torch.fft.rfft(frames)).square().sum(dim=-1)
        mel = spectrum @ self.bands.T
        return torch.stack([mel[start : start + FRAMES] for start in starts])

    def _embedded(self, mels: Tensor) -> Tensor:
        hidden = self.lstm(mels)[1][0][-1]
        return nn.functional.normalize(torch.relu(self.linear(hidden)), dim=1)


def partial_starts(length: int) -> list[int]:
    """Find in which frames the partial utterances begin.

    Args:
        length: of the utterance, in samples.

    >>> partial_starts(16_000), partial_starts(48_000)
    ([0], [0, 77, 154])
    """
    frames = -(-(length + 1) // STEP)
    step = round(SAMPLE_RATE / PARTIALS_PER_S / STEP)
    starts = list(range(0, max(1, frames - FRAMES + step + 1), step))
    covered = (length - starts[-1] * STEP) / (FRAMES * STEP)
    return starts[:-1] if covered < COVERAGE and len(starts) > 1 else starts


def weights_file(where: str, given: Path | None) -> Path:
    """Find the encoder's weights: those given, or those in the installed package's wheel; nothing of it is imported.

    Args:
        where: who needs them, for messages.
        given: a file of the same form; None for the package's.

    Raises:
        UsageError: they are not there.
    """
    if given is not None:
        file = given.expanduser()
    else:
        try:
            file = Path(str(metadata.distribution("resemblyzer").locate_file(_FILE)))
        except metadata.PackageNotFoundError as error:
            raise UsageError(where, "no resemblyzer", "its wheel, which has the weights", _INSTALL) from error
    if not file.is_file():
        raise UsageError(f"{where}, {file}", "no such file", "the encoder's weights", _INSTALL)
    return file


@cache
def load_encoder(file: Path, device: torch.device) -> VoiceEncoder:
    """Load the encoder, once for each file and device; of the file nothing but tensors is read.

    Args:
        file: what `weights_file` found.
        device: where it goes.

    Raises:
        DataError: it holds other weights.
    """
    state = {name: tensor for name, tensor in read_state(file, _STATE).items() if name not in _UNUSED}
    with seeded("voice_encoder"):  # everything is replaced
        encoder = VoiceEncoder(len(state.get("linear.bias", ())) or 256)
    wanted = {name: tuple(tensor.shape) for name, tensor in encoder.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if found != wanted:
        wrong = sorted(set(found.items()) ^ set(wanted.items()))[:3]
        raise DataError(file, f"weights that differ in {wrong}", "those of Resemblyzer's encoder", "get the file again")
    encoder.load_state_dict(state)
    return encoder.eval().requires_grad_(False).to(device)


def _mel_bands() -> Tensor:
    """The mel filters that the encoder was trained with, librosa's (Slaney's scale and heights), shape (40, 201)."""
    bands = melscale_fbanks(WINDOW // 2 + 1, 0.0, SAMPLE_RATE / 2, BANDS, SAMPLE_RATE, "slaney", "slaney")
    return torch.as_tensor(bands).T.contiguous()
