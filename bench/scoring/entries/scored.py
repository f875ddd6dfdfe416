"""What is reported of one victim, defence and attack: all their figures, of one cell or of many."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from bench.contracts.threat_models import NOTHING_GRANTED, ThreatModel
from bench.scoring.bells import Ring
from bench.scoring.figures.conditions import Score
from bench.scoring.figures.contrasts import PairedTest, ValidityGap
from bench.scoring.figures.dependence import Estimand
from bench.scoring.figures.efforts import MedianQueries, SmallestPerturbation
from bench.scoring.figures.halves import BankHalves
from bench.scoring.pooling import CleanScores, PerturbedScores
from bench.scoring.record_files.candidates import Candidates
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.record_files.names import Setting


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
        dimension: of a dimensional task, its scale and when an attack has succeeded; None of a task of classes.
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
    dimension: Dimension | None = None

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
            **({} if self.dimension is None else {"dimension": self.dimension.to_json()}),
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
