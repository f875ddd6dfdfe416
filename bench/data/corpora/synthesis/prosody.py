"""How it is said: from an emotion and its activation to pitch, rate, level, voice quality and pauses.

The directions are the published ones, for English and related languages. The sizes are choices made for this corpus:
large enough for the cues to be there, small enough for speakers and moments to blur them.

| cue     | with activation | anger | happiness | sadness | after |
|---------|-----------------|-------|-----------|---------|-------|
| f0 level | rises | | higher still | lower | Murray & Arnott 1993; Banse & Scherer 1996; Juslin & Laukka 2003 |
| f0 range | widens | | wider | narrower | Murray & Arnott 1993; Juslin & Laukka 2003; Busso et al. 2009 |
| rate | rises | faster | | slower | Murray & Arnott 1993; Scherer 2003 |
| level | rises | louder | | softer | Banse & Scherer 1996; Goudbeek & Scherer 2010 |
| tilt (share of high frequencies) | rises | tense, brighter | | lax, duller | Scherer 2003; Juslin & Laukka 2003 |
| pauses | fewer | | | more | Scherer 2003; Juslin & Laukka 2003 |
| irregularity of f0 | | | | tremor | Juslin & Laukka 2003 |
| formants | | | a little higher: a smile | | Tartter 1980 |

That activation is in the voice far more than valence is, is the common finding of Banse & Scherer (1996), Scherer
(2003) and Goudbeek & Scherer (2010); here valence reaches the voice only through what is particular to an emotion.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.core.types import Rng
from bench.data.corpora.synthesis.speakers import CUES, Speaker
from bench.data.speech.espeak import Voice

MIDDLE_ACTIVATION = 2.9

BY_ACTIVATION = {"f0": 2.2, "range": 0.28, "rate": 0.09, "level": 3.0, "tilt": 3.0, "pause": -0.8, "tremor": 0.0}
"""Change of a cue for one point of activation. f0 in semitones, range and rate as natural logarithms of a factor, level
and tilt in dB, pause in units of 10 ms between words, tremor in per cent of f0."""

BY_EMOTION: dict[str, dict[str, float]] = {
    "anger": {"f0": -0.6, "range": 0.0, "rate": 0.05, "level": 1.6, "tilt": 2.2, "pause": -0.3, "tremor": 0.2},
    "happiness": {"f0": 1.4, "range": 0.18, "rate": 0.0, "level": -0.5, "tilt": -0.5, "pause": 0.0, "tremor": 0.0},
    "sadness": {"f0": -0.3, "range": -0.20, "rate": -0.07, "level": -0.8, "tilt": -1.5, "pause": 0.8, "tremor": 0.7},
    "neutral": {"f0": -0.3, "range": -0.05, "rate": 0.03, "level": 0.0, "tilt": 0.0, "pause": 0.0, "tremor": 0.0},
}
"""What an emotion adds to its activation, at intensity 1; `INTENSITY` times that at intensity 2. Same units."""
INTENSITY = {1: 0.8, 2: 1.25}

SPREAD = {"f0": 1.2, "range": 0.16, "rate": 0.06, "level": 1.6, "tilt": 1.6, "pause": 0.6, "tremor": 0.3}
"""Standard deviation from one utterance to the next, of the same units."""

SMILE_SCALE = 0.012
SEMITONE_IN_PITCH = 100 / 24
"""eSpeak NG's pitch goes over two octaves in a hundred steps."""


@dataclass(frozen=True)
class Manner:
    """How one utterance is said.

    Args:
        voice: for eSpeak NG.
        level_db: RMS of the speech, dB re full scale.
        tilt_db: gain above 1 kHz.
        tremor: standard deviation of slow, irregular changes of pitch, as a fraction.
    """

    voice: Voice
    level_db: float
    tilt_db: float
    tremor: float


def manner(speaker: Speaker, emotion: str, intensity: int, activation: float, rng: Rng) -> Manner:
    """Draw how a speaker says something.

    Args:
        speaker: whose habits and strengths are used.
        emotion: a key of `BY_EMOTION`.
        intensity: 1 or 2.
        activation: what is portrayed, from 1 to 5.
        rng: for the spread.
    """
    cue = {
        name: speaker.strengths[name]
        * (BY_ACTIVATION[name] * (activation - MIDDLE_ACTIVATION) + BY_EMOTION[emotion][name] * INTENSITY[intensity])
        + SPREAD[name] * rng.normal()
        for name in CUES
    }
    smile = SMILE_SCALE * (emotion == "happiness") * INTENSITY[intensity] + 0.004 * rng.normal()
    voice = Voice(
        variant=speaker.variant,
        pitch=_within(50 + SEMITONE_IN_PITCH * (speaker.f0_st + cue["f0"]), 5, 95),
        range=_within(speaker.range * 2.7182818 ** cue["range"], 10, 95),
        rate_wpm=_within(speaker.rate_wpm * 2.7182818 ** cue["rate"], 125, 260),
        word_gap=_within(0.8 + cue["pause"], 0, 6),
        scale=speaker.scale * (1.0 + smile),
    )
    tremor = 0.01 * min(max(0.4 + cue["tremor"], 0.0), 3.0)
    return Manner(voice, min(speaker.level_db + cue["level"], -16.0), speaker.tilt_db + cue["tilt"], tremor)


def _within(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)
