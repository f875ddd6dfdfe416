"""Which sounds the embedded bank has, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.core.rng import keyed
from bench.core.types import SAMPLE_RATE, Rng
from bench.data.noises.synthesis import crowd, cry, human, interior, laugh, meeting, natural, station, white
from bench.data.noises.synthesis.finishing import finish
from bench.data.noises.synthesis.tools import Sound
from bench.data.speech.espeak import Voice

PER_CATEGORY = 24
"""Clips in a category: the same number of each kind."""

SECONDS = (4.0, 6.0)
"""The shortest and the longest clip."""

_MADE = {
    "cry": cry.KINDS,
    "human": human.KINDS,
    "interior": interior.KINDS,
    "laugh": laugh.KINDS,
    "natural": natural.KINDS,
    "white": white.KINDS,
}

Asks: TypeAlias = Callable[[Rng, float], list[tuple[str, Voice]]]
"""What has to be said for a clip of so many seconds."""

Render: TypeAlias = Callable[[Rng, Sequence[Sound], int], Sound]
"""A clip of so many samples from what was said."""

_SPOKEN: Mapping[str, tuple[Asks, Render]] = {
    "crowd": (crowd.asks, crowd.render),
    "meeting": (meeting.asks, meeting.render),
    "station": (station.asks, station.render),
}


@dataclass(frozen=True)
class ClipRecipe:
    """One clip to be made. Its sound depends on these three alone.

    Args:
        category: "natural" ...
        kind: "rain" ...; the category's own name where all its clips are of one kind.
        take: from 1.
    """

    category: str
    kind: str
    take: int

    @property
    def id(self) -> str:
        """Name the clip: its id, and its source, since no two clips share a draw.

        >>> ClipRecipe("natural", "rain", 3).id
        'natural/rain-03'
        """
        return f"{self.category}/{self.kind}-{self.take:02d}"

    @property
    def samples(self) -> int:
        """Draw the clip's length in samples, from 4 to 6 s at 16 kHz: always the same for the same clip."""
        return round(float(keyed("embedded length", self.id).uniform(*SECONDS)) * SAMPLE_RATE)

    def asks(self) -> list[tuple[str, Voice]]:
        """Choose what has to be said for the clip, and by whom; nothing for most kinds."""
        if self.category not in _SPOKEN:
            return []
        asks, _ = _SPOKEN[self.category]
        return asks(keyed("embedded asks", self.id), self.samples / SAMPLE_RATE)

    def render(self, spoken: Sequence[Sound]) -> NDArray[np.int16]:
        """Make the clip, shape (t,), 16 bits, from what was said for it."""
        rng = keyed("embedded", self.id)
        if self.category in _SPOKEN:
            _, render = _SPOKEN[self.category]
            return finish(rng, render(rng, spoken, self.samples))
        return finish(rng, _MADE[self.category][self.kind](rng, self.samples))


def recipes() -> Iterator[ClipRecipe]:
    """Yield the recipe of every clip of the bank, in its order."""
    kinds = {category: tuple(made) for category, made in _MADE.items()} | {name: (name,) for name in _SPOKEN}
    for category in sorted(kinds):
        for kind in kinds[category]:
            for take in range(1, PER_CATEGORY // len(kinds[category]) + 1):
                yield ClipRecipe(category, kind, take)
