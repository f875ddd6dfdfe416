"""Reading sound files: any format, rate and sample type, always the same shape out, or an error that names the file.

What is done to the samples, and what is not:

- stereo and more channels are averaged to one;
- any rate is resampled to 16 kHz (soxr, quality "HQ");
- the scale is never changed. Integer files are in [-1, 1] by their format. Lossy decoding and resampling overshoot
  full scale a little, and float files may hold such overshoots: samples up to
  [`CLIP_LIMIT`][bench.audio.reading.CLIP_LIMIT] times full scale are clipped to [-1, 1], as any player does. Beyond
  that the file is in some other scale (say, 16-bit values saved as floats), and clipping would destroy it: it is an
  error that names the peak.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.audio.containers import doubtful_length, finished, missing_end
from bench.core.errors import DataError
from bench.core.storage.digests import unreadable
from bench.core.storage.files import refuse_special
from bench.core.types import SAMPLE_RATE

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

CLIP_LIMIT = 2.0
"""Times full scale (6 dB above it). Overshoots up to here are clipped; a higher peak is an error."""

SILENCE_PEAK = 1e-5
"""A file with no sample above this (-100 dB of full scale, a third of a 16-bit step) is silent."""

RATES = (1_000, 768_000)
"""Hertz: the lowest and highest sampling rate that is believed; anything else is taken for a damaged header."""

LONGEST_S = 3 * 3600
"""Seconds: a longer sound is refused. At 16 kHz it takes 0.7 GB, twice that while it is read."""

RESAMPLER = "HQ"
"""The quality of soxr with which any other rate is brought to 16 kHz, and 16 kHz to any other."""

_BLOCK = 1 << 22
_FORMATS = "a WAV, FLAC, OGG, MP3, AIFF or other file that libsndfile reads"

_READABLE = "wav wave rf64 w64 flac ogg oga opus mp3 aif aiff aifc au snd caf sph nist voc"
_UNREADABLE = "m4a aac mp4 wma webm amr"

AUDIO_SUFFIXES = frozenset(f".{suffix}" for suffix in f"{_READABLE} {_UNREADABLE}".split())
"""File names that promise sound, lower-case. Formats that cannot be read here are among them, so that reading a folder
names such a file instead of passing over it."""


def is_audio(path: Path) -> bool:
    """Say whether a file's name promises sound; hidden files (`.DS_Store`, `._a.wav`) never do."""
    return path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".")


def read_audio(path: Path) -> torch.Tensor:
    """Read a sound file as shape (t,), float32, in [-1, 1], mono, 16 kHz, t >= 1.

    Raises:
        DataError: it is missing, not readable, not sound, cut short, empty, or holds NaN, infinities or samples beyond
            twice full scale. A cut-off MP3 or raw stream cannot be told from a whole one.
    """
    return as_heard(path, *as_stored(path))


