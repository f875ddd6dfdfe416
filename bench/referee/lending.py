"""What the referee lends to attacks and effects: copies of speech, with opaque speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from bench.contracts.attacks import AttackTools, DefenseLook, KnownSpeech
from bench.contracts.defense_view import DefenseView
from bench.contracts.threat_models import ThreatModel
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


class LentKnown(Sequence[KnownSpeech]):
    """Speech with labels, as attacks that know it get it: copies, with opaque speakers.

    Args:
        speech: the utterances.
        labels: one for each.
        seed: of the attack, see `token_of`.
        values: in a dimensional task, a number for each; none in a task of classes.
    """

    def __init__(
        self, speech: Sequence[Utterance], labels: Sequence[str], seed: int, values: Sequence[float | None] = ()
    ) -> None:
        self._speech, self._labels = Lent(speech, seed), tuple(labels)
        self._values = tuple(values) or (None,) * len(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, place: int) -> KnownSpeech: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[KnownSpeech, ...]: ...

    def __getitem__(self, place: int | slice) -> KnownSpeech | tuple[KnownSpeech, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(len(self))[place])
        return KnownSpeech(self._speech[place], self._labels[place], self._values[place])


def granted_tools(tools: AttackTools, granted: ThreatModel, max_queries: int | None) -> AttackTools:
    """Leave out of an attack's tools what its threat model does not grant.

    Args:
        tools: with all that is known.
        granted: the threat model.
        max_queries: the budget that the attack is told; None for none.
    """
    knows = granted.knows
    return replace(
        tools,
        perception=tools.perception.copied(),
        max_queries=max_queries,
        degradation=tools.degradation if "noise-harm" in knows else None,
        validation=tools.validation if "validation" in knows else (),
        training=tools.training if "training" in knows else (),
    )


def look_through(view: DefenseView, utterance: Utterance) -> DefenseLook:
    """Let the search of one utterance look through a defence.

    Args:
        view: of the defence.
        utterance: whose candidates are looked at.
    """

    def said(heard: Sequence[Heard]) -> list[Utterance]:
        return [replace(utterance, waveform=h.waveform, transcript=h.transcript, words=h.words) for h in heard]

    return DefenseLook(view.purifies, lambda heard: view.refused(said(heard)), lambda heard: view.traces(said(heard)))
