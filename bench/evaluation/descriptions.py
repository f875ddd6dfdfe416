"""Everything that determines a fitted victim or a cell's records, and nothing else: what their keys are made of."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib import metadata
from typing import Any

from bench.core.keys import key_of_json
from bench.core.result_code import BARE_VICTIM, CELL, DEFENDED_VICTIM, code_in, code_of, code_of_module
from bench.evaluation.cells import Cell, FittedKey
from bench.evaluation.experiment import Experiment
from bench.measures.catalogue import MEASURES


def versions(defended: bool = True) -> dict[str, str]:
    """List what a fitted victim rests on beside its own settings: versions, and the digest of the harness's code.

    Args:
        defended: whether it is under a defence.
    """
    found = {name: metadata.version(name) for name in ("serbench", "torch", "torchaudio", "numpy")}
    harness = code_of(DEFENDED_VICTIM if defended else BARE_VICTIM)
    return found | {"python": platform.python_version(), "harness": harness}


def fitted_description(experiment: Experiment, fitted: FittedKey) -> dict[str, Any]:
    """Tell everything that determines a fitted victim, as plain JSON.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    defense = fitted.defense
    told = {
        "victim": fitted.victim.identity,
        "defense": None if defense is None else defense.identity,
        "training_noises": None if defense is None else experiment.noises.part("train").fingerprint,
        "task": asdict(fitted.task),
        "split": fitted.split,
        "fold": fitted.fold,
        "seed": fitted.seed,
        "corpus": experiment.dataset.fingerprint,
        "corpus_reader": {"code": experiment.corpus_code},
        "noise_reader": None if defense is None else {"code": experiment.noise_code},
        "device": experiment.device.type,
        "versions": versions(defended=defense is not None),
    }
    return told | {"code": code_in(told)}


def cell_description(experiment: Experiment, cell: Cell) -> dict[str, Any]:
    """Tell everything that determines a cell's records, as plain JSON.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    measures = {name: _measure(name) for name in experiment.measures}
    told = {
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
        "noise_reader": {"code": experiment.noise_code},
        "harness": code_of(CELL),
        **({"measures": measures} if measures else {}),
    }
    return told | {"code": code_in(told)}


def _measure(name: str) -> dict[str, str]:
    """A measure's version and code; it has no `code`, since the scores do not rest on it."""
    measure = MEASURES[name]
    return {"version": measure.version(), "digest": code_of_module(measure.place.partition(":")[0])}


def cell_key(experiment: Experiment, cell: Cell) -> str:
    """Name a cell's records by everything that determines them.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    return key_of_json(cell_description(experiment, cell))