def as_stored(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode a sound file, and leave channels and rate as they are: samples, shape (n, channels), n >= 1, and hertz.

    Raises:
        DataError: as of `read_audio`.
    """
    try:
        refuse_special(path)
        with path.open("rb") as handle:
            problem = missing_end(handle)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if problem:
        raise DataError(path, problem, "a whole file", "copy or download it again")
    samples, rate = _decode(path)
    return samples, rate


def as_heard(path: Path, samples: NDArray[np.float32], rate: int) -> torch.Tensor:
    """Bring what `as_stored` gives to one channel, 16 kHz and [-1, 1]: shape (t,), float32, t >= 1.

    Args:
        path: the file, for the message.
        samples: shape (n, channels).
        rate: in Hz.

    Raises:
        DataError: it is shorter than one sample at 16 kHz.
    """
    import torch

    mono = from_rate(_mono(samples), rate)
    if len(mono) == 0:
        found = f"{len(samples)} samples at {rate} Hz, which is less than one at {SAMPLE_RATE} Hz"
        raise DataError(path, found, "a longer sound", "remove the file or get a good copy")
    return torch.from_numpy(mono)


def doubt_about(path: Path) -> str | None:
    """Say why a file's header may not tell how long its sound is, in words; None where nothing speaks for it.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as handle:
            return doubtful_length(handle)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def source_of(path: Path) -> Path | BytesIO:
    """Give what libsndfile reads a file from: the file, or its bytes where a length of 0 in its header was filled in.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as handle:
        whole = finished(handle)
    return path if whole is None else BytesIO(whole)


def rate_of(path: Path) -> int:
    """Read a sound file's own sampling rate, in Hz, from its header.

    Raises:
        DataError: it is missing, not sound, or its rate is none that is believed.
    """
    import soundfile

    try:
        rate: int = soundfile.info(path).samplerate
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError, OSError) as error:
        raise _undecodable(path, error) from error
    _check_rate(path, rate)
    return rate


def from_rate(mono: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Bring samples of a file's own rate to 16 kHz and into [-1, 1], as reading it does.

    Args:
        mono: shape (n,), one channel.
        rate: in Hz; 16000 leaves them as they are, but for those beyond full scale.

    Returns:
        Shape (t,), t about 16000 n / rate; may be of no sample.
    """
    if rate != SAMPLE_RATE:
        import soxr

        mono = soxr.resample(mono, rate, SAMPLE_RATE, quality=RESAMPLER)
        return np.ascontiguousarray(np.clip(mono, -1.0, 1.0, out=mono), dtype=np.float32)
    return np.ascontiguousarray(np.clip(mono, -1.0, 1.0), dtype=np.float32)


def refuse_silence(path: Path, waveform: torch.Tensor) -> None:
    """Refuse a sound in which there is nothing to hear: with it a signal-to-noise ratio is undefined.

    Args:
        path: the file it was read from, for the message.
        waveform: shape (t,), t >= 1, on the CPU.

    Raises:
        DataError: no sample is above [`SILENCE_PEAK`][bench.audio.reading.SILENCE_PEAK].
    """
    if np.abs(waveform.numpy()).max() <= SILENCE_PEAK:
        raise DataError(
            path,
            "nothing but silence",
            "a sound (channels that cancel when averaged are silent too)",
            "remove the file or replace it with a good copy",
        )


def _decode(path: Path) -> tuple[NDArray[np.float32], int]:
    """Every frame, shape (n, channels), and the sampling rate.

    In blocks, each checked before the next one is read: a damaged header may promise terabytes, and a small file decode
    to hours.
    """
    import soundfile

    try:
        with soundfile.SoundFile(source_of(path)) as file:
            promised, rate = file.frames, file.samplerate
            _check_rate(path, rate)
            if LONGEST_S * rate < promised < 1 << 62:
                raise _too_long(path)
            frames = max(1, _BLOCK // file.channels)
            blocks: list[NDArray[np.float32]] = []
            while not blocks or len(blocks[-1]) == frames:
                block = file.read(frames, dtype="float32", always_2d=True)
                if len(block) or not blocks:
                    _check(path, block)
                blocks.append(block)
                if sum(map(len, blocks)) > LONGEST_S * rate:
                    raise _too_long(path)
    except (
        soundfile.SoundFileError,
        RuntimeError,
        TypeError,
        ValueError,
        OverflowError,
        MemoryError,
        OSError,
    ) as error:
        raise _undecodable(path, error) from error
    samples = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    if len(samples) < promised < 1 << 62:
        found = f"{len(samples)} frames where its header promises {promised}"
        raise DataError(path, found, "a whole file", "copy or download it again")
    return samples, rate


def _too_long(path: Path) -> DataError:
    found = f"a sound of more than {LONGEST_S / 3600:g} hours"
    return DataError(path, found, f"at most {LONGEST_S / 3600:g} hours", "cut it into pieces, or remove it")


def _check_rate(path: Path, rate: int) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        expected = f"{RATES[0]} to {RATES[1]} Hz"
        raise DataError(path, f"a sampling rate of {rate} Hz", expected, "the header is damaged: get a good copy")


def _undecodable(path: Path, error: BaseException) -> DataError:
    import soundfile

    reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    reason = reason or type(error).__name__
    found = f"no sound that can be decoded ({str(reason).rstrip('.')})"
    return DataError(path, found, _FORMATS, "convert it, for example with ffmpeg, or remove it")


def _check(path: Path, samples: NDArray[np.float32]) -> None:
    if len(samples) == 0:
        raise DataError(path, "no samples", "a sound of at least one sample", "remove the file or get a good copy")
    low, high = float(samples.min()), float(samples.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(path, "samples that are NaN or infinite", "finite samples", "export the file again")
    peak = max(-low, high)
    if peak > CLIP_LIMIT:
        raise DataError(
            path,
            f"a peak of {peak:.6g}",
            "float samples in [-1, 1]",
            "divide by the file's full scale (32768 for 16-bit values), or save it as 16-bit integers",
        )


def _mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the channels, shape (n,): channel by channel, which takes a tenth of the time of `mean(axis=1)`."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    total = samples[:, 0].copy()
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    return total / np.float32(samples.shape[1])
