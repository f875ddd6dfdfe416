"""What is fitted and what is measured: plain data, the coordinates of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.contracts.component import Component, check_pair, check_task
from bench.contracts.pipeline import Defended, modalities_of
from bench.contracts.protocols import TrainableVictim
from bench.core.errors import DataError
from bench.core.rng import key_of
from bench.core.specs import NO_DEFENSE
from bench.core.types import Half, Modality, Task, Utterance


@dataclass(frozen=True)
class FittedKey:
    """One victim under one defence, fitted on one split of a corpus.

    Args:
        victim: a recipe.
        defense: what stands around it; None for the bare victim.
        task: what the victim tells.
        split: the protocol of `--split`.
        fold: which of its folds, from 0.
        seed: of the training.
    """

    victim: Component
    defense: Component | None
    task: Task
    split: str
    fold: int
    seed: int

    @property
    def defense_spec(self) -> str:
        """Return the defence's spec, or "none"."""
        return NO_DEFENSE if self.defense is None else self.defense.spec

    @property
    def recipe(self) -> TrainableVictim:
        """Return the victim under its defence as one recipe; both run outside where one of them does."""
        victim, defense = self.victim, self.defense
        if defense is None:
            bare: TrainableVictim = victim.object
            return bare
        outside = next((one.object for one in (victim, defense) if one.isolated), None)
        paired: TrainableVictim = outside.pair(victim, defense) if outside else Defended(victim.object, defense.object)
        return paired

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Return what the victim under its defence perceives."""
        return modalities_of(self.victim.object, None if self.defense is None else self.defense.object)

    @property
    def randomised(self) -> bool:
        """Return whether victim or defence draws anew for every query."""
        return self.victim.traits.randomised or (self.defense is not None and self.defense.traits.randomised)

    @property
    def sessions(self) -> bool:
        """Return whether victim or defence remembers what it was asked, within a session."""
        return self.victim.traits.sessions or (self.defense is not None and self.defense.traits.sessions)

    def names(self) -> dict[str, Any]:
        """Return the columns by which results name it: victim, defense, task, split, fold, seed."""
        return {
            "victim": self.victim.spec,
            "defense": self.defense_spec,
            "task": self.task.name,
            "split": self.split,
            "fold": self.fold,
            "seed": self.seed,
        }

    def check(self) -> None:
        """Let the defence refuse the victim, and refuse what does not go with the task.

        Raises:
            bench.core.errors.UsageError: it cannot defend it; or one of them knows classes alone.
        """
        for component in (self.victim, self.defense):
            if component is not None:
                check_task(component, self.task)
        if self.defense is not None:
            check_pair(self.victim, self.defense)

    def __str__(self) -> str:
        return (
            f"victim {self.victim} · defense {self.defense_spec} · task {self.task.name} · "
            f"{self.split} fold {self.fold} · seed {self.seed}"
        )


@dataclass(frozen=True)
class Cell:
    """What is to be measured: one attack on one fitted victim.

    Args:
        fitted: who is attacked.
        attack: by what, with `corr` and `noises` where the attack has them.
        max_queries: the greatest k.
        limit: attack so many test utterances, drawn by their ids; None for all.
        repeat: which measurement of the same fitted victim, from 0: the search and a randomised victim draw anew.
        half: which half of the attack's sounds it has; None for all of them.
    """

    fitted: FittedKey
    attack: Component
    max_queries: int
    limit: int | None = None
    repeat: int = 0
    half: Half | None = None

    @property
    def search_seed(self) -> int:
        """Return what the searches are keyed by."""
        seed = self.fitted.seed
        return key_of(seed, "repeat", self.repeat) if self.repeat else seed

    def __str__(self) -> str:
        own = self.fitted
        return (
            f"victim {own.victim} · defense {own.defense_spec} · attack {self.attack} · task {own.task.name} · "
            f"{own.split} fold {own.fold} · seed {own.seed}" + f" · repeat {self.repeat}" * bool(self.repeat)
        ) + f" · {self.half} half of the bank" * (self.half is not None)


def attacked(cell: Cell, test: Sequence[Utterance]) -> list[Utterance]:
    """List the test utterances that a cell attacks: those drawn, and with a target those of any other label.

    Args:
        cell: what is measured.
        test: labelled.

    Raises:
        DataError: all have the label that is wanted.
    """
    target, task = cell.attack.threat_model.target, cell.fitted.task
    others = [one for one in test if not target or task.label_of(one) != target]
    if test and not others:
        found = f"{len(test)} utterances, all of them {target}"
        raise DataError(f"{cell}", found, "some with another label", "choose another --target")
    return limited(others, cell.limit)


def limited(utterances: Sequence[Utterance], limit: int | None) -> list[Utterance]:
    """Draw at most `limit` utterances by their ids alone, in their own order.

    Args:
        utterances: to draw from.
        limit: how many at most; None for all.

    >>> import torch
    >>> many = [Utterance(str(n), torch.zeros(1), speaker="a") for n in range(9)]
    >>> [u.id for u in limited(many, 3)] == [u.id for u in limited(many[::-1], 3)][::-1]
    True
    """
    drawn = sorted(utterances, key=lambda utterance: key_of("limit", utterance.id))[:limit]
    ids = {utterance.id for utterance in drawn}
    return [utterance for utterance in utterances if utterance.id in ids]
