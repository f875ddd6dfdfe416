"""Sound files of a user's, one by one: what each is, and what is wrong with it, as measured.

Each is decoded, measured and forgotten, so that memory does not grow with their number; no file's fault hides
another's. Thresholds and what they were measured on: docs/data.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.core.errors import BenchError, DataError
from bench.core.progress import Progress
from bench.core.types import SAMPLE_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLIPPED_SHARE = 0.001
"""A file with a greater share of samples at full scale is reported as clipped. EMO-DB, whose files are normalised to
full scale, has at most 0.0001."""

FULL_SCALE = {"PCM_U8": 0.99, "PCM_S8": 0.99, "ULAW": 0.98, "ALAW": 0.98}
"""Magnitude from which a sample counts as at full scale, by subtype: the coarse ones do not reach 1."""
_FULL_SCALE = 0.999

TONE_SHARE = 0.98
"""Share of the power within 47 Hz of the strongest frequency; more, with `TONE_FLATNESS`, is a tone (EMO-DB: 0.93)."""

TONE_FLATNESS = 0.01
"""Geometric over arithmetic mean of the power spectrum, 0 for a tone to 1 for white noise (EMO-DB: at least 0.017)."""

STEADY_DB = 5.0
"""Decibels between the 5th and 95th percentile of the level; less is a constant level (EMO-DB: at least 16.8)."""

MODULATION = 0.1
"""Root-mean-square of the envelope's 2 to 10 Hz part over its mean, times √2; less is no speech (EMO-DB: 0.33)."""

SYLLABLES_S = 1.0
"""Seconds: the level of a shorter sound is not judged, since a single vowel may be steady."""

_FRAME_S, _SPECTRA, _WINDOW = 0.02, 2_000, 1_024

