"""Which clean speech a victim may know of a speaker whose speech it is asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from bench.core.rng import key_of
from bench.core.types import Utterance

Enrolment = Literal["halves", "paper"]
"""`halves`: of each speaker one half of the utterances is asked about, the other is enrolled, and the other way round.
`paper`: all are enrolled and asked about, as in P1."""


@dataclass(frozen=True)
class Group:
    """Utterances that one instance of a victim is asked about.

    Args:
        asked: ids of the utterances.
        enrolled: what the instance knows of their speakers.
    """

    asked: frozenset[str]
    enrolled: tuple[Utterance, ...]


def groups_of(speech: Sequence[Utterance], enrolment: Enrolment) -> list[Group]:
    """Share out the speech of a part of a corpus.

    Halves depend on the ids alone. A speaker who has a single utterance is enrolled with none: a victim takes what it
    knows of the speakers that it was trained on.

    Args:
        speech: clean utterances of the part, all of them.
        enrolment: "halves" or "paper".

    Returns:
        One group, or two of which each knows what the other is asked about.

    >>> import torch
    >>> said = [Utterance(str(n), torch.zeros(1), speaker="a") for n in range(4)]
    >>> [(sorted(one.asked), sorted(u.id for u in one.enrolled)) for one in groups_of(said, "halves")]
    [(['1', '3'], ['0', '2']), (['0', '2'], ['1', '3'])]
    """
    if enrolment == "paper":
        return [Group(frozenset(one.id for one in speech), tuple(speech))]
    first = {one.id for own in _by_speaker(speech) for one in own[::2]}
    halves = [tuple(one for one in speech if (one.id in first) == wanted) for wanted in (True, False)]
    ids = [frozenset(one.id for one in half) for half in halves]
    return [Group(asked, known) for asked, known in zip(ids, reversed(halves), strict=True) if asked]


def unknown_in(speech: Sequence[Utterance], enrolment: Enrolment) -> list[str]:
    """List the ids of utterances whose speakers have no other: a victim is asked about them without knowing them.

    Args:
        speech: clean utterances of the part, all of them.
        enrolment: "halves" or "paper"; with the latter there are none.
    """
    alone = [own[0].id for own in _by_speaker(speech) if len(own) == 1]
    return sorted(alone) if enrolment == "halves" else []


def _by_speaker(speech: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """Each speaker's utterances, in an order that their ids draw."""
    order = sorted(speech, key=lambda one: (one.speaker, key_of("enrolment half", one.id), one.id))
    return (list(own) for _, own in groupby(order, key=lambda one: one.speaker))
