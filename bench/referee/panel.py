"""Several referees, each of its own utterances, that speak as one: an utterance's own never heard it before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from bench.contracts.attacks import PastSearch
from bench.contracts.defense_view import DefenseView
from bench.core.dimensional import place_of
from bench.core.showing.progress import no_steps
from bench.core.types import Task, Utterance
from bench.referee.referee import Referee
from bench.referee.rounds import in_rounds, with_turns
from bench.referee.search import AttackRun, Candidate
from bench.scoring.record_files.rows import Row

_T = TypeVar("_T")


@dataclass(frozen=True)
class Seat:
    """One referee and whom it judges.

    Args:
        referee: of an instance that was enrolled with other speech.
        utterances: ids of those that it is asked about.
        view: a look through the defence that is attacked; None for attackers who have no copy of it.
    """

    referee: Referee
    utterances: frozenset[str]
    view: DefenseView | None = None


@dataclass(frozen=True)
class Panel:
    """Referees of instances of one fitted victim.

    Args:
        seats: at least one; every utterance that is asked about has one.
    """

    seats: tuple[Seat, ...]

    @property
    def task(self) -> Task:
        """Return what the victim tells."""
        return self.seats[0].referee.task

    @property
    def device(self) -> torch.device:
        """Return where what is asked about lies."""
        return self.seats[0].referee.device

    def names(self, labels: Sequence[int]) -> list[str]:
        """Return the class names of class indices; of the number of classes, the name of a refusal."""
        return self.seats[0].referee.names(labels)

    def labels(self, utterances: Sequence[Utterance]) -> list[int]:
        """Ask for the victim's class index of each utterance as it stands; nothing is charged.

        Where the victim refuses, the index is the number of classes.
        """
        return self._said(utterances, lambda referee, own: referee.labels(own))

    def values(self, utterances: Sequence[Utterance]) -> list[float]:
        """Ask for the number that the victim of a dimensional task answers about each utterance; nothing is charged."""
        return self._said(utterances, lambda referee, own: referee.values(own))

    def _said(
        self, utterances: Sequence[Utterance], ask: Callable[[Referee, Sequence[Utterance]], Sequence[_T]]
    ) -> list[_T]:
        """What each utterance's own referee is answered about it, in their order."""
        found: dict[int, _T] = {}
        for seat in self.seats:
            places = [place for place, one in enumerate(utterances) if one.id in seat.utterances]
            found |= dict(zip(places, ask(seat.referee, [utterances[place] for place in places]), strict=True))
        return [found[place] for place in range(len(utterances))]

    def told(self, utterances: Sequence[Utterance]) -> tuple[list[str], list[float]]:
        """Ask what the victim says of each utterance: the names of labels; in a dimensional task the numbers too."""
        if not self.task.dimensional:
            return self.names(self.labels(utterances)), []
        values = self.values(utterances)
        return [self.task.classes[place_of(self.task, value, value)] for value in values], values

    def run(
        self,
        attack_run: AttackRun,
        utterances: Sequence[Utterance],
        advance: Callable[[int], None] = no_steps,
        keep: Callable[[Candidate, Row], None] | None = None,
    ) -> list[Row]:
        """Attack every utterance, see `bench.referee.referee.Referee.run`.

        Args:
            attack_run: the attack, and what it may use; what it sees of the defence is each seat's own.
            utterances: clean, labelled in the task.
            advance: told of every finished search.
            keep: told every candidate with its row, an utterance's in their order.
        """
        rows: dict[str, list[Row]] = {one.id: [] for one in utterances}
        asked = [
            (seat, own) for seat in self.seats if (own := [one for one in utterances if one.id in seat.utterances])
        ]
        found: Iterable[Row] = (
            row for seat, own in asked for row in seat.referee.run(_seen_from(seat, attack_run), own, advance, keep)
        )
        if attack_run.granted.round_size:
            sittings = [(s, s.referee.open(_seen_from(s, attack_run), own, advance, keep)) for s, own in asked]

            def search(some: Sequence[Utterance], plan: str) -> dict[str, PastSearch]:
                past: dict[str, PastSearch] = {}
                for seat, sitting in sittings:
                    past |= sitting.search([one for one in some if one.id in seat.utterances], plan)
                return past

            turns = in_rounds(attack_run, utterances, search)
            found = with_turns([row for _, sitting in sittings for row in sitting.finish()], turns)
        for row in found:
            rows[row.utterance].append(row)
        return [row for own_rows in rows.values() for row in own_rows]


def _seen_from(seat: Seat, attack_run: AttackRun) -> AttackRun:
    """The attack with its look through the defence that this seat judges."""
    return attack_run if seat.view is None else replace(attack_run, view=seat.view)