Kind = Literal["unreadable", "silent", "clipped", "duplicate", "suspicious", "read", "tasks"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        file: path within the root, or what else is at fault.
        kind: "unreadable", "silent", "clipped", "duplicate", "suspicious": of a file; "read": the component's own
            refusal; "tasks": it can be read, and serves no task.
        found: what was found, in words.
        level: "error" where it keeps the folder from being used, as far as can be told; else "warning".
    """

    file: str
    kind: Kind
    found: str
    level: Literal["error", "warning"] = "warning"


@dataclass(frozen=True)
class CheckedSound:
    """One file, measured.

    Args:
        name: the file's path within the folder.
        format: container and sample type, in words; "" where it cannot be decoded.
        rate: the file's own sampling rate in Hz; 0 where it cannot be decoded.
        seconds: its length.
        digest: SHA-256 of its decoded samples; "" where it cannot be decoded or is silent.
        problems: what is wrong with it.
    """

    name: str
    format: str = ""
    rate: int = 0
    seconds: float = 0.0
    digest: str = ""
    problems: tuple[Problem, ...] = ()


def look(folder: Path, progress: Progress) -> tuple[list[CheckedSound], list[Problem]]:
    """Measure every sound file below a folder, several at a time.

    Args:
        folder: the folder, or a table in it.
        progress: told of every file.

    Returns:
        The files in the order of their paths, and what is wrong with them, and with the folder.
    """
    from bench.audio.reading import is_audio

    home = folder.parent if folder.is_file() else folder
    problems: list[Problem] = []
    files = sorted(path for path in _walk(home, problems) if is_audio(path))
    sounds: list[CheckedSound] = []
    workers = max(2, min(8, os.cpu_count() or 2))
    with progress.task(f"checking {home.name or home}", len(files)) as advance, ThreadPoolExecutor(workers) as pool:
        for sound in pool.map(lambda file: measure(file, shown(file, home)), files):
            sounds.append(sound)
            advance(1)
    problems += (problem for sound in sounds for problem in sound.problems)
    first: dict[str, str] = {}
    for sound in sounds:
        other = first.setdefault(sound.digest, sound.name) if sound.digest else sound.name
        if other != sound.name:
            problems.append(Problem(sound.name, "duplicate", f"the same sound as {other}"))
    return sounds, problems


def _walk(home: Path, problems: list[Problem]) -> Iterator[Path]:
    """Every file, links followed once, hidden ones and those in hidden folders left out."""

    def note(error: OSError) -> None:
        where = shown(Path(os.fsdecode(error.filename)), home)
        problems.append(Problem(where, "unreadable", (error.strerror or "an error").lower()))

    seen: set[str] = set()
    for where, folders, files in os.walk(home, onerror=note if home.exists() else None, followlinks=True):
        real = os.path.realpath(where)
        folders[:] = [name for name in folders if not name.startswith(".") and real not in seen]
        if real not in seen:
            yield from (Path(where, name) for name in files if not name.startswith("."))
        seen.add(real)


def measure(file: Path, name: str) -> CheckedSound:
    """Decode a file, and say what it is and what is wrong with it.

    Args:
        file: the sound file.
        name: how the problems name it.
    """
    import soundfile

    from bench.audio.reading import read_audio, refuse_silence

    try:
        waveform = read_audio(file)
        info = soundfile.info(file)
        at_full_scale = _share_at_full_scale(file, FULL_SCALE.get(info.subtype, _FULL_SCALE))
    except DataError as error:
        return CheckedSound(name, problems=(Problem(name, "unreadable", words(error)),))
    except (OSError, RuntimeError, ValueError, MemoryError) as error:  # it changes while it is read, or is too large
        return CheckedSound(name, problems=(Problem(name, "unreadable", f"{type(error).__name__}: {error}"),))
    sound = CheckedSound(name, _format(info), info.samplerate, info.frames / info.samplerate)
    try:
        refuse_silence(file, waveform)
    except DataError as error:
        return dataclasses.replace(sound, problems=(Problem(name, "silent", words(error)),))
    samples, problems = waveform.numpy(), []
    if at_full_scale > CLIPPED_SHARE:
        found = f"{100 * at_full_scale:.2g} % of its samples at full scale (more than {100 * CLIPPED_SHARE:g} %)"
        problems.append(Problem(name, "clipped", found))
    if reasons := unlike_speech(samples):
        problems.append(Problem(name, "suspicious", "hardly speech: " + "; ".join(reasons)))
    return dataclasses.replace(sound, digest=hashlib.sha256(samples.data).hexdigest(), problems=tuple(problems))


def _format(info: Any) -> str:
    return f"{info.format} {info.subtype}, {info.channels} channel{'s' * (info.channels != 1)}"


def _share_at_full_scale(file: Path, level: float) -> float:
    """Of the samples as they stand in the file: resampling and averaging of channels hide clipping."""
    import numpy as np
    import soundfile

    loud = total = 0
    for block in soundfile.blocks(file, 1 << 20, dtype="float32", always_2d=True):
        loud += int(np.count_nonzero(np.abs(block) >= level))
        total += block.size
    return loud / max(1, total)


def unlike_speech(samples: NDArray[Any]) -> list[str]:
    """Say why a sound is hardly speech, in words with figures; nothing where nothing speaks against it.

    Args:
        samples: shape (t,), at 16 kHz, not silent.

    >>> import numpy as np
    >>> unlike_speech(np.sin(2 * np.pi * 440 * np.arange(8_000) / 16_000))
    ['a tone of 438 Hz, with 100 % of its power within 47 Hz of it and a spectral flatness of 0.000']
    """
    reasons = [_tone(samples)]
    if len(samples) >= SYLLABLES_S * SAMPLE_RATE:
        reasons += [_steady(samples), _without_rhythm(samples)]
    return [reason for reason in reasons if reason]


def _tone(samples: NDArray[Any]) -> str | None:
    import numpy as np

    power, peak = _spectrum(samples)
    share = power[max(0, peak - 3) : peak + 4].sum() / power.sum()
    flatness = float(np.exp(np.log(power).mean()) / power.mean())
    if share <= TONE_SHARE or flatness >= TONE_FLATNESS:
        return None
    return (
        f"a tone of {(peak + 1) * SAMPLE_RATE / _WINDOW:.0f} Hz, with {100 * share:.0f} % of its power within 47 Hz of "
        f"it and a spectral flatness of {flatness:.3f}"
    )


def _steady(samples: NDArray[Any]) -> str | None:
    import numpy as np

    low, high = np.percentile(10 * np.log10(_energy(samples) + 1e-12), (5, 95))
    if high - low >= STEADY_DB:
        return None
    return f"a constant level, within {high - low:.1f} dB (speech: more than {STEADY_DB:g} dB)"


def _without_rhythm(samples: NDArray[Any]) -> str | None:
    import numpy as np

    envelope = np.sqrt(_energy(samples))
    power = np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2
    rates = np.fft.rfftfreq(len(envelope), _FRAME_S)
    depth = np.sqrt(2 * power[(rates >= 2) & (rates <= 10)].sum()) / (envelope.sum() + 1e-12)
    if depth >= MODULATION:
        return None
    return (
        f"no rhythm of syllables, its envelope's modulation at 2 to 10 Hz being {depth:.2f} of its mean (speech: more "
        f"than {MODULATION:g})"
    )


def _energy(samples: NDArray[Any]) -> NDArray[Any]:
    """Mean square over 40 ms, every 20 ms."""
    import numpy as np

    frame = round(_FRAME_S * SAMPLE_RATE)
    energy = np.square(samples[: len(samples) // frame * frame]).reshape(-1, frame).mean(axis=1)
    smoothed: NDArray[Any] = (energy[1:] + energy[:-1]) / 2
    return smoothed


def _spectrum(samples: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Mean power spectrum without its constant, over at most 2,000 windows of 64 ms, and its strongest bin."""
    import numpy as np

    padded = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    step = max(_WINDOW // 2, len(padded) // _SPECTRA)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::step]
    power = (np.abs(np.fft.rfft(windows * np.hanning(_WINDOW))) ** 2).mean(axis=0)[1:] + 1e-20
    return power, int(power.argmax())


def words(error: BenchError) -> str:
    """Put an error's found, expected and remedy into one line, with the options of `bench data check`."""
    return own_option(" ".join(f"{error.found}; expected {error.expected}; {error.remedy}".splitlines()))


def own_option(text: str) -> str:
    """Rename a run's options in a message to the one of `bench data check`, --root."""
    return text.replace("--corpus-root", "--root").replace("--noise-root", "--root")


def shown(path: Path, folder: Path | None) -> str:
    """Write a path as it is within a folder; any other as it is.

    Args:
        path: a file or folder.
        folder: the folder, or a table in it; None for none.
    """
    home = folder.parent if folder is not None and folder.is_file() else folder
    return path.relative_to(home).as_posix() if home and home != path and path.is_relative_to(home) else str(path)
