"""Look at what of a grid is done, and estimate the rest by what was measured on this machine before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_folder
from bench.evaluation.forecasts.costs import (
    CELL_BYTES,
    QUERY_BYTES,
    UNKNOWN_FIT_S,
    UNKNOWN_QUERY_S,
    UNKNOWN_REQUEST_S,
    VICTIM_BYTES,
    Costs,
    kind_of,
    most_queries,
)
from bench.evaluation.forecasts.fits import Fits
from bench.evaluation.forecasts.forecast import Forecast, GroupForecast
from bench.evaluation.forecasts.requests import most_requests
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store


def forecast(parts: Iterable[tuple[Experiment, Sequence[Planned]]], store: Store) -> Forecast:
    """Look at what is done, and estimate the rest by what was measured on this machine before.

    Args:
        parts: data and cells, those of one fitted victim next to each other.
        store: the run's folder.
    """
    costs, fits, per_cell = Costs.known(), Fits.known(), _bytes_a_cell(store)
    found = []
    for experiment, planned in parts:
        groups: dict[FittedKey, list[Cell]] = {}
        for one in planned:
            groups.setdefault(one.cell.fitted, []).append(one.cell)
        found += [_group(experiment, key, cells, store, costs, fits, per_cell) for key, cells in groups.items()]
    return Forecast(tuple(found))


def _group(
    experiment: Experiment,
    fitted: FittedKey,
    cells: Sequence[Cell],
    store: Store,
    costs: Costs,
    fits: Fits,
    per_cell: float | None,
) -> GroupForecast:
    keys = [cell_key(experiment, cell) for cell in cells]
    left = [cell for cell, key in zip(cells, keys, strict=True) if not store.has(key)]
    failed = sum(store.has_failed(key) for key in keys)
    trained = fitted_folder(experiment, fitted).is_dir()
    parts = experiment.split(fitted)
    asked = [most_queries(cell, len(parts.test)) for cell in left]
    rates = [costs.seconds_a_query(kind_of(cell, experiment.device.type)) for cell in left]
    sent = most_requests(experiment, fitted, left, asked, trained)
    unknown_s = UNKNOWN_REQUEST_S if sent.whole else UNKNOWN_QUERY_S
    seconds = sum(n * (unknown_s if rate is None else rate) for n, (rate, _) in zip(asked, rates, strict=True))
    if sent.whole and asked:
        seconds *= sent.whole / max(1, sum(asked))
    size = sum(per_cell or CELL_BYTES + QUERY_BYTES * n for n in asked)
    guessed = any(unsure for _, unsure in rates)
    if left and not trained and fitted.victim.traits.trains:
        own, unsure = fits.seconds_of(fitted)
        guessed |= unsure
        seconds += (UNKNOWN_FIT_S if own is None else own) * len(parts.train)
        size += fits.bytes_of(fitted) or VICTIM_BYTES
    counts = (len(cells), len(cells) - len(left), failed, sum(asked))
    of_service = (sent.whole, sent.corr, sent.allowed)
    nothing_to_train = trained or (not fitted.victim.traits.trains and fitted.defense is None)
    return GroupForecast(str(fitted), *counts, nothing_to_train, seconds, size, guessed, *of_service)


def _bytes_a_cell(store: Store) -> float | None:
    """What a record file takes in this run; None where there is none yet."""
    sizes = [file.lstat().st_size for file in list((store.folder / "cells").glob("*.parquet"))[:200]]
    return sum(sizes) / len(sizes) if sizes else None
