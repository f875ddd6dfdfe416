"""What searches achieved, utterance by utterance, from records: under each of P1's conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.contracts.threat_models import Counted
from bench.scoring.figures.conditions import Condition, scores
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.records import CellRecords, pooled_rows
from leaderboards.reproduce.evidence import measured
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.shape import TableSubject

Under = tuple[bool, Counted]
"""Corr and Noises of a condition."""


@dataclass(frozen=True)
class Searches:
    """One attack on one victim.

    Args:
        victim: spec.
        defense: spec, or "none".
        setting: corpus, noise bank, task, split and limit.
        of: from Corr and Noises to the records.
    """

    victim: str
    defense: str
    setting: Setting
    of: Mapping[Under, Condition]

    def about(self) -> TableSubject:
        """Say what a table of them rests on."""
        rows = pd.concat([condition.rows for condition in self.of.values()], ignore_index=True)
        folds, seeds = (tuple(sorted(int(n) for n in rows[name].unique())) for name in ("fold", "seed"))
        counts = (int(rows["speaker"].nunique()), int(rows["utterance"].nunique()))
        return TableSubject(self.victim, self.defense, self.setting, folds, seeds, *counts)

    def acc_att(self, under: Under, k: int) -> Estimate | None:
        """Return Acc_att within k queries under a condition; None where it was not run.

        Args:
            under: Corr and Noises.
            k: queries allowed.
        """
        condition = self.of.get(under)
        return None if condition is None else next(scores([condition], [k])).acc_att

    def contrast(self, parts: Sequence[tuple[float, Under, int]]) -> Measured | None:
        """Compute Σ times · Acc_att(condition, k), over utterances of the same speakers.

        Args:
            parts: how often each counts, its condition, and its k.

        Returns:
            None where one of the conditions was not run.
        """
        if any(under not in self.of for _, under, _ in parts):
            return None
        found = [
            hits.assign(term=number, weight=times / len(hits))
            for number, (times, under, k) in enumerate(parts)
            for hits in [self.of[under].successes(k)]
        ]
        whole = pd.concat(found, ignore_index=True)
        hits = whole["success"].to_numpy(float)
        return measured(
            hits,
            np.zeros(len(whole)),
            whole["speaker"].tolist(),
            strata=whole["term"],
            weights=whole["weight"],
            units=whole.groupby("utterance").ngroup(),
            several=True,
        )


def read(cells: Iterable[CellRecords], attack: str) -> list[Searches]:
    """Gather finished cells of an attack, by victim, defence and setting.

    Args:
        cells: records.
        attack: its spec without Corr and Noises.
    """
    found: dict[tuple[str, str, Setting], dict[Under, list[CellRecords]]] = {}
    for cell in cells:
        about, names = cell.description, cell.description.names
        if about.attack_base != attack:
            continue
        own = found.setdefault((names.victim, names.defense, names.setting), {})
        for noises in about.noises:
            own.setdefault((about.corr, noises), []).append(cell)
    return [
        Searches(
            *who,
            {under: Condition(*under, PooledRecords.of(pooled_rows(parts))) for under, parts in conditions.items()},
        )
        for who, conditions in found.items()
    ]
