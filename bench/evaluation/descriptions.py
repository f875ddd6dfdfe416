"""Everything that determines a fitted victim or a cell's records, and nothing else: what their keys are made of."""

from __future__ import annotations

import platform
from dataclasses import asdict
from functools import cache
from importlib import metadata
from typing import Any

from bench.core.keys import code_digest, key_of_json
from bench.evaluation.cells import Cell, FittedKey
from bench.evaluation.experiment import Experiment
from bench.measures.catalogue import MEASURES

ROOMS = (
    *("bench.core", "bench.audio", "bench.data.splits", "bench.data.segments", "bench.data.tasks"),
    *("bench.data.leakage", "bench.contracts", "bench.perturbations", "bench.measures", "bench.scoring.records"),
    *("bench.referee", "bench.modelling", "bench.defending", "bench.evaluation"),
)
"""What of the harness a result can depend on, beside its components: not how sounds are fetched, shared or shown."""


def versions() -> dict[str, str]:
    """Return what a result rests on beside its own settings: versions, and the digest of the harness's code."""
    found = {name: metadata.version(name) for name in ("serbench", "torch", "torchaudio", "numpy")}
    return found | {"python": platform.python_version(), "harness": _harness_digest()}


@cache
def _harness_digest() -> str:
    """Digest the code that runs: what is written while Python runs is not what runs."""
    return code_digest(*ROOMS)


def fitted_description(experiment: Experiment, fitted: FittedKey) -> dict[str, Any]:
    """Tell everything that determines a fitted victim, as plain JSON.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    defense = fitted.defense
    return {
        "victim": fitted.victim.identity,
        "defense": None if defense is None else defense.identity,
        "training_noises": None if defense is None else experiment.noises.part("train").fingerprint,
        "task": asdict(fitted.task),
        "split": fitted.split,
        "fold": fitted.fold,
        "seed": fitted.seed,
        "corpus": experiment.dataset.fingerprint,
        "device": experiment.device.type,
        "versions": versions(),
    }


def cell_description(experiment: Experiment, cell: Cell) -> dict[str, Any]:
    """Tell everything that determines a cell's records, as plain JSON.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    measures = {name: MEASURES[name].version() for name in experiment.measures}
    return {
        **cell.fitted.names(),
        "attack": cell.attack.spec,
        "corpus": experiment.dataset.name,
        "noise_bank": experiment.noises.name,
        "repeat": cell.repeat,
        "max_queries": cell.max_queries,
        "limit": cell.limit,
        "min_snr_db": experiment.min_snr_db,
        "perception": experiment.perception.name,
        "perception_fingerprint": experiment.perception.fingerprint,
        "fitting": fitted_description(experiment, cell.fitted),
        "attack_identity": cell.attack.identity,
        "attack_noises": experiment.noises.part("test").fingerprint,
        **({"measures": measures} if measures else {}),
    }


def cell_key(experiment: Experiment, cell: Cell) -> str:
    """Name a cell's records by everything that determines them.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    return key_of_json(cell_description(experiment, cell))
