"""The files that `bench listen` writes beside its page: sounds and their spectrograms, under names that are safe."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from bench.audio.writing import STEPS, wav_of
from bench.core.errors import UsageError
from bench.core.rng import key_of
from bench.core.storage.cache import appearing_file
from bench.core.types import SAMPLE_RATE
from bench.studies.listening.examples import Example
from bench.studies.listening.spectrogram import spectrogram_png

SOUNDS = "wav"
PICTURES = "spectrograms"


@dataclass(frozen=True)
class Sound:
    """One sound of the page.

    Args:
        title: "original", "perturbed" or "difference".
        of: what it belongs to, in words, for those who do not see the page.
        stem: its files' name without the ending.
        waveform: shape (t,), in [-1, 1], as it is written.
        like: shape (u,), the sound whose loudest point is the brightest colour.
        share: its length by that of the row's longest sound.
        note: what else is to be said of it.
    """

    title: str
    of: str
    stem: str
    waveform: Tensor
    like: Tensor
    share: float = 1.0
    note: str = ""

    @property
    def wav(self) -> str:
        """Return its sound file, as the page links to it."""
        return f"{SOUNDS}/{self.stem}.wav"

    @property
    def png(self) -> str:
        """Return its spectrogram, as the page links to it."""
        return f"{PICTURES}/{self.stem}.png"

    @property
    def duration_s(self) -> float:
        """Return its length in seconds."""
        return self.waveform.shape[-1] / SAMPLE_RATE


def file_stem(text: str, kind: str) -> str:
    """Make a name for files from any text: letters, digits, and what else every file system and URL takes.

    Eight digits of a hash keep two texts apart that differ only in what is left out.

    Args:
        text: for example an utterance's id.
        kind: what the text is; the same text of another kind has another name.

    >>> file_stem("a/b#1.2", "utterance")
    'a-b-1.2-64d99263'
    """
    slug = re.sub(r"[^A-Za-z0-9._=-]+", "-", text).strip("-._=")[:48]
    return f"{slug}-{key_of(kind, text) >> 32:08x}".lstrip("-")


def sounds_of(example: Example) -> list[Sound]:
    """Make the sounds of an example: original, perturbed, difference, those that there are."""
    before, after = example.original.waveform.cpu(), example.candidate.waveform.cpu()
    id = example.original.id
    name = file_stem(id, "utterance")
    both = f"{name}.{file_stem(example.effect, 'effect')}"
    like = before if len(before) else after
    found = [Sound("original", f"utterance {id}", f"{name}.original", before, like)] if len(before) else []
    if len(after) and not example.same_sound:
        found.append(Sound("perturbed", f"utterance {id} after {example.effect}", f"{both}.perturbed", after, like))
        if example.same_length:
            found.append(_difference(after - before, before, f"what {example.effect} did to utterance {id}", both))
    longest = max((len(sound.waveform) for sound in found), default=0)
    return [replace(sound, share=len(sound.waveform) / longest) for sound in found]


def _difference(waveform: Tensor, like: Tensor, of: str, stem: str) -> Sound:
    """What was added to every sample, turned down where it would not fit into [-1, 1]."""
    peak = float(waveform.abs().max())
    note = f"peak {20 * math.log10(peak):.1f} dB of full scale".replace("-", "−")
    if peak > 1:
        waveform = waveform / peak
        note += ", turned down by as much to fit into the file"
    if peak < 0.5 / STEPS:
        note += ", below what 16 bits can hold: the file is silent"
    return Sound("difference", of, f"{stem}.difference", waveform, like, note=note)


def write_sound(sound: Sound, folder: Path) -> None:
    """Write a sound's WAV file, one channel of 16 bits at 16 kHz, and its spectrogram.

    Args:
        sound: to write.
        folder: of the page.

    Raises:
        UsageError: a file cannot be written, or its name is a folder's.
    """
    with fresh_file(folder / sound.wav) as temporary:
        temporary.write_bytes(wav_of(sound.waveform))
    with fresh_file(folder / sound.png) as temporary:
        temporary.write_bytes(spectrogram_png(sound.waveform, sound.like))


@contextmanager
def fresh_file(file: Path) -> Iterator[Path]:
    """Open a file to write, which appears whole, in place of an older one of its name.

    Raises:
        UsageError: it cannot be written, or there is a folder of its name.
    """
    if file.is_dir():
        raise UsageError(file, "a folder", "a file or nothing", "choose another --out, or move it away")
    with appearing_file(file) as temporary:
        yield temporary
