"""One-second blocks of utterances, P4's unit of training and test (section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

from bench.core.types import SAMPLE_RATE, Phone, Utterance, Word

SEGMENT_S = 1
"""Seconds."""

WHOLE = "utterance"
"""The metadata field of a block that holds the id of the utterance it was cut from."""


def segments_of(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Cut utterances into whole seconds, from their start (P4, section 3); a block is labelled as its utterance is.

    Reading: P4 does not say what becomes of the rest. What is left at the end is dropped; an utterance shorter than a
    second is one block as it stands; a block in which there is nothing to hear is left out. A block has the words that
    lie wholly within it, and no transcript of its own where their times are not known.

    >>> import torch
    >>> cut = segments_of([Utterance("a", torch.ones(40_000), speaker="x"), Utterance("b", torch.ones(9), speaker="x")])
    >>> [(block.id, block.waveform.shape[0]) for block in cut]
    [('a#0', 16000), ('a#1', 16000), ('b#0', 9)]
    """
    return tuple(block for utterance in utterances for block in _cut(utterance))


def _cut(utterance: Utterance) -> Iterator[Utterance]:
    from bench.audio.reading import SILENCE_PEAK

    step = SEGMENT_S * SAMPLE_RATE
    samples = utterance.waveform.shape[-1]
    for number, start in enumerate(range(0, max(samples - step, 0) + 1, step)):
        waveform = utterance.waveform[start : start + step]
        if utterance.has_sound and float(waveform.abs().max()) <= SILENCE_PEAK:
            continue
        words = _words(utterance.words, number * SEGMENT_S) if utterance.words is not None else None
        yield replace(
            utterance,
            id=f"{utterance.id}#{number}",
            waveform=waveform,
            words=words,
            transcript=None if words is None else " ".join(word.text for word in words),
            metadata=MappingProxyType({**utterance.metadata, WHOLE: utterance.id}),
        )


def _words(words: Iterable[Word], start_s: float) -> tuple[Word, ...]:
    """Those that lie within the block that begins here, by the block's own clock."""
    return tuple(
        Word(
            word.text,
            word.start_s - start_s,
            word.end_s - start_s,
            tuple(Phone(phone.label, phone.start_s - start_s, phone.end_s - start_s) for phone in word.phones),
        )
        for word in words
        if start_s <= word.start_s and word.end_s <= start_s + SEGMENT_S
    )
