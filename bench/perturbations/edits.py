"""Cutting pieces out of speech, putting one in, and moving its words along."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeVar

import torch
from torch import Tensor

from bench.core.heard import Heard
from bench.core.types import SAMPLE_RATE, Phone, Word

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


def bare(text: str) -> str:
    """Strip a word of its case, and of the punctuation around it.

    >>> bare("So,"), bare("it's")
    ('so', "it's")
    """
    return re.sub(r"^\W+|\W+$", "", text).casefold()


def unsaid(original: Heard, gone: Collection[int]) -> Heard:
    """Take words out of the words with times and, with their punctuation, out of the transcript. The sound stays.

    The transcript's words are those between its spaces; they are found by their text and order. What the transcript
    does not have cannot be taken out of it.

    Args:
        original: left as it is.
        gone: places in `original.words`.

    >>> words = (Word("so", 0.0, 0.1), Word("I", 0.1, 0.2), Word("so", 0.2, 0.3))
    >>> unsaid(Heard(torch.ones(9), transcript="So, I -- so!", words=words), [2]).transcript
    'So, I --'
    """
    words = original.words or ()
    kept = tuple(word for place, word in enumerate(words) if place not in gone)
    if original.transcript is None or len(kept) == len(words):
        return original if len(kept) == len(words) else replace(original, words=kept)
    tokens = original.transcript.split()
    matcher = SequenceMatcher(None, [bare(word.text) for word in words], [bare(one) for one in tokens], autojunk=False)
    left = dict(enumerate(tokens))
    for _, first, after, start, end in matcher.get_opcodes():
        if after - first == end - start:  # the same words, or as many others in the same place
            for place in range(first, after):
                if place in gone:
                    del left[start + place - first]
    shorter = original.transcript if len(left) == len(tokens) else " ".join(left.values())
    return replace(original, words=kept, transcript=shorter)


def without(original: Heard, spans: Iterable[Span]) -> Heard:
    """Cut some samples out of speech. All others stay as they are: there is no cross-fade.

    Args:
        original: left as it is.
        spans: first samples, and the ones after the last, of what to take out; they may overlap.

    Returns:
        Words and sounds after a cut have earlier times; those that were wholly cut out are gone, words from the
        transcript too.

    >>> without(Heard(torch.arange(6.0)), [(1, 3), (5, 6)]).waveform
    tensor([0., 3., 4.])
    """
    gone = merged(spans)
    starts = [0, *(end for _, end in gone)]
    ends = [*(start for start, _ in gone), original.waveform.shape[-1]]
    kept = [original.waveform[start:end] for start, end in zip(starts, ends, strict=True)]

    def cut_s(at_s: float) -> float:
        return sum(min(max(at_s * SAMPLE_RATE - start, 0.0), end - start) for start, end in gone) / SAMPLE_RATE

    def is_left(one: Word | Phone) -> bool:
        start_s, end_s = (min(max(at_s, 0.0), original.duration_s) for at_s in (one.start_s, one.end_s))
        lost_s = cut_s(end_s) - cut_s(start_s)
        return lost_s <= 0 or (end_s - start_s - lost_s) * SAMPLE_RATE >= 1

    words = original.words or ()
    left = unsaid(original, {place for place, word in enumerate(words) if not is_left(word)})
    if left.words is not None:
        heard = (replace(word, phones=tuple(filter(is_left, word.phones))) for word in left.words)
        left = replace(left, words=tuple(heard))
    return _with(left, torch.cat(kept), lambda at_s, _ends: at_s - cut_s(at_s))


def inserted(original: Heard, at: int, piece: Tensor) -> Heard:
    """Put a piece of sound before the sample `at` of speech; all its own samples stay as they are.

    Args:
        original: left as it is.
        at: from 0 to its number of samples.
        piece: shape (u,), at 16 kHz.

    Returns:
        Words and sounds after it have later times; the piece itself is no word.

    >>> inserted(Heard(torch.ones(3)), 1, torch.zeros(2)).waveform
    tensor([1., 0., 0., 1., 1.])
    """
    waveform = torch.cat([original.waveform[:at], piece.to(original.waveform), original.waveform[at:]])

    def moved(at_s: float, ends: bool) -> float:
        sample = round(at_s * SAMPLE_RATE)
        return at_s if sample < at or (ends and sample == at) else at_s + len(piece) / SAMPLE_RATE

    return _with(original, waveform, moved)


def paced(original: Heard, waveform: Tensor, span: Span, samples: int) -> Heard:
    """Give speech of which one stretch is played at another speed its new waveform, and its words their new times.

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


def _with(original: Heard, waveform: Tensor, moved: _Moved) -> Heard:
    """The speech with another waveform, and its words where `moved` puts their starts and ends."""
    longest_s = waveform.shape[-1] / SAMPLE_RATE

    def place(at_s: float, ends: bool) -> float:
        return min(max(moved(at_s, ends), 0.0), longest_s)

    def phone(one: Phone) -> Phone:
        return Phone(one.label, place(one.start_s, False), place(one.end_s, True))

    def word(one: Word) -> Word:
        return Word(one.text, place(one.start_s, False), place(one.end_s, True), tuple(map(phone, one.phones)))

    words = None if original.words is None else tuple(map(word, original.words))
    return replace(original, waveform=waveform, words=words)
