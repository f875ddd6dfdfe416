"""What is reported: scores of finished cells, one by one and pooled over folds and seeds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from bench.scoring import conditions
from bench.scoring.conditions import Condition, PairedTest, Score, ValidityGap
from bench.scoring.dependence import Estimand, trainings
from bench.scoring.descriptions import Counted, FailedCell, RestsOn
from bench.scoring.efforts import (
    MedianQueries,
    Optimality,
    SmallestPerturbation,
    optimality,
    query_medians,
    smallest_perturbations,
)
from bench.scoring.names import Setting
from bench.scoring.pooling import CleanScores, PerturbedScores, clean_scores, perturbed_scores
from bench.scoring.records import CellRecords, pooled_rows
from bench.scoring.scores import clean

SCHEMA = 1
"""Version of the JSON. It grows when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Scored(ABC):
    """Hold what cells and pooled results have in common.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec without corr and noises, which stand in the scores.
        setting: corpus, noise bank, task, split, limit.
        n: different utterances attacked.
        speakers: of so many speakers.
        folds: what was pooled.
        seeds: likewise.
        repeats: measurements of each fitted victim.
        clean: when nobody attacks.
        scores: one for each Corr, Noises and k.
        validity_gap: one for each Corr and k that was run with all noises and with imperceptible ones.
        perturbed: after a perturbation that asks once; None for a search, or where it applied to nothing.
        rests_on: data and versions.
        estimand: what the intervals are about.
        queries: of searches, how many they need under each condition.
        smallest_perturbation: how small their noise can be, for each condition and k.
        tests: paired tests between conditions, of pooled results; none of a cell.
    """

    victim: str
    defense: str
    attack: str
    setting: Setting
    n: int
    speakers: int
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    repeats: int
    clean: CleanScores
    scores: tuple[Score, ...]
    validity_gap: tuple[ValidityGap, ...]
    perturbed: PerturbedScores | None
    rests_on: RestsOn
    estimand: Estimand = "fitted"
    queries: tuple[MedianQueries, ...] = ()
    smallest_perturbation: tuple[SmallestPerturbation, ...] = ()
    tests: tuple[PairedTest, ...] = ()

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """Return the entry as it stands in docs/json.md."""

    def _names(self, **more: object) -> dict[str, object]:
        setting = self.setting.to_json()
        limit = setting.pop("limit")
        who = {"victim": self.victim, "defense": self.defense, "attack": self.attack}
        return {**who, **setting, **more, "limit": limit}

    def _figures(self) -> dict[str, object]:
        return {
            "n": self.n,
            "speakers": self.speakers,
            "folds": list(self.folds),
            "seeds": list(self.seeds),
            "repeats": self.repeats,
            "estimand": self.estimand,
            "clean": self.clean.to_json(),
            "scores": [score.to_json() for score in self.scores],
            "validity_gap": [gap.to_json() for gap in self.validity_gap],
            "queries": [one.to_json() for one in self.queries],
            "smallest_perturbation": [one.to_json() for one in self.smallest_perturbation],
            "perturbed": None if self.perturbed is None else self.perturbed.to_json(),
            "rests_on": self.rests_on.to_json(),
        }


@dataclass(frozen=True)
class CellScores(Scored):
    """Hold the scores of one victim, defence and attack in one fold, with one seed."""

    @property
    def fold(self) -> int:
        """Return the one fold."""
        return self.folds[0]

    @property
    def seed(self) -> int:
        """Return the one seed."""
        return self.seeds[0]

    def to_json(self) -> dict[str, object]:
        """Return one of `cells[]` in docs/json.md."""
        return {**self._names(fold=self.fold, seed=self.seed), **self._figures()}

    def lines(self) -> list[dict[str, object]]:
        """Return a line of a table for each score: names, clean UAR and WAR, the score."""
        figures = {"clean_uar": self.clean.uar.value, "clean_war": self.clean.war.value, "speakers": self.speakers}
        names = self._names(fold=self.fold, seed=self.seed)
        return [
            {
                **names,
                **figures,
                "corr": score.corr,
                "noises": score.noises,
                "k": score.k,
                "acc_att": score.acc_att.value,
                "ci95_low": score.acc_att.low,
                "ci95_high": score.acc_att.high,
                "n": score.acc_att.n,
            }
            for score in self.scores
        ]


@dataclass(frozen=True)
class PooledScores(Scored):
    """Hold the scores of one victim, defence and attack over all folds and seeds."""

    def to_json(self) -> dict[str, object]:
        """Return one of `pooled[]` in docs/json.md."""
        return {**self._names(), **self._figures(), "tests": [test.to_json() for test in self.tests]}


_S = TypeVar("_S", CellScores, PooledScores)


