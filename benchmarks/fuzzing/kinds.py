"""What a kind of input is: valid ones, ways to make them wrong, and the command that is given them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Lay = Callable[[random.Random, Path], Callable[[], None]]
"""Writes one wrong input into an empty folder, and returns what is to be tried with it."""


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Args:
        name: in one word.
        share: of a hundred inputs, how many are of this kind.
        make: writes what all of them have in common into a folder, and returns what writes one.
        accepted: whether valid ones end with exit code 0; else they end where what comes after them is missing.
    """

    name: str
    share: int
    make: Callable[[Path], Lay]
    accepted: bool = True


def voiced(seconds: float = 0.4, rate: int = 16_000, seed: int = 0) -> NDArray[np.float32]:
    """Make a sound that is no silence, shape (t,), float32.

    Args:
        seconds: how long.
        rate: in Hz.
        seed: of its noise.
    """
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return np.asarray(0.3 * np.sin(2 * np.pi * (150 + 20 * seed) * time) + 0.01 * noise, dtype=np.float32)


def sound_file(
    samples: NDArray[np.float32], form: str = "WAV", subtype: str | None = "PCM_16", rate: int = 16_000
) -> bytes:
    """Write a sound as the bytes of a file.

    Args:
        samples: shape (t,) or (t, channels).
        form: of libsndfile's.
        subtype: of its samples; None for the usual one.
        rate: in Hz.
    """
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def small_corpus(folder: Path, speakers: int = 5) -> Path:
    """Write a corpus that a table describes: two sounds a class for each speaker.

    Args:
        folder: where to.
        speakers: how many.

    Returns:
        The table.
    """
    (folder / "wav").mkdir(parents=True, exist_ok=True)
    rows = ["path,speaker,emotion"]
    for speaker in range(speakers):
        for number, emotion in enumerate(("anger", "happiness", "sadness", "neutral") * 2):
            name = f"wav/s{speaker}-{number}.wav"
            (folder / name).write_bytes(sound_file(voiced(0.3, seed=10 * speaker + number)))
            rows.append(f"{name},s{speaker},{emotion}")
    table = folder / "manifest.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return table
