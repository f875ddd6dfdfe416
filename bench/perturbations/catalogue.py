"""P1's catalogue of what is done to speech without a recording of noise, and where it lays such recordings."""

from __future__ import annotations

from typing import Literal

from bench.contracts.recipes import Fade
from bench.core.types import Rng

Position = Literal["start", "whole"]
"""A sound that starts with the utterance and fades out (St), or one that lasts (Co)."""
Length = Literal["short", "medium", "complete"]

P1_EFFECTS = (
    "speed_segment",
    "fade_in",
    "fade_out",
    "filler:length=short",
    "filler:length=long",
    "drop_words",
    "drop_letters",
    "laugh",
    "cry",
    "speed_utterance:rate=1.25",
    "speed_utterance:rate=0.75",
    "pitch:factor=1.25",
    "pitch:factor=0.75",
    "reverb",
)
"""Specs of the effects of category "signal" that P1 (section 4) adds to speech: attacks that ask once, in its order."""

SHARES: dict[Length, float] = {"short": 0.1, "medium": 0.5, "complete": 1.0}
"""P1's lengths of a sound laid over an utterance, as shares of the utterance's: readings, since P1 gives no figures."""


def stretch(samples: int, position: Position, length: Length, rng: Rng) -> tuple[tuple[int, int] | None, Fade]:
    """Tell which samples of an utterance a sound covers, and whether it fades out.

    Args:
        samples: the utterance's length.
        position: "start", or "whole": a sound shorter than the utterance lies anywhere within it then.
        length: one of `SHARES`.
        rng: draws where it lies, if it may lie anywhere.

    Returns:
        An overlay's `segment` and `fade`.
    """
    covered = max(round(SHARES[length] * samples), 1)
    start = int(rng.integers(samples - covered + 1)) if position == "whole" and covered < samples else 0
    return None if covered == samples else (start, start + covered), "out" if position == "start" else ""
