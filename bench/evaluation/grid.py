"""Which cells there are, which are done; one that fails is noted and the others go on."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.contracts.threat_models import ThreatModel
from bench.core.errors import told_of
from bench.core.keys import key_of_json
from bench.evaluation.cells import Cell
from bench.evaluation.costs import Costs, kind_of
from bench.evaluation.descriptions import cell_description
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load, fitted_folder
from bench.evaluation.measuring import Measuring
from bench.scoring.records import Store


@dataclass(frozen=True)
class Planned:
    """A cell and the threat model of its attack that it measures.

    Args:
        cell: what is measured.
        threat_model: what the attacker knows and may use, and how tables name the attack.
    """

    cell: Cell
    threat_model: ThreatModel

    def labels(self) -> dict[str, Any]:
        """Return the columns by which results name the threat model: attack_base, corr, noises."""
        return {
            "attack_base": self.threat_model.base,
            "corr": self.threat_model.corr,
            "noises": list(self.threat_model.noises),
        }


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Args:
        cell: which.
        message: the error's one line.
        exit_code: 2 where the user can put it right, else 1.
    """

    cell: Cell
    message: str
    exit_code: int


def run_grid(experiment: Experiment, planned: Sequence[Planned], store: Store) -> list[Failure]:
    """Measure every cell that is not done yet.

    Args:
        experiment: data and machine.
        planned: in the order in which they are measured.
        store: where records go. Cells found there are not measured again.

    Returns:
        The failures, in order. `KeyboardInterrupt` is not held up: what is finished is kept.
    """
    failures, measuring, costs = [], Measuring(experiment), Costs()
    for number, plan in enumerate(planned, 1):
        determined = cell_description(experiment, plan.cell)
        key, description = key_of_json(determined), determined | plan.labels()
        if store.has(key):
            continue
        experiment.progress.say(f"[{number}/{len(planned)}] {plan.cell}")
        try:
            if not fitted_folder(experiment, plan.cell.fitted).is_dir():
                fit_or_load(experiment, plan.cell.fitted)
            begun = time.perf_counter()
            measured = measuring.measured(plan.cell)
        except Exception as error:
            message, code = told_of(error)
            store.fail(key, description, message, traceback.format_exc())
            failures.append(Failure(plan.cell, message, code))
        else:
            store.keep_samples(key, measured.samples)
            store.write(key, description | {"found": measured.facts.to_json()}, measured.rows)
            asked = sum(row.query > 0 for row in measured.rows)
            costs.add(kind_of(plan.cell, experiment.device.type), asked, time.perf_counter() - begun)
    costs.keep()
    return failures
