"""Acc_att and robust accuracy against the number of queries, from records: no model is loaded and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from bench.scoring.entries.groups import ToldEntry
from bench.scoring.figures.conditions import Condition
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting

PARAMETER = "k"
"""What `bench curve --parameter` calls the number of queries."""
_EACH = 100
_BEYOND = 1.05


@dataclass(frozen=True)
class KPoint:
    """What so many queries do.

    Args:
        k: queries allowed.
        acc_att: share of utterances attacked successfully within k.
        robust_accuracy: share recognised when nobody attacks, and not attacked successfully within k.
    """

    k: int
    acc_att: Estimate
    robust_accuracy: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `points` in the JSON of `bench curve --parameter k`."""
        return {"k": self.k, **self.acc_att.named("acc_att"), **self.robust_accuracy.named("robust_accuracy")}


@dataclass(frozen=True)
class KCurve:
    """One victim under one defence and one attack, query by query.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split and limit.
        corr: whether the attacker was informed.
        noises: which successes are counted.
        n: utterances attacked.
        points: by ascending k.
    """

    victim: str
    defense: str
    attack: str
    setting: Setting
    corr: bool
    noises: Counted
    n: int
    points: tuple[KPoint, ...]

    @property
    def title(self) -> str:
        """Say whose curve it is."""
        known = "informed" if self.corr else "uninformed"
        return f"{self.victim} · {self.defense} · {self.attack} · {known} · {self.noises} noises"

    def names(self) -> dict[str, object]:
        """Return what tells it from the others, by the names of columns."""
        who = {"victim": self.victim, "defense": self.defense, "attack": self.attack}
        return {**who, **self.setting.to_json(), "corr": self.corr, "noises": self.noises}

    def to_json(self) -> dict[str, object]:
        """Return the curve as plain values."""
        return {**self.names(), "n": self.n, "points": [point.to_json() for point in self.points]}


def k_curves(entries: Iterable[ToldEntry]) -> list[KCurve]:
    """Draw a curve for each victim, defence, attack, Corr and Noises; folds and seeds are pooled.

    Args:
        entries: the records of runs.
    """
    return [_curve(entry, condition) for entry in entries for condition in entry.own.conditions]


def _curve(entry: ToldEntry, condition: Condition) -> KCurve:
    about = entry.own.about
    ks = [k for k in spread_to(about.rests_on.max_queries) if condition.has(k)]
    points = tuple(KPoint(k, condition.acc_att(k), condition.robust_accuracy(k)) for k in ks)
    names, n = about.names, points[-1].acc_att.n if points else 0
    attack = about.attack_base
    return KCurve(names.victim, names.defense, attack, names.setting, condition.corr, condition.noises, n, points)


def spread_to(most: int) -> Iterator[int]:
    """Give every number of queries up to 100, beyond it ever fewer, and the last.

    Args:
        most: the last.

    >>> list(spread_to(3)), len(list(spread_to(10_000))) < 300
    ([1, 2, 3], True)
    """
    k = 1
    while k < most:
        yield k
        k = k + 1 if k < _EACH else max(k + 1, round(k * _BEYOND))
    yield most
