"""What a corpus contradicts itself in: one sound under two speakers or labels, names that differ in case, typos.

None of it keeps a corpus from being read. Each makes figures say something else than they seem to: a speaker whose
sounds also stand under another name is trained on and attacked, and what has a typo in its label is left out.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

from bench.audio.mapped import release_sounds
from bench.core.types import Task, Utterance

_SHOWN = 3
_PROBE = 256
"""Samples from the middle by which sounds that may be alike are found, before all of theirs are compared."""

_RELEASED = 512
"""Utterances after which the memory of mapped sounds is given back."""

_RARE = 0.05
"""A label may be another one's typo where it has at most this share of the other's utterances."""

_CLOSE = 0.8
"""And where the two are at least so alike, by `difflib`."""


def doubts_about(utterances: Sequence[Utterance]) -> list[str]:
    """Say what a corpus contradicts itself in, one line each; none where nothing speaks for it.

    Samples are compared, not files: two rows of a table that name one file, and copies of it, are one sound.

    Args:
        utterances: all of the corpus, their samples on the CPU.

    >>> import torch
    >>> sound = torch.arange(9.0)
    >>> one, other = Utterance("a", sound, "sp1", emotion="anger"), Utterance("b", sound, "SP1", emotion="anger")
    >>> for doubt in doubts_about([one, other]):
    ...     print(doubt)
    one sound stands under two speakers, and may be trained on and attacked: 'a' and 'b'
    speakers 'SP1' and 'sp1' are told apart by case or spaces alone
    """
    return [*_sounds(utterances), *_speakers(utterances), *_typos(utterances)]


def left_out(utterances: Sequence[Utterance], task: Task) -> str | None:
    """Say which labels of a corpus are no class of a task, and on how many utterances they stand, or None for none.

    Args:
        utterances: all of the corpus.
        task: its classes are what is asked for.
    """
    others = Counter(str(one.emotion) for one in utterances if one.emotion is not None and task.label_of(one) is None)
    if task.attribute != "emotion" or not others:
        return None
    shown = ", ".join(f"{label} {count:,}" for label, count in sorted(others.items(), key=lambda pair: -pair[1])[:8])
    more = f" and {len(others) - 8} more" if len(others) > 8 else ""
    return f"{sum(others.values()):,} of {len(utterances):,} utterances are none of its classes: {shown}{more}"


def _sounds(utterances: Sequence[Utterance]) -> Iterator[str]:
    found: dict[str, list[tuple[Utterance, Utterance]]] = {}
    for first, *others in _same(utterances):
        for other in others:
            found.setdefault(_contradiction(first, other), []).append((first, other))
    for what, pairs in sorted(found.items()):
        shown = ", ".join(f"{one.id!r} and {other.id!r}" for one, other in pairs[:_SHOWN])
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        yield f"{'one sound' if len(pairs) == 1 else f'each of {len(pairs)} sounds'} {what}: {shown}{more}"


def _contradiction(one: Utterance, other: Utterance) -> str:
    if one.speaker != other.speaker:
        return "stands under two speakers, and may be trained on and attacked"
    labels = [(each.emotion, each.activation, each.valence, each.dominance) for each in (one, other)]
    return "stands there twice" if labels[0] == labels[1] else "has two labels"


def _same(utterances: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """Groups of utterances with the same samples."""
    alike: dict[tuple[int, bytes], list[Utterance]] = {}
    for number, one in enumerate(utterances, 1):
        if number % _RELEASED == 0:
            release_sounds()
        half = len(one.waveform) // 2
        probe = one.waveform[max(0, half - _PROBE) : half + 1]
        alike.setdefault((len(one.waveform), probe.numpy().tobytes()), []).append(one)
    for those in alike.values():
        left = those
        while len(left) > 1:
            equal = [one.waveform.equal(left[0].waveform) for one in left]
            if sum(equal) > 1:
                yield [one for one, same in zip(left, equal, strict=True) if same]
            left = [one for one, same in zip(left, equal, strict=True) if not same]


def _speakers(utterances: Sequence[Utterance]) -> Iterator[str]:
    names: dict[str, set[str]] = {}
    for one in utterances:
        names.setdefault("".join(one.speaker.casefold().split()), set()).add(one.speaker)
    same = [sorted(those) for those in names.values() if len(those) > 1]
    if same:
        more = f", and so are {len(same) - 1} more" if len(same) > 1 else ""
        yield f"speakers {' and '.join(map(repr, same[0]))} are told apart by case or spaces alone{more}"


def _typos(utterances: Sequence[Utterance]) -> Iterator[str]:
    counts = Counter(str(one.emotion) for one in utterances if one.emotion is not None)
    for label, count in sorted(counts.items()):
        others = [other for other, many in counts.items() if count <= _RARE * many or (count == 1 and many > 4)]
        if close := difflib.get_close_matches(label, others, n=1, cutoff=_CLOSE):
            yield f"label {label!r}, on {count} of {sum(counts.values())} utterances, looks like {close[0]!r} mistyped"
