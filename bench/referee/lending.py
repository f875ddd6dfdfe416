"""What the referee lends to attacks and effects: copies of speech, with opaque speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from bench.contracts.attacks import DefenseLook
from bench.contracts.defense_view import DefenseView
from bench.core.heard import Heard
from bench.core.rng import key_of
from bench.core.types import Utterance


def token_of(speaker: str, seed: int) -> str:
    """Name a speaker so that nothing can be told but who is the same: 16 hexadecimal digits.

    Args:
        speaker: as the corpus names them.
        seed: of the attack; another one gives other names.
    """
    return f"{key_of('voice', seed, speaker):016x}"


class Lent(Sequence[Heard]):
    """Speech as attacks and effects get it: whoever looks at an utterance gets a copy of its samples, made then.

    Args:
        speech: the utterances.
        seed: of the attack, see `token_of`.
        but: the id of one to leave out.
    """

    def __init__(self, speech: Sequence[Utterance], seed: int, but: str | None = None) -> None:
        kept = [one for one in speech if one.id != but]

        def copied(place: int) -> Heard:
            found = Heard.of(kept[place], token_of(kept[place].speaker, seed))
            return replace(found, waveform=found.waveform.clone())

        self._length, self._copied = len(kept), copied

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Heard: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Heard, ...]: ...

    def __getitem__(self, place: int | slice) -> Heard | tuple[Heard, ...]:
        if isinstance(place, slice):
            return tuple(self._copied(one) for one in range(self._length)[place])
        return self._copied(range(self._length)[place])


def look_through(view: DefenseView, utterance: Utterance) -> DefenseLook:
    """Let the search of one utterance look through a defence.

    Args:
        view: of the defence.
        utterance: whose candidates are looked at.
    """

    def said(heard: Sequence[Heard]) -> list[Utterance]:
        return [replace(utterance, waveform=h.waveform, transcript=h.transcript, words=h.words) for h in heard]

    return DefenseLook(view.purifies, lambda heard: view.refused(said(heard)), lambda heard: view.traces(said(heard)))
