"""Rehearsals: what an attack may ask about validation speakers before anybody is attacked, counted by the referee."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.contracts.attacks import PastSearch
from bench.core.showing.progress import no_steps
from bench.core.types import Utterance
from bench.referee.attack_run import NO_PLAN, AttackRun
from bench.referee.panel import Panel, Seat
from bench.referee.referee import Referee
from bench.referee.rounds import learnt


@dataclass(frozen=True)
class Rehearsal:
    """What came of a rehearsal.

    Args:
        utterances: how many it was asked about.
        queries: how often the victim was asked.
        fell: of how many utterances a changed label would have counted.
    """

    utterances: int
    queries: int
    fell: int

    def to_json(self) -> dict[str, object]:
        """Return what records say of it."""
        return {"utterances": self.utterances, "queries": self.queries, "fell": self.fell}


def rehearsed(
    referee: Referee | Panel,
    attack_run: AttackRun,
    utterances: Sequence[Utterance],
    advance: Callable[[int], None] = no_steps,
) -> tuple[AttackRun, Rehearsal | None]:
    """Let an attack search validation speech, and learn from that what all its searches have as their plan.

    Each utterance is searched with the budget `ThreatModel.rehearsal`, judged as attacked speech is and told the same.
    Nothing of it stands in records but how much it was.

    Args:
        referee: its victim knows these utterances' speakers.
        attack_run: the attack, with the tools that it attacks with.
        utterances: clean, of speakers who are not attacked.
        advance: told of every finished search.

    Returns:
        The attack with its plan, and what the rehearsal was; as it was, and None, where none is granted.

    Raises:
        ComponentError: the attack broke its contract, has no `learn`, or gave what is no plan.
    """
    if not attack_run.granted.rehearsal:
        return attack_run, None
    tools = replace(attack_run.tools, max_queries=attack_run.granted.rehearsal)
    run = replace(attack_run, tools=tools, speech=utterances, rehearsing=True)
    everybody = frozenset(one.id for one in utterances)
    seats = referee.seats if isinstance(referee, Panel) else (Seat(referee, everybody),)
    found: dict[str, PastSearch] = {}
    for seat in seats:
        own = [one for one in utterances if one.id in seat.utterances]
        found |= seat.referee.open(replace(run, view=seat.view), own, advance).search(own, NO_PLAN) if own else {}
    searches = [found[one.id] for one in utterances]
    fell = sum(any(answer.fooled and answer.counts for _, answer in one.asked) for one in searches)
    rehearsal = Rehearsal(len(utterances), sum(len(one.asked) for one in searches), fell)
    return replace(attack_run, plan=learnt(run, NO_PLAN, searches)), rehearsal
