"""Queries to success, smallest perturbations and optimality of the attacks of a run."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.contracts.threat_models import Counted
from bench.scoring.conditions import Condition
from bench.scoring.dependence import Estimand, crossed_with_speakers
from bench.scoring.estimates import Estimate
from bench.scoring.names import Setting
from bench.scoring.records import CellRecords, pooled_rows
from bench.scoring.scores import UTTERANCE
from bench.scoring.searches import (
    Median,
    median_queries,
    optimality_gap,
    queries_of,
    quietest_of,
    smallest_perturbation,
)


@dataclass(frozen=True)
class MedianQueries:
    """Hold how many queries an attack needs under one condition.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        queries: to the first success; those who had none are censored at the budget.
    """

    corr: bool
    noises: Counted
    queries: Median

    def to_json(self) -> dict[str, object]:
        """Return one of `queries[]` in docs/json.md."""
        return {"corr": self.corr, "noises": self.noises, **self.queries.to_json()}


@dataclass(frozen=True)
class SmallestPerturbation:
    """Hold how small an attack's noise can be.

    Args:
        corr: whether the attacker was informed.
        noises: which successes are counted.
        k: queries allowed.
        snr_db: the greatest SNR of an utterance's successes.
    """

    corr: bool
    noises: Counted
    k: int
    snr_db: Median

    def to_json(self) -> dict[str, object]:
        """Return one of `smallest_perturbation[]` in docs/json.md."""
        return {"corr": self.corr, "noises": self.noises, "k": self.k, **self.snr_db.to_json()}


@dataclass(frozen=True)
class Optimality:
    """Hold how far one attack stays behind the best of all on the same utterances.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split, limit.
        corr: whether the attacker was informed.
        noises: which successes are counted.
        budget: the greatest number of queries.
        among: so many attacks, this one too.
        gap: from 0, which is the best, to 1.
    """

    victim: str
    defense: str
    attack: str
    setting: Setting
    corr: bool
    noises: Counted
    budget: int
    among: int
    gap: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `optimality[]` in docs/json.md."""
        who = {"victim": self.victim, "defense": self.defense, "attack": self.attack, **self.setting.to_json()}
        condition = {"corr": self.corr, "noises": self.noises, "k": self.budget, "among": self.among}
        return {**who, **condition, **self.gap.named("gap"), "n": self.gap.n}


def query_medians(conditions: Sequence[Condition], budget: int, estimand: Estimand) -> Iterator[MedianQueries]:
    """Estimate the median number of queries to success under each condition; none for attacks that ask once.

    Args:
        conditions: of one attack.
        budget: the greatest number of queries.
        estimand: what the intervals are about.
    """
    for one in conditions:
        if one.rows["query"].max() > 1:
            found = queries_of(one.rows, one.noises)
            crossed = crossed_with_speakers(found, one.rows, estimand)
            of = median_queries(found["queries"], budget, found["speaker"], found["utterance"], crossed)
            yield MedianQueries(one.corr, one.noises, of)


def smallest_perturbations(
    conditions: Sequence[Condition], ks: Sequence[int], estimand: Estimand
) -> Iterator[SmallestPerturbation]:
    """Estimate the median of the greatest SNR of each utterance's successes, under each condition at each k.

    Args:
        conditions: of one attack.
        ks: numbers of queries within the budget.
        estimand: what the intervals are about.
    """
    for one, k in itertools.product(conditions, ks):
        found = quietest_of(one.rows, k, one.noises)
        crossed = crossed_with_speakers(found, one.rows, estimand)
        of = smallest_perturbation(found["snr_db"], found["speaker"], found["utterance"], crossed)
        yield SmallestPerturbation(one.corr, one.noises, k, of)


def optimality(cells: Sequence[CellRecords]) -> Iterator[Optimality]:
    """Compare all searches of the same victim, defence, data, rules and budget, on the utterances that all attacked.

    Args:
        cells: finished, of any attacks; those that ask once are left out.
    """
    groups: dict[tuple[Hashable, Counted], dict[tuple[str, bool], list[CellRecords]]] = {}
    for cell in sorted(cells, key=lambda one: one.description.text):  # whatever the order of measuring or reading
        about, rests = cell.description, cell.description.rests_on
        who = (about.names.victim, about.names.defense, about.names.setting)
        rules = (rests.corpus_fingerprint, rests.perception, rests.min_snr_db, rests.max_queries, rests.device)
        rests_on = (*who, *rules, rests.versions["harness"])
        for noises in about.noises if cell.rows["query"].max() > 1 else ():
            attacks = groups.setdefault((rests_on, noises), {})
            attacks.setdefault((about.attack_base, about.corr), []).append(cell)
    for (_, noises), attacks in groups.items():
        if len(attacks) > 1:
            yield from _gaps(attacks, noises)


def _gaps(attacks: dict[tuple[str, bool], list[CellRecords]], noises: Counted) -> Iterator[Optimality]:
    about = next(iter(attacks.values()))[0].description
    beside: pd.DataFrame | None = None
    for number, own in enumerate(attacks.values()):
        found = queries_of(pooled_rows(own), noises).rename(columns={"queries": str(number)})
        beside = found if beside is None else beside.merge(found.drop(columns="speaker"), on=[*UTTERANCE])
    if beside is None or beside.empty:
        return
    budget, names = about.rests_on.max_queries, about.names
    queries = {str(number): beside[str(number)] for number in range(len(attacks))}
    gaps = optimality_gap(queries, budget, beside["speaker"], beside["utterance"])
    for (attack, corr), gap in zip(attacks, gaps.values(), strict=True):
        yield Optimality(names.victim, names.defense, attack, names.setting, corr, noises, budget, len(attacks), gap)
