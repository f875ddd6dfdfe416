"""Everything that determines a cell's records, and nothing else: what their key is made of."""

from __future__ import annotations

from typing import Any

from bench.core.code.keys import key_of_json
from bench.core.code.result_code import CELL, code_in, code_of, code_of_module
from bench.evaluation.cell.cells import Cell
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_description
from bench.measures.catalogue import MEASURES


def cell_description(experiment: Experiment, cell: Cell) -> dict[str, Any]:
    """Tell everything that determines a cell's records, as plain JSON.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    measures = experiment.once("measures", lambda: {name: _measure(name) for name in experiment.measures})
    told = {
        **cell.fitted.names(),
        "attack": cell.attack.spec,
        "corpus": experiment.dataset.name,
        "noise_bank": experiment.noises.name,
        "repeat": cell.repeat,
        "max_queries": cell.max_queries,
        "threat_model": cell.attack.threat_model.to_json(),
        "anytime": cell.attack.anytime,
        "limit": cell.limit,
        "min_snr_db": experiment.min_snr_db,
        "perception": experiment.perception.name,
        "perception_fingerprint": experiment.perception.fingerprint,
        **_attacked_elsewhere(experiment),
        "fitting": fitted_description(experiment, cell.fitted),
        "attack_identity": cell.attack.identity,
        "attack_noises": experiment.noise_fingerprint("test"),
        "noise_reader": {"code": experiment.noise_code},
        "enrolment": experiment.enrolment,
        "pcm_hz": experiment.once("pcm_hz", lambda: _rates(experiment)),
        **({"draws": experiment.draws} if cell.fitted.randomised else {}),
        **({} if cell.half is None else {"bank_half": cell.half}),
        "harness": code_of(CELL),
        **_where(cell),
        **({"measures": measures} if measures else {}),
    }
    return told | {"code": code_in(told)}


def _attacked_elsewhere(experiment: Experiment) -> dict[str, Any]:
    """The corpus that is attacked, where the fitted victim was trained on another one, which `fitting` tells."""
    if experiment.training is None:
        return {}
    attacked = {"attacked_corpus": experiment.dataset.fingerprint, "attacked_reader": {"code": experiment.corpus_code}}
    return {"train_corpus": experiment.training.name, **attacked}


def _where(cell: Cell) -> dict[str, list[str]]:
    """Which of the cell's components ran in processes of their own; the others are trusted.

    A victim and its defence run together: one that is isolated takes the other along.
    """
    parts = {"victim": cell.fitted.victim, "defense": cell.fitted.defense, "attack": cell.attack}
    given = {name: part for name, part in parts.items() if part is not None}
    isolated = {name for name, part in given.items() if part.isolated}
    if isolated & {"victim", "defense"}:
        isolated |= {"victim", "defense"} & set(given)
    trusted = [name for name in given if name not in isolated]
    return {"isolated": [name for name in given if name in isolated], "trusted": trusted}


def _rates(experiment: Experiment) -> list[int]:
    return sorted({one.rate_hz for one in experiment.dataset.utterances if one.has_sound})


def _measure(name: str) -> dict[str, str]:
    """A measure's version and code; it has no `code`, since the scores do not rest on it."""
    measure = MEASURES[name]
    return {"version": measure.version(), "digest": code_of_module(measure.place.partition(":")[0])}


def cell_key(experiment: Experiment, cell: Cell) -> str:
    """Name a cell's records by everything that determines them: computed once a run.

    Args:
        experiment: data and machine.
        cell: which cell.
    """
    return experiment.once(cell, lambda: key_of_json(cell_description(experiment, cell)))
