"""What is reported: scores of finished cells, one by one and pooled over folds and seeds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import pandas as pd

from bench.contracts.threat_models import NOTHING_GRANTED, ThreatModel
from bench.scoring import conditions, contrasts
from bench.scoring.bells import Evidence, Ring, rung
from bench.scoring.candidates import Candidates
from bench.scoring.conditions import Score
from bench.scoring.contrasts import PairedTest, ValidityGap
from bench.scoring.dependence import Estimand, trainings
from bench.scoring.descriptions import FailedCell, RestsOn
from bench.scoring.efforts import MedianQueries, SmallestPerturbation, query_medians, smallest_perturbations
from bench.scoring.halves import BankHalves, bank_halves
from bench.scoring.lines import lines
from bench.scoring.measured import EntryRecords, grouped
from bench.scoring.names import Setting
from bench.scoring.optimality import Optimality, optimality
from bench.scoring.pooling import CleanScores, PerturbedScores, clean_scores, perturbed_scores
from bench.scoring.records import CellRecords

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
        tests: between conditions, at each k.
        perturbed: after a perturbation that asks once; None for a search, or where it applied to nothing.
        candidates: how many were tried, and how many of them the SNR lets count.
        bells: alarms that ring.
        rests_on: data and versions.
        estimand: what the intervals are about.
        queries: of searches, how many they need under each condition.
        smallest_perturbation: how small their noise can be, for each condition and k.
        bank_halves: of searches that were run with either half of their sounds too, what came of it.
        threat_model: what the attacker was granted beside the Corr and Noises of the scores.
        anytime: whether it did not know its budget; the scores of any other at k are of the search with that budget.
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
    tests: tuple[PairedTest, ...]
    perturbed: PerturbedScores | None
    candidates: Candidates
    bells: tuple[Ring, ...]
    rests_on: RestsOn
    estimand: Estimand = "fitted"
    queries: tuple[MedianQueries, ...] = ()
    smallest_perturbation: tuple[SmallestPerturbation, ...] = ()
    bank_halves: tuple[BankHalves, ...] = ()
    threat_model: ThreatModel = NOTHING_GRANTED
    anytime: bool = True

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """Return the entry as it stands in docs/json.md."""

    def names(self, **more: object) -> dict[str, object]:
        """Return victim, defence, attack and setting by the names that they have in JSON and tables.

        Args:
            **more: further names, which stand before the limit.
        """
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
            "threat_model": {**self.threat_model.to_json(), "anytime": self.anytime},
            "clean": self.clean.to_json(),
            "scores": [score.to_json() for score in self.scores],
            "validity_gap": [gap.to_json() for gap in self.validity_gap],
            "queries": [one.to_json() for one in self.queries],
            "smallest_perturbation": [one.to_json() for one in self.smallest_perturbation],
            "bank_halves": [one.to_json() for one in self.bank_halves],
            "tests": [test.to_json() for test in self.tests],
            "perturbed": None if self.perturbed is None else self.perturbed.to_json(),
            "candidates": self.candidates.to_json(),
            "bells": [ring.to_json() for ring in self.bells],
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
        return {**self.names(fold=self.fold, seed=self.seed), **self._figures()}


@dataclass(frozen=True)
class PooledScores(Scored):
    """Hold the scores of one victim, defence and attack over all folds and seeds."""

    def to_json(self) -> dict[str, object]:
        """Return one of `pooled[]` in docs/json.md."""
        return {**self.names(), **self._figures()}


_S = TypeVar("_S", CellScores, PooledScores)


@dataclass(frozen=True)
class Results:
    """Hold scores, and what they rest on.

    Args:
        pooled: one a victim, defence, attack, corpus and task, over all folds and seeds.
        failed: cells without records, with their errors.
        optimality: how far each search stays behind the best on the same utterances, where there are several.
        score_cells: scores the same one by one, for `cells`.
    """

    pooled: tuple[PooledScores, ...] = ()
    failed: tuple[FailedCell, ...] = ()
    optimality: tuple[Optimality, ...] = ()
    score_cells: Callable[[], Iterable[CellScores]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def cells(self) -> tuple[CellScores, ...]:
        """Score each victim, defence, attack, corpus, task, fold and seed by itself: when first asked for.

        No table shows them; there may be thousands.
        """
        return tuple(self.score_cells())

    def to_json(self) -> dict[str, object]:
        """Return the documented JSON (docs/json.md)."""
        return {
            "schema": SCHEMA,
            "cells": [cell.to_json() for cell in self.cells],
            "pooled": [entry.to_json() for entry in self.pooled],
            "optimality": [one.to_json() for one in self.optimality],
            "failed": [failure.to_json() for failure in self.failed],
        }

    def to_frame(self, pooled: bool = False) -> pd.DataFrame:
        """Return a row a score, with all that docs/json.md says of it, but for what it rests on.

        Args:
            pooled: a row for each score over all folds and seeds, in the place of those of single cells.
        """
        if pooled:
            return pd.DataFrame([line for entry in self.pooled for line in lines(entry, entry.names())])
        told = ((cell, cell.names(fold=cell.fold, seed=cell.seed)) for cell in self.cells)
        return pd.DataFrame([line for cell, names in told for line in lines(cell, names)])


def collect(
    cells: Sequence[CellRecords], ks: Sequence[int], failed: Sequence[FailedCell] = (), estimand: Estimand = "fitted"
) -> Results:
    """Score finished cells.

    Args:
        cells: records; the variants of one attack are put together, and what searches found with either half of their
            sounds stands beside what they found with all.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
        failed: cells that failed.
        estimand: what the intervals of pooled results are about; those of a cell are about its one fitted victim.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    whole = [cell for cell in cells if cell.description.names.half is None]
    halves = [cell for cell in cells if cell.description.names.half is not None]
    together = tuple(_scored(PooledScores, grouped(whole, _pooled), grouped(halves, _pooled), ks, estimand))

    def apart() -> Iterator[CellScores]:
        places = {(cell.description.names.fold, cell.description.names.seed) for cell in cells}
        if estimand == "fitted" and len(places) == 1:  # of one fold and seed: the same figures
            return (CellScores(**vars(one)) for one in together)
        return _scored(CellScores, grouped(whole, _cell), grouped(halves, _cell), ks)

    return Results(together, tuple(failed), tuple(optimality(whole)), apart)