@dataclass(frozen=True)
class Results:
    """Hold scores, and what they rest on.

    Args:
        cells: one a victim, defence, attack, corpus, task, fold and seed.
        pooled: the same over all folds and seeds.
        failed: cells without records, with their errors.
        optimality: how far each search stays behind the best on the same utterances, where there are several.
    """

    cells: tuple[CellScores, ...] = ()
    pooled: tuple[PooledScores, ...] = ()
    failed: tuple[FailedCell, ...] = ()
    optimality: tuple[Optimality, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the documented JSON (docs/json.md)."""
        return {
            "schema": SCHEMA,
            "cells": [cell.to_json() for cell in self.cells],
            "pooled": [entry.to_json() for entry in self.pooled],
            "optimality": [one.to_json() for one in self.optimality],
            "failed": [failure.to_json() for failure in self.failed],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row a score: its names, clean UAR and WAR, speakers, corr, noises, k, Acc_att, interval, n."""
        return pd.DataFrame([line for cell in self.cells for line in cell.lines()])


def collect(
    cells: Sequence[CellRecords], ks: Sequence[int], failed: Sequence[FailedCell] = (), estimand: Estimand = "fitted"
) -> Results:
    """Score finished cells.

    Args:
        cells: records; the variants of one attack are put together.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
        failed: cells that failed.
        estimand: what the intervals of pooled results are about; those of a cell are about its one fitted victim.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    return Results(
        tuple(_scored(CellScores, group, ks) for group in _grouped(cells, _cell)),
        tuple(_scored(PooledScores, group, ks, estimand) for group in _grouped(cells, _pooled)),
        tuple(failed),
        tuple(optimality(cells)),
    )


def _pooled(cell: CellRecords) -> Hashable:
    """What cells are pooled by: figures of other data, code or budgets never mix."""
    about, names = cell.description, cell.description.names
    return names.victim, names.defense, about.attack_base, names.setting, about.rests_on


def _cell(cell: CellRecords) -> Hashable:
    return _pooled(cell), cell.description.names.fold, cell.description.names.seed


def _grouped(cells: Sequence[CellRecords], by: Callable[[CellRecords], Hashable]) -> list[list[CellRecords]]:
    groups: dict[Hashable, list[CellRecords]] = {}
    for cell in cells:
        groups.setdefault(by(cell), []).append(cell)
    return list(groups.values())


def _scored(kind: type[_S], group: Sequence[CellRecords], ks: Sequence[int], estimand: Estimand = "fitted") -> _S:
    """The figures of cells that are pooled."""
    about, named = group[0].description, [cell.description.names for cell in group]
    parts, rests_on = _one_of_each(group), about.rests_on
    rows = clean(pooled_rows(parts)).reset_index(drop=True)
    found = _conditions(group)
    within = [k for k in sorted(set(ks)) if k <= rests_on.max_queries]
    return kind(
        victim=named[0].victim,
        defense=named[0].defense,
        attack=about.attack_base,
        setting=named[0].setting,
        n=int(rows["utterance"].nunique()),
        speakers=int(rows["speaker"].nunique()),
        folds=tuple(sorted({names.fold for names in named})),
        seeds=tuple(sorted({names.seed for names in named})),
        repeats=len({names.repeat for names in named}),
        clean=clean_scores(rows, trainings(rows, estimand)),
        scores=tuple(conditions.scores(found, within, estimand)),
        validity_gap=tuple(conditions.validity_gaps(found, within, estimand)),
        perturbed=perturbed_scores(pooled_rows(parts[::-1]), estimand),
        rests_on=rests_on,
        estimand=estimand,
        queries=tuple(query_medians(found, rests_on.max_queries, estimand)),
        smallest_perturbation=tuple(smallest_perturbations(found, within, estimand)),
        tests=tuple(conditions.tests(found, within, estimand)) if kind is PooledScores else (),
    )


def _one_of_each(group: Sequence[CellRecords]) -> list[CellRecords]:
    """For each fold, seed and repeat the first of its variants: the clean rows of all of them agree."""
    first = {}
    for cell in reversed(group):
        names = cell.description.names
        first[names.fold, names.seed, names.repeat] = cell
    return list(first.values())[::-1]


def _conditions(group: Sequence[CellRecords]) -> list[Condition]:
    """The records of each (corr, noises), in the order of P1's Table 2."""
    found: dict[tuple[bool, Counted], list[CellRecords]] = {}
    for cell in group:
        for noises in cell.description.noises:
            found.setdefault((cell.description.corr, noises), []).append(cell)
    ordered = sorted(found, key=lambda condition: (condition[1] == "all", condition[0]))
    return [Condition(*condition, pooled_rows(found[condition])) for condition in ordered]
