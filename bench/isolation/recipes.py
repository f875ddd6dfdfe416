"""Victims and defences in processes of their own, as a run plans with them and fits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from bench.contracts.component import Component
from bench.contracts.composition import composed, specs_in
from bench.contracts.pipeline import modalities_of
from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.contracts.traits import Traits
from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.specs import bare
from bench.core.types import Modality, Utterance
from bench.isolation.channel import Message
from bench.isolation.described import Described
from bench.isolation.folder import packed
from bench.isolation.process import IsolatedProcess
from bench.isolation.room import Room
from bench.isolation.showing import shown_for
from bench.isolation.speech import labelled, noises_told
from bench.isolation.victim import IsolatedVictim, fitted_from


@dataclass(frozen=True)
class _There:
    """What a victim's recipe and a defence in a process of its own have in common.

    Args:
        room: what it sees.
        told: what it says of itself.
    """

    room: Room
    told: Described

    @property
    def params(self) -> Mapping[str, Any]:
        """Give its parameters by name; none of a pipeline."""
        return self.told.params

    def fingerprint(self) -> str:
        """Return its own digest of the files that it rests on; "" where it rests on none."""
        return self.told.fingerprint

    def pair(self, victim: Component, defense: Component) -> IsolatedRecipe:
        """Put a victim and a defence, of which it is one, into one process.

        Args:
            victim: isolated or not.
            defense: likewise; this one, where it is one.
        """
        return _paired(self.room, self.told, victim, defense)


@dataclass(frozen=True)
class IsolatedRecipe(_There):
    """A victim's recipe that is fitted, loaded and asked in a process of its own; each time in a new one.

    Args:
        room: what it sees.
        told: what it says of itself.
        defense: what stands around it there, without `isolated:`; "" for nothing.
        reads: whether the whole of it is given words.
        draws: whether the whole of it draws anew for every query.
    """

    defense: str = ""
    reads: bool | None = None
    draws: bool | None = None

    @property
    def traits(self) -> Traits:
        """Declare what it says that it does; it asks for no other utterances in later epochs of a defence here."""
        return replace(self.told.traits, renews=False)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Train it there: the one time that labels go through the pipe.

        Raises:
            ComponentError: it broke its contract there, or took too long.
            UsageError: something here wants to train it its own way.
        """
        if context.renew is not None or context.clean:
            expected = "the defence in the same process"
            raise UsageError(self.room.where, "a defence outside", expected, "write isolated: before the defence")
        process = self.room.open(context.progress, context.device)
        bank = context.noises if self.defense else replace(context.noises, clips=())
        (learnt, sounds), (chosen, other_sounds), (noises, clips) = labelled(train), labelled(valid), noises_told(bank)
        head = self._head("fit", context) | {"train": learnt, "valid": chosen, "noises": noises}
        answer = process.ask(head, [*sounds, *other_sounds, *clips], seconds=process.limits.fit_s)
        return self._fitted(process, answer, context)

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Load it into a process of its own.

        Raises:
            ComponentError: it broke its contract there.
        """
        process = self.room.open(context.progress, context.device)
        files = packed(folder)
        noises = {"name": context.noises.name, "fingerprint": context.noises.fingerprint}
        head = self._head("load", context) | {"noises": noises} | dict(files.head)
        return self._fitted(process, process.ask(head, files.arrays), context)

    def _head(self, doing: str, context: FitContext) -> dict[str, Any]:
        told = {"do": doing, "victim_spec": self.room.spec_of("victims"), "defense_spec": self.defense}
        threads = torch.get_num_threads()  # sums of another number of threads round otherwise
        about = {"task": asdict(context.task), "seed": context.seed, "device": str(context.device)}
        return told | about | {"threads": threads}

    def _fitted(self, process: IsolatedProcess, answer: Message, context: FitContext) -> IsolatedVictim:
        traits = self.told.traits
        reads = "text" in traits.modalities if self.reads is None else self.reads
        draws = traits.randomised if self.draws is None else self.draws
        classes = 1 if context.task.dimensional else len(context.task.classes)
        blank = IsolatedVictim(process, 0, classes, context.device, reads, draws, False, False, False)
        return fitted_from(answer, blank)


@dataclass(frozen=True)
class IsolatedDefense(_There):
    """A defence in a process of its own, with the victim that it defends.

    Args:
        room: what it sees.
        told: what it says of itself.
    """

    _checked: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def traits(self) -> Traits:
        """Declare what it says that it does, but for proofs, which are made here alone."""
        return replace(self.told.traits, certifies=False)

    def check_pair(self, victim: Component, defense: Component) -> None:
        """Let it refuse a victim, there; asked once.

        Args:
            victim: isolated or not.
            defense: this one.

        Raises:
            UsageError: it cannot defend it.
        """
        if self.told.checks and victim.spec not in self._checked:
            room = self.pair(victim, defense).room
            victim_spec, defense_spec = (spec for _, spec in room.inside)
            with room.asked() as process:
                process.ask({"do": "check", "victim_spec": victim_spec, "defense_spec": defense_spec})
            self._checked.add(victim.spec)

    def seen(self, noises: NoiseSet) -> frozenset[str] | None:
        """Ask it which of a bank's categories it was trained against.

        Raises:
            ComponentError: it names others.
        """
        if not self.told.seen:
            return None
        head = {"do": "seen", "kind": "defenses", "spec": self.told.spec, "categories": list(noises.categories)}
        known = {*noises.categories, "signal"}
        with self.room.asked() as process:
            named = process.ask(head).head.get("seen")
            if not isinstance(named, list) or not all(isinstance(one, str) and one in known for one in named):
                raise process.broken("categories that are not the bank's", ", ".join(sorted(known)))
        return frozenset(named)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Refuse: it is fitted with its victim, see `pair`."""
        raise self._alone()

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Refuse: it is loaded with its victim, see `pair`."""
        raise self._alone()

    def _alone(self) -> UsageError:
        expected = "both in one process"
        return UsageError(self.room.where, "a victim in another process", expected, "use bench.run, or its pair")


def _paired(room: Room, told: Described, victim: Component, defense: Component) -> IsolatedRecipe:
    """A victim under a defence, both in one sandbox.

    Args:
        room: of one of them.
        told: by the one that is isolated.
        victim: isolated or not.
        defense: likewise.
    """
    around = composed(tuple(bare(part) for part in specs_in("defenses", defense.spec)))
    inside = (("victims", bare(victim.spec)), ("defenses", around))
    modalities: tuple[Modality, ...] = modalities_of(victim.object, defense.object)
    draws = victim.traits.randomised or defense.traits.randomised
    sees_as_much = shown_for(room.registry, inside, room.hidden) == shown_for(room.registry, room.inside, room.hidden)
    both = replace(room, inside=inside, spare=room.spare if sees_as_much else [])
    return IsolatedRecipe(both, told, around, "text" in modalities, draws)
