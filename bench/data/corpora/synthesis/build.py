"""From the plan to recorded utterances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.core.rng import keyed
from bench.core.types import SAMPLE_RATE, Word
from bench.data.corpora.synthesis.plan import PlannedUtterance
from bench.data.corpora.synthesis.recording import later, record
from bench.data.speech.espeak import Spoken, Voice, speak_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHORTEST_S, LONGEST_S = 0.8, 3.65
"""Seconds of speech; the silence around it adds 0.12 to 0.32 s."""
BATCH = 120
"""Utterances held in memory as float64 at one time."""


@dataclass(frozen=True)
class Recorded:
    """An utterance as it is kept.

    Args:
        planned: who says what, how.
        samples: shape (t,), int16, at 16 kHz.
        words: with their times.
    """

    planned: PlannedUtterance
    samples: NDArray[np.int16]
    words: tuple[Word, ...]


def recordings(
    planned: Sequence[PlannedUtterance], workers: int | None = None, on_done: Callable[[int], None] | None = None
) -> Iterator[Recorded]:
    """Speak and record each utterance of a plan, in order. A recording depends on its plan alone.

    Args:
        planned: the utterances.
        workers: how many are spoken at once; by default, one a core.
        on_done: called with 1 as each is spoken, in no fixed order.
    """
    for start in range(0, len(planned), BATCH):
        batch = planned[start : start + BATCH]
        spoken = speak_all([(one.line.text, one.manner.voice) for one in batch], workers, on_done)
        again = [i for i, what in enumerate(spoken) if not SHORTEST_S <= _seconds(what) <= LONGEST_S]
        hurried = speak_all([_in_time(batch[i], spoken[i]) for i in again], workers)
        for i, what in zip(again, hurried, strict=True):
            spoken[i] = what
        yield from (_recorded(one, what) for one, what in zip(batch, spoken, strict=True))


def _seconds(spoken: Spoken) -> float:
    return len(spoken.samples) / SAMPLE_RATE


def _in_time(planned: PlannedUtterance, spoken: Spoken) -> tuple[str, Voice]:
    """The same request, at a rate that brings it within the limits."""
    voice, seconds = planned.manner.voice, _seconds(spoken)
    wanted = SHORTEST_S * 1.1 if seconds < SHORTEST_S else LONGEST_S * 0.92
    rate = min(max(round(voice.rate_wpm * seconds / wanted), 80), 450)
    return planned.line.text, replace(voice, rate_wpm=rate)


def _recorded(planned: PlannedUtterance, spoken: Spoken) -> Recorded:
    how, rng = planned.manner, keyed("synthetic", "recording", planned.id)
    samples, before_s = record(spoken.samples, how.level_db, how.tilt_db, how.tremor, rng)
    return Recorded(planned, samples, later(spoken.words, before_s))
