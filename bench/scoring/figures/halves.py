"""What a search finds with either half of its sounds: how much of a figure hangs on which sounds the bank has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from bench.core.types import Half
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.contrasts import compared_at
from bench.scoring.figures.dependence import Estimand
from bench.scoring.inference.estimates import Difference, Estimate


@dataclass(frozen=True)
class BankHalves:
    """Hold a search's figures with either half of its sounds, which share no recording.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        acc_att: by half, the share of utterances attacked successfully within k.
        robust_accuracy: by half, the share recognised when nobody attacks, and not attacked successfully.
        difference: the first half's Acc_att less the second's, on the same utterances.
    """

    corr: bool
    noises: Counted
    k: int
    acc_att: Mapping[Half, Estimate]
    robust_accuracy: Mapping[Half, Estimate]
    difference: Difference

    def to_json(self) -> dict[str, object]:
        """Return one of `bank_halves[]` in docs/json.md."""
        halves: dict[str, object] = {
            half: {
                "acc_att": one.value,
                "ci95": list(one.ci95),
                **self.robust_accuracy[half].named("robust_accuracy"),
                "n": one.n,
            }
            for half, one in self.acc_att.items()
        }
        told = {"difference": self.difference.value, "difference_ci95": list(self.difference.ci95)}
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **halves, **told}


def bank_halves(
    first: Sequence[Condition], second: Sequence[Condition], ks: Sequence[int], estimand: Estimand = "fitted"
) -> Iterator[BankHalves]:
    """Estimate Acc_att and robust accuracy with either half of the bank, under each condition that both were run under.

    Args:
        first: the records with the first half, of one attack, in the order of the scores.
        second: those with the second half.
        ks: numbers of queries within the budget, likewise.
        estimand: what the intervals are about.
    """
    others = {(one.corr, one.noises): one for one in second}
    for one, k in itertools.product(first, ks):
        other = others.get((one.corr, one.noises))
        found = None if other is None else compared_at(one, other, k, estimand)
        if other is None or found is None:
            continue
        halves: Mapping[Half, Condition] = {"first": one, "second": other}
        yield BankHalves(
            one.corr,
            one.noises,
            k,
            {half: condition.acc_att(k, estimand) for half, condition in halves.items()},
            {half: condition.robust_accuracy(k, estimand) for half, condition in halves.items()},
            found.of.difference,
        )
