"""The plan of the corpus `synthetic`: who says what, how, and what raters make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.core.rng import keyed
from bench.core.types import Rng
from bench.data.corpora.synthesis.prosody import Manner, manner
from bench.data.corpora.synthesis.script import ScriptLine, draw_line
from bench.data.corpora.synthesis.speakers import Speaker, speakers

EMOTIONS = ("anger", "happiness", "sadness", "neutral")
INTENSITIES = (1, 2)
"""Mild and strong; for neutral: 1 is flat, matter-of-fact speech, 2 is lively talk that carries no emotion."""
TAKES = 3
"""Utterances for each speaker, emotion and intensity: 50 x 4 x 2 x 3 = 1,200. Many speakers who say little: what is
measured on one fold rests on ten of them."""

PORTRAYED = {
    ("anger", 1): (3.15, 2.4),
    ("anger", 2): (4.0, 1.6),
    ("happiness", 1): (3.05, 3.6),
    ("happiness", 2): (3.85, 4.4),
    ("sadness", 1): (2.5, 2.5),
    ("sadness", 2): (2.0, 1.7),
    ("neutral", 1): (2.35, 3.0),
    ("neutral", 2): (3.05, 3.1),
}
"""Activation and valence meant, from 1 to 5, by emotion and intensity. Anger and happiness are active, sadness is not,
and happiness alone is positive: the layout by which Goudbeek & Scherer (2010) chose their acted emotions. Where
intensity 1 lies is a choice, made so that low, mid and high are of similar size."""
MEANT_SD = 0.28
RATERS = 4
RATER_SD = 0.5
WORDS_IN_VALENCE, WORDS_IN_ACTIVATION = 0.75, 0.15
"""The weight that raters give to the words; the rest is the voice's: activation is heard, valence is read."""


@dataclass(frozen=True)
class PlannedUtterance:
    """An utterance before it is spoken.

    Args:
        id: in the corpus.
        speaker: who says it.
        emotion: one of `EMOTIONS`.
        intensity: 1 (mild) or 2 (strong).
        line: what is said.
        manner: how it is said.
        activation: mean of the raters' ratings, from 1 (calm) to 5 (excited).
        valence: mean of the raters' ratings, from 1 (negative) to 5 (positive).
    """

    id: str
    speaker: Speaker
    emotion: str
    intensity: int
    line: ScriptLine
    manner: Manner
    activation: float
    valence: float


def plan(cast: Sequence[Speaker] | None = None, takes: int = TAKES) -> tuple[PlannedUtterance, ...]:
    """Plan every utterance, in the corpus's order. Each depends on its own identifier alone, whatever else is planned.

    Args:
        cast: who speaks; everybody unless told.
        takes: how many of each speaker, emotion and intensity; the first ones of the corpus.
    """
    return tuple(
        _planned(speaker, emotion, intensity, take)
        for speaker in (speakers() if cast is None else cast)
        for emotion in EMOTIONS
        for intensity in INTENSITIES
        for take in range(1, takes + 1)
    )


def _planned(speaker: Speaker, emotion: str, intensity: int, take: int) -> PlannedUtterance:
    identity = f"{speaker.id}_{emotion}{intensity}_{take:03d}"
    rng = keyed("synthetic", "plan", identity)
    line = draw_line(emotion, intensity, rng)
    activation, valence = (mean + MEANT_SD * rng.normal() for mean in PORTRAYED[emotion, intensity])
    return PlannedUtterance(
        id=identity,
        speaker=speaker,
        emotion=emotion,
        intensity=intensity,
        line=line,
        manner=manner(speaker, emotion, intensity, activation, rng),
        activation=_rated((1 - WORDS_IN_ACTIVATION) * activation + WORDS_IN_ACTIVATION * line.arousal, rng),
        valence=_rated((1 - WORDS_IN_VALENCE) * valence + WORDS_IN_VALENCE * line.valence, rng),
    )


def _rated(value: float, rng: Rng) -> float:
    """The mean of the raters' ratings, each from 1 to 5, to two decimals."""
    ratings = (min(max(value + RATER_SD * rng.normal(), 1.0), 5.0) for _ in range(RATERS))
    return round(sum(ratings) / RATERS, 2)
