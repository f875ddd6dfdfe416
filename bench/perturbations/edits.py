"""Cutting pieces out of an utterance, putting one in, and moving the times of its words along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from bench.core.types import SAMPLE_RATE, Phone, Utterance, Word

Span = tuple[int, int]
"""A first sample, and the one after the last."""

_Timed = TypeVar("_Timed", Word, Phone)
_Moved = Callable[[float, bool], float]
"""From an old time, and whether something ends there, to the new one; in seconds."""


def span_of(start_s: float, end_s: float, samples: int) -> Span:
    """Find the samples of a stretch of time within a waveform of so many samples.

    Args:
        start_s: where the stretch begins, in seconds.
        end_s: where it ends, in seconds.
        samples: the waveform's length, at 16 kHz.

    Returns:
        The first sample and the one after the last, within the waveform; one twice where no sample is in the stretch.

    >>> span_of(0.5, 2.0, 16_000)
    (8000, 16000)
    """
    start, end = (min(max(round(at_s * SAMPLE_RATE), 0), samples) for at_s in (start_s, end_s))
    return start, max(start, end)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Merge spans of samples: the same samples in spans that are in order, not empty, and neither overlap nor touch.

    >>> merged([(5, 9), (0, 2), (2, 4), (7, 7)])
    [(0, 4), (5, 9)]
    """
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(original: Utterance, spans: Iterable[Span]) -> Utterance:
    """Cut some samples out of an utterance. All others stay as they are: there is no cross-fade.

    Args:
        original: left as it is.
        spans: first samples, and the ones after the last, of what to take out; they may overlap.

    Returns:
        Words and sounds after a cut have earlier times; those that were wholly cut out are gone. The transcript is
        the original's.

    >>> said = Utterance("1", torch.arange(6.0), "a")
    >>> without(said, [(1, 3), (5, 6)]).waveform
    tensor([0., 3., 4.])
    """
    gone = merged(spans)
    starts = [0, *(end for _, end in gone)]
    ends = [*(start for start, _ in gone), original.waveform.shape[-1]]
    kept = [original.waveform[start:end] for start, end in zip(starts, ends, strict=True)]

    def moved(at_s: float, _ends: bool) -> float:
        return at_s - sum(min(max(at_s * SAMPLE_RATE - start, 0.0), end - start) for start, end in gone) / SAMPLE_RATE

    return _with(original, torch.cat(kept), moved)


def inserted(original: Utterance, at: int, piece: Tensor) -> Utterance:
    """Put a piece of sound before an utterance's sample `at`; all its own samples stay as they are.

    Args:
        original: left as it is.
        at: from 0 to its number of samples.
        piece: shape (u,), at 16 kHz.

    Returns:
        Words and sounds after it have later times; the piece itself is no word.

    >>> inserted(Utterance("1", torch.ones(3), "a"), 1, torch.zeros(2)).waveform
    tensor([1., 0., 0., 1., 1.])
    """
    waveform = torch.cat([original.waveform[:at], piece.to(original.waveform), original.waveform[at:]])

    def moved(at_s: float, ends: bool) -> float:
        sample = round(at_s * SAMPLE_RATE)
        return at_s if sample < at or (ends and sample == at) else at_s + len(piece) / SAMPLE_RATE

    return _with(original, waveform, moved)


def paced(original: Utterance, waveform: Tensor, span: Span, samples: int) -> Utterance:
    """Give an utterance of which one stretch is played at another speed its new waveform, and its words their new
    times.

    Args:
        original: left as it is.
        waveform: what is heard now, shape (u,), at 16 kHz.
        span: the original's samples that are played at another speed, the first and the one after the last.
        samples: how many there are of them now.
    """
    start_s, end_s = (at / SAMPLE_RATE for at in span)
    share = samples / (span[1] - span[0])

    def moved(at_s: float, _ends: bool) -> float:
        inside = min(max(at_s - start_s, 0.0), end_s - start_s)
        return at_s - inside + inside * share

    return _with(original, waveform, moved)


def _with(original: Utterance, waveform: Tensor, moved: _Moved) -> Utterance:
    """The utterance with another waveform, and its words where `moved` puts their starts and ends."""
    longest_s = waveform.shape[-1] / SAMPLE_RATE
    words = original.words

    def place(at_s: float, ends: bool) -> float:
        return min(max(moved(at_s, ends), 0.0), longest_s)

    if words is not None:
        placed = (replace(word, phones=_placed(word.phones, place)) for word in words)
        words = _placed(tuple(placed), place)
    return replace(original, waveform=waveform, words=words)


def _placed(timed: Sequence[_Timed], place: _Moved) -> tuple[_Timed, ...]:
    """Words or sounds at their new times, without those of which less than one sample is left."""
    found = []
    for one in timed:
        start_s, end_s = place(one.start_s, False), place(one.end_s, True)
        if (end_s - start_s) * SAMPLE_RATE >= 1 or end_s - start_s >= one.end_s - one.start_s:
            found.append(replace(one, start_s=start_s, end_s=end_s))
    return tuple(found)
