"""What is said: sentences drawn for an emotion and a strength, and for nobody in particular.

A sentence is drawn without regard to who will say it, so the words tell nothing of the speaker. About one in five is
shared by all emotions, and some are said in words of another tone, so that the words alone do not settle the emotion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.core.types import Rng
from bench.data.corpora.synthesis.frames import COMMON, OF_EMOTION, SHARED
from bench.data.corpora.synthesis.lexicon import NAMES, PLACES, TIMES, TONES, Tone

SHARED_SHARE = 0.20
OTHER_TONE_SHARE = 0.20
"""Said in mild words of another tone: plainly by somebody who is moved, fondly by somebody sad, bitingly by somebody
angry, with feeling by somebody who is not moved."""
OTHER_TONES = {
    "anger": ("neutral", "happiness", "sadness"),
    "happiness": ("neutral", "sadness", "anger"),
    "sadness": ("neutral", "happiness", "anger"),
    "neutral": ("happiness", "sadness", "anger"),
}
OWN_FRAME_SHARE = 0.22
STRONG_SHARE = {1: 0.2, 2: 0.8}
"""The share of strong words at each intensity."""
MAX_SYLLABLES = 14
"""So that the slowest speaker is done within four seconds."""
NEUTRAL_VALENCE, NEUTRAL_AROUSAL = 3.0, 2.9


@dataclass(frozen=True)
class ScriptLine:
    """A sentence, and what its words alone would be rated.

    Args:
        text: the sentence.
        valence: from 1 (negative) to 5 (positive).
        arousal: from 1 (calm) to 5 (excited).
    """

    text: str
    valence: float
    arousal: float


def draw_line(emotion: str, intensity: int, rng: Rng) -> ScriptLine:
    """Draw a sentence for an emotion at an intensity.

    Args:
        emotion: "anger", "happiness", "sadness" or "neutral".
        intensity: 1 (mild) or 2 (strong).
        rng: what to draw from.
    """
    chance = rng.random()
    frames: tuple[str, ...] = COMMON
    if chance < SHARED_SHARE:
        return ScriptLine(_fitting(SHARED, TONES["neutral", "mild"], rng), NEUTRAL_VALENCE, NEUTRAL_AROUSAL)
    if chance < SHARED_SHARE + OTHER_TONE_SHARE:
        tone = TONES[OTHER_TONES[emotion][rng.integers(3)], "mild"]
    else:
        tone = TONES[emotion, "strong" if rng.random() < STRONG_SHARE[intensity] else "mild"]
        if rng.random() < OWN_FRAME_SHARE:
            frames = OF_EMOTION[emotion]
    return ScriptLine(_fitting(frames, tone, rng), tone.valence, tone.arousal)


def _fitting(frames: tuple[str, ...], tone: Tone, rng: Rng) -> str:
    """The first draw that is neither too long nor too short."""
    while True:
        text = fill(frames[rng.integers(len(frames))], tone, rng)
        if MAX_SYLLABLES // 2 <= syllables(text) <= MAX_SYLLABLES:
            return text


def fill(frame: str, tone: Tone, rng: Rng) -> str:
    """Fill a frame's slots with words, and put "a" or "an" as the next word asks.

    Args:
        frame: a sentence with slots such as `{thing}` and `{adj}`.
        tone: has the words of a tone.
        rng: draws one for each slot.
    """
    slots = {"adj": tone.adj, "feel": tone.feel, "thing": tone.thing, "event": tone.event, "who": tone.who}
    slots |= {"name": NAMES, "place": PLACES, "time": TIMES}
    text = frame.format(**{slot: words[rng.integers(len(words))] for slot, words in slots.items()})
    return re.sub(r"\b([Aa])n? (?=(\w+))", _article, text)


def _article(match: re.Match[str]) -> str:
    vowel = re.match(r"[aeio]|u(?!s[eu])|hour", match[2], re.IGNORECASE)
    return match[1] + ("n " if vowel else " ")


def syllables(text: str) -> int:
    """Count the syllables of a text, about: its groups of vowels, less a silent e.

    >>> syllables("That was a wonderful party.")
    8
    """
    return sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e\b", "", word)))) for word in text.lower().split())