def _pooled(cell: CellRecords) -> Hashable:
    """What cells are pooled by: figures of other data, code, threat models or budgets (but one known) never mix."""
    about, names = cell.description, cell.description.names
    rests_on = about.rests_on if about.anytime else replace(about.rests_on, max_queries=0)
    return names.victim, names.defense, about.attack_base, names.setting, rests_on, about.shared, about.anytime


def _cell(cell: CellRecords) -> Hashable:
    return _pooled(cell), cell.description.names.fold, cell.description.names.seed


def _scored(
    kind: type[_S],
    groups: Mapping[Hashable, Sequence[CellRecords]],
    halves: Mapping[Hashable, Sequence[CellRecords]],
    ks: Sequence[int],
    estimand: Estimand = "fitted",
) -> Iterator[_S]:
    """The figures of cells that are pooled; bells hear what other attacks did to the same victim."""
    found = [EntryRecords.of(group, ks, halves.get(what, ())) for what, group in groups.items()]
    of_victim: dict[Hashable, list[EntryRecords]] = {}
    for group, own in zip(groups.values(), found, strict=True):
        of_victim.setdefault(_attacked(group), []).append(own)
    for group, own in zip(groups.values(), found, strict=True):
        beside = [other for other in of_victim[_attacked(group)] if other is not own]
        yield _entry(kind, group, own, beside, estimand)


def _attacked(group: Sequence[CellRecords]) -> Hashable:
    """Who was attacked, on what, by which rules: attacks that agree in it can be compared."""
    names, rests = group[0].description.names, group[0].description.rests_on
    rules = rests.corpus_fingerprint, rests.noise_fingerprint, rests.perception, rests.min_snr_db, rests.device
    places = frozenset((cell.description.names.fold, cell.description.names.seed) for cell in group)
    return names.victim, names.defense, names.setting, rules, places


def _entry(
    kind: type[_S], group: Sequence[CellRecords], own: EntryRecords, beside: Sequence[EntryRecords], estimand: Estimand
) -> _S:
    named, rows = [cell.description.names for cell in group], own.clean
    figures = clean_scores(rows, trainings(rows, estimand))
    return kind(
        victim=named[0].victim,
        defense=named[0].defense,
        attack=own.about.attack_base,
        setting=named[0].setting,
        n=int(rows["utterance"].nunique()),
        speakers=int(rows["speaker"].nunique()),
        folds=tuple(sorted({names.fold for names in named})),
        seeds=tuple(sorted({names.seed for names in named})),
        repeats=len({names.repeat for names in named}),
        clean=figures,
        scores=tuple(conditions.scores(own.conditions, own.ks, estimand)),
        validity_gap=tuple(contrasts.validity_gaps(own.conditions, own.ks, estimand)),
        tests=tuple(contrasts.tests(own.conditions, own.ks, estimand)),
        perturbed=perturbed_scores(own.rows, estimand),
        candidates=own.candidates,
        bells=rung(Evidence(own, figures, beside)),
        rests_on=own.about.rests_on,
        estimand=estimand,
        queries=tuple(query_medians(own.conditions, own.about.rests_on.max_queries, estimand)),
        smallest_perturbation=tuple(smallest_perturbations(own.conditions, own.ks, estimand)),
        bank_halves=tuple(bank_halves(own.halves.get("first", ()), own.halves.get("second", ()), own.ks, estimand)),
        threat_model=own.threat_model,
        anytime=own.about.anytime,
    )
