"""Rounds: what an attack may learn from one utterance for another, and when.

The referee closes a round when all searches of its utterances have ended; then the attack is told what these were, and
may change its plan for the next. So what it knows of others never rests on batches, threads or who ends first. The
order of the utterances is drawn by the seed, and stands in the records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.contracts.attacks import LearningAttack, PastSearch
from bench.core.errors import ComponentError, blaming
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row

LARGEST_PLAN = 1 << 20
"""Characters that a plan may have as JSON."""
Searching = Callable[[Sequence[Utterance], str], Mapping[str, PastSearch]]
"""Attacks some utterances under a plan, and tells by id what the searches were."""


def in_order(seed: int, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Put utterances into the order in which an attack that learns meets them: drawn by the seed and their ids.

    Args:
        seed: of the search.
        utterances: in any order.
    """
    return sorted(utterances, key=lambda one: (key_of("order", seed, one.id), one.id))


def in_rounds(attack_run: AttackRun, utterances: Sequence[Utterance], search: Searching) -> dict[str, int]:
    """Attack utterances round after round; all at once where the attack learns nothing.

    Args:
        attack_run: the attack.
        utterances: all that are attacked.
        search: attacks some of them.

    Returns:
        The place of each in the order, from 0; nothing where there are no rounds.

    Raises:
        ComponentError: the attack raised in `learn`, has none, or gave what is no plan.
    """
    size = attack_run.granted.round_size
    if not size:
        search(utterances, attack_run.plan)
        return {}
    order, plan = in_order(attack_run.seed, utterances), attack_run.plan
    for some in _rounds(order, size):
        found = search(some, plan)
        plan = learnt(attack_run, plan, [found[one.id] for one in some])
    return {one.id: place for place, one in enumerate(order)}


def with_turns(rows: Sequence[Row], turns: Mapping[str, int]) -> list[Row]:
    """Write into rows the place of each utterance in the order.

    Args:
        rows: of any utterances.
        turns: by utterance; nothing where there is no order.
    """
    return [replace(row, turn=turns[row.utterance]) for row in rows] if turns else list(rows)


def _rounds(order: Sequence[Utterance], size: int) -> Iterator[Sequence[Utterance]]:
    yield from (order[start : start + size] for start in range(0, len(order), size))


def learnt(attack_run: AttackRun, plan: str, searches: Sequence[PastSearch]) -> str:
    """Return the plan after a round or a rehearsal, as JSON: nothing but what it says passes on.

    Args:
        attack_run: the attack.
        plan: the one before.
        searches: what they were, in the order of the utterances.

    Raises:
        ComponentError: the attack raised in `learn`, has none, or gave what is no plan.
    """
    where = f"attack {attack_run.name!r}, learn"
    learner = attack_run.attack if attack_run.learner is None else attack_run.learner
    if not isinstance(learner, LearningAttack):
        raise ComponentError(
            where, "no such method", "learn(plan, searches), since it declares that it learns", "add it"
        )
    with blaming(where, "a plan", "correct it"):
        found: Any = learner.learn(json.loads(plan), searches)
    try:
        told = json.dumps(found, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ComponentError(where, f"a plan that is no JSON ({error})", "plain JSON", "keep to it") from error
    if not isinstance(found, Mapping) or len(told) > LARGEST_PLAN:
        wrong = f"a plan of {len(told):,} characters" if isinstance(found, Mapping) else f"a {type(found).__name__}"
        raise ComponentError(where, wrong, f"a JSON object of at most {LARGEST_PLAN:,} characters", "keep less")
    return told
