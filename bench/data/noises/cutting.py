"""How recordings become clips: long ones in pieces, and every one from where its sound begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.core.types import SAMPLE_RATE, NoiseClip

if TYPE_CHECKING:
    from torch import Tensor

LONG_S = 120
"""Seconds. A recording of at least this length is cut into pieces, so that one file gives more than one clip."""

PIECE_S = 30
"""Seconds: the least length of a piece. The pieces of a half are equally long, below 45 s."""

LEAD_LEVEL = 0.01
"""Share of a clip's peak (-40 dB): its sound begins where it is first exceeded. What precedes it by more than
`LEAD_S` is cut off."""

LEAD_S = 0.01
"""Seconds kept before the sound begins."""


def cut(whole: NoiseClip, *, halves: bool) -> Iterator[NoiseClip]:
    """Yield a recording as one clip, or the pieces of a long one that are not silent.

    Nothing is copied: clips are views.

    Args:
        whole: a recording, as a clip.
        halves: whether the first and the second half of a long recording count as two sources, so that a single
            recording can serve a defence and an attack with no sample in common.

    >>> import torch
    >>> long = NoiseClip("hum", "interior", torch.ones(150 * 16_000), "hum")
    >>> [(piece.id, piece.source) for piece in cut(long, halves=True)][1:3]
    [('hum#1.2', 'hum#1'), ('hum#2.1', 'hum#2')]
    """
    from bench.audio.reading import SILENCE_PEAK

    if len(whole.waveform) < LONG_S * SAMPLE_RATE:
        yield replace(whole, waveform=from_its_start(whole.waveform))
        return
    for half, part in enumerate(whole.waveform.tensor_split(2), start=1):
        source = f"{whole.source}#{half}" if halves else whole.source
        count = len(part) // (PIECE_S * SAMPLE_RATE)
        for piece, sound in enumerate(part.tensor_split(count), start=1):
            if abs(sound.numpy()).max() > SILENCE_PEAK:
                yield replace(whole, id=f"{whole.id}#{half}.{piece}", waveform=from_its_start(sound), source=source)


def from_its_start(sound: Tensor) -> Tensor:
    """Cut off the pause before a sound, shape (t,).

    What is left is a view: it begins 10 ms before the sound first exceeds -40 dB of its peak.
    """
    level = abs(sound.numpy())
    first = int((level > LEAD_LEVEL * level.max()).argmax())
    return sound[max(0, first - round(LEAD_S * SAMPLE_RATE)) :]
