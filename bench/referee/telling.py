"""What an attack is told of its candidate: what its threat model grants, and no more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench.contracts.attacks import Answer
from bench.contracts.threat_models import ThreatModel
from bench.core.types import REFUSED
from bench.scoring.record_files.rows import Row

PROBABILITY_DECIMALS = 3
"""Decimals of a probability that is told: what a batch changes lies beyond them."""


def answer_for(
    granted: ThreatModel, row: Row, fooled: bool, counts: bool, probabilities: Mapping[str, float]
) -> Answer:
    """Make the answer for a search.

    In a dimensional task the number goes with the label; a tie there is told as any other number.

    A refusal, and a tie, which is no answer either, is told to who is answered "refusals". To any other it looks like
    the label of the clean speech. Where the clean speech itself is refused, no label is told at all.

    Args:
        granted: its threat model.
        row: what is written down of the candidate.
        fooled: whether the victim's label changed, and not by chance.
        counts: whether a changed label counts.
        probabilities: of each class; not asked for where the threat model does not grant them.

    >>> row = Row("u", "s", 1, "anger", "anger", REFUSED)
    >>> answer_for(ThreatModel(answers="label"), row, False, True, {}).label
    'anger'
    >>> answer_for(ThreatModel(answers="refusals"), row, False, True, {}).refused
    True
    """
    answer, refused = Answer(fooled, counts=counts, snr_db=row.snr_db), row.label_after == REFUSED
    if not granted.tells("label"):
        return answer
    if row.value_after is not None:
        answer = replace(answer, value=round(row.value_after, PROBABILITY_DECIMALS))
    if not granted.tells("refusals"):
        label = row.label_before if refused else row.label_after
        return replace(answer, label=None if row.label_before == REFUSED else label)
    if refused:
        return replace(answer, refused=True)
    known = dict(probabilities) if granted.tells("probabilities") and row.value_after is None else None
    return replace(answer, label=row.label_after, refused=False, probabilities=known)


def as_told(classes: Sequence[str], log_probs: Sequence[float]) -> dict[str, float]:
    """Round probabilities to what is told of them.

    Args:
        classes: names, in order.
        log_probs: of each, or of none.

    >>> as_told(("anger", "sadness"), (math.log(0.2), math.log(0.8)))
    {'anger': 0.2, 'sadness': 0.8}
    """
    return {name: round(math.exp(one), PROBABILITY_DECIMALS) for name, one in zip(classes, log_probs, strict=False)}
