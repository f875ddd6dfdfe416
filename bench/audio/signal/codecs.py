"""Sound through codecs and back: the same length, and no sample moved in time.

µ-law is computed here. MP3 and Opus are coded by libsndfile (with LAME and libopus, inside the soundfile package). AMR
needs FFmpeg with opencore-amr, as in the wheels of PyAV (`av`), which the extra `codecs` installs.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.core.errors import UsageError
from bench.core.types import SAMPLE_RATE

MP3_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""The bit rates of MPEG-2 layer III, in kilobits a second: what there is at 16 kHz."""
OPUS_KBPS = (6.0, 128.0)
"""From where to where libopus is worth asking for: beyond, one voice at 16 kHz gains nothing."""
AMR_KBPS = (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)
"""The modes of AMR narrow band, in kilobits a second."""
AMR_RATE = 8000

_BIAS = 132
_LOUDEST = 32_635
_LAME_DELAY = 1105
"""Samples: LAME's 576 and a decoder's 529. It stands in a tag that the decoder obeys, and that has no room in the
frames of 32 kbit/s and less."""
_AMR_FRAME = 160
_AMR_DELAY = 40
"""Samples at 8 kHz: the encoder looks 5 ms ahead."""


def mu_law(waveform: Tensor) -> Tensor:
    """Code a sound in 8-bit µ-law and decode it, as on a digital telephone line in North America and Japan (ITU-T
    G.711).

    The standard's eight straight segments, not the logarithm that they stand for: bit for bit what libsndfile gives.

    Args:
        waveform: any shape, in [-1, 1].

    Returns:
        The same shape, in [-1, 1].

    >>> mu_law(torch.tensor([0.0, 0.25, -1.0])).mul(32_768).tolist()
    [0.0, 8316.0, -32124.0]
    """
    samples = waveform.mul(32_768).round()
    biased = samples.abs().clamp(max=_LOUDEST) + _BIAS
    segment = torch.frexp(biased).exponent - 8  # 0 to 7: each twice as long as the one before
    step = torch.ldexp(torch.full_like(biased, 8.0), segment)
    decoded = (biased / step).floor() * step + step / 2 - _BIAS
    return decoded.copysign(samples).where(decoded > 0, 0.0).div(32_768)


def mp3(waveform: Tensor, kbps: int) -> Tensor:
    """Code a sound as MP3 at a constant bit rate, and decode it.

    Args:
        waveform: shape (t,), in [-1, 1], at 16 kHz.
        kbps: one of `MP3_KBPS`.

    Returns:
        Shape (t,): what LAME adds at either end is cut off.
    """
    level = min((MP3_KBPS[-1] - kbps) / (MP3_KBPS[-1] - MP3_KBPS[0]), 0.999)  # libsndfile's 0 to 1, short of 1
    coded = _through_file(waveform, format="MP3", subtype="MPEG_LAYER_III", level=level, mode="CONSTANT")
    surplus = len(coded) > len(waveform)
    return coded[_LAME_DELAY if surplus else 0 :][: len(waveform)]


def opus(waveform: Tensor, kbps: float) -> Tensor:
    """Code a sound with Opus (RFC 6716) at a variable bit rate, and decode it.

    Args:
        waveform: shape (t,), in [-1, 1], at 16 kHz.
        kbps: the mean bit rate that is aimed at, in kilobits a second, within `OPUS_KBPS`.

    Returns:
        Shape (t,). The container states the delay, and the decoder obeys.
    """
    coded = _through_file(waveform, format="OGG", subtype="OPUS", level=1 - (kbps - 6) / (256 - 6), mode=None)
    return coded[: len(waveform)]


def _through_file(waveform: Tensor, format: str, subtype: str, level: float, mode: str | None) -> Tensor:
    """Write a file in memory, and read it again."""
    memory = io.BytesIO()
    options: dict[str, Any] = {"format": format, "subtype": subtype, "compression_level": level, "bitrate_mode": mode}
    with soundfile.SoundFile(memory, "w", SAMPLE_RATE, 1, **options) as file:
        file.write(waveform.cpu().numpy())
    memory.seek(0)
    samples, _ = soundfile.read(memory, dtype="float32")
    return torch.from_numpy(samples).to(waveform.device)


def amr(waveform: Tensor, kbps: float) -> Tensor:
    """Code a sound with AMR narrow band (3GPP TS 26.071), the codec of mobile telephones, and decode it.

    Args:
        waveform: shape (t,), at 8 kHz; what lies beyond [-1, 1], as it can after resampling, is cut off.
        kbps: one of `AMR_KBPS`.

    Returns:
        Shape (t,).

    Raises:
        UsageError: PyAV is not installed, or cannot write AMR.
    """
    av = require_amr()
    frames = -(-(len(waveform) + _AMR_DELAY) // _AMR_FRAME)
    samples = np.zeros(frames * _AMR_FRAME, dtype=np.int16)
    samples[: len(waveform)] = waveform.clamp(-1.0, 1.0).mul(32_767).round().cpu().numpy()
    encoder = av.CodecContext.create("libopencore_amrnb", "w")
    encoder.sample_rate, encoder.layout, encoder.format = AMR_RATE, "mono", "s16"
    encoder.bit_rate = round(kbps * 1000)
    decoder = av.CodecContext.create("amrnb", "r")
    decoder.sample_rate, decoder.layout = AMR_RATE, "mono"
    heard: list[NDArray[np.float32]] = []
    for packet in _packets(av, encoder, samples.reshape(frames, _AMR_FRAME)):
        heard += [frame.to_ndarray()[0] for frame in decoder.decode(av.Packet(packet))]
    decoded = np.concatenate(heard)[_AMR_DELAY:][: len(waveform)]
    return torch.from_numpy(decoded).to(waveform.device)


def _packets(av: Any, encoder: Any, frames: NDArray[np.int16]) -> list[bytes]:
    packets = []
    for number, samples in enumerate(frames):
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = AMR_RATE, number * _AMR_FRAME
        packets += encoder.encode(frame)
    return [bytes(packet) for packet in [*packets, *encoder.encode(None)]]


def require_amr() -> Any:
    """Import PyAV, and check that it can write AMR.

    Raises:
        UsageError: it is not installed, or was built without that encoder.
    """
    expected = "the package `av` with FFmpeg's encoder libopencore_amrnb, as its wheels on PyPI have it"
    try:
        import av
    except ImportError as error:
        raise UsageError("attack 'amr'", "no package `av`", expected, "pip install 'serbench[codecs]'") from error
    try:
        av.codec.Codec("libopencore_amrnb", "w")
    except ValueError as error:
        found = f"`av` {av.__version__} without that encoder"
        raise UsageError("attack 'amr'", found, expected, "pip install --force-reinstall 'av==18.1.0'") from error
    return av
