"""What an interval is about, and so which figures of records depend on each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from bench.core.errors import UsageError
from bench.scoring.arrays import Places
from bench.scoring.inference.estimates import Estimate
from bench.scoring.inference.intervals import proportion_interval
from bench.scoring.record_files.columns import SOUND, in_order, numbered
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.scores import CELL, UTTERANCE

if TYPE_CHECKING:
    import pandas as pd

Estimand = Literal["fitted", "trainings"]
"""What an interval is about: these fitted victims, on other speakers and sounds; or trainings like theirs too."""
ESTIMANDS: tuple[Estimand, ...] = get_args(Estimand)
FEWEST_SEEDS = 5


def estimand_named(name: str) -> Estimand:
    """Choose what intervals are about by its name.

    Raises:
        UsageError: nothing of that name.
    """
    for one in ESTIMANDS:
        if one == name:
            return one
    raise UsageError(f"--estimand {name}", "nothing of that name", " or ".join(ESTIMANDS), "take one of these")


def crossed_with_speakers(found: pd.DataFrame, records: pd.DataFrame, estimand: Estimand = "fitted") -> list[ArrayLike]:
    """Say what figures have in common beside their speaker.

    An effect that asks once draws one sound for each utterance, and those with the same sound are alike. An attack that
    learns in rounds met all utterances of a cell in one order, and they share what came of it. "trainings" takes the
    trained victims for a sample too: a fold and seed has one, which all of its utterances share.

    Args:
        found: one row an utterance and cell: fold, seed, repeat, utterance.
        records: that it was made of; those of a search, or of clean speech only, have no sound in common.
        estimand: what the interval is about.

    Returns:
        Clusterings of the rows of `found`, for `crossed` of the functions in `bench.scoring.statistics`.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    ways: list[ArrayLike] = []
    if records["query"].max() == 1 and "source" in records:
        told = SOUND if SOUND in records else "source"
        asked = records.loc[records["query"] == 1, [*UTTERANCE, told]]
        sounds = dict(zip(_utterances(asked), asked[told].to_numpy(object), strict=True))
        ways.append(np.array([sounds.get(one, np.nan) for one in _utterances(found)], dtype=object))
    if "turn" in records and records["turn"].notna().any():
        ways.append(found.groupby([*CELL], sort=False).ngroup().to_numpy())
    return ways + trainings(found, estimand)


def crossing_ways(records: PooledRecords, estimand: Estimand) -> list[Places]:
    """Say what utterances have in common beside their speaker, as `crossed_with_speakers` does.

    Args:
        records: of an attack.
        estimand: what an interval is about.

    Returns:
        Clusterings of its utterances, shape (m,) each, by number.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    ways = [] if records.sounds is None else [numbered(records.sounds)]
    ways += [records.attacked.cell] if records.learns else []
    return ways + trainings_at(records, records.attacked.starts, estimand)


def crossed_at(records: PooledRecords, rows: Places, estimand: Estimand) -> list[Places]:
    """Say what some queries have in common beside their speaker, as `crossing_ways` does of all utterances.

    Args:
        records: of an attack.
        rows: shape (n,), places of queries, one an utterance.
        estimand: what an interval is about.
    """
    which = records.attacked.number[rows]
    ways = [] if records.sounds is None else [numbered(records.sounds[which])]
    ways += [in_order(records.cell[rows])[0]] if records.learns else []
    return ways + trainings_at(records, rows, estimand)


def trainings_at(records: PooledRecords, rows: Places, estimand: Estimand) -> list[Places]:
    """Say which queries share a training, as `trainings` does.

    Args:
        records: of an attack.
        rows: shape (n,), places of queries.
        estimand: what an interval is about.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    if estimand == "fitted":
        return []
    check_seeds({records.cells[cell][1] for cell in np.unique(records.cell[rows]).tolist()})
    numbers: dict[tuple[int, int], int] = {}
    training = [numbers.setdefault((fold, seed), len(numbers)) for fold, seed, _ in records.cells]
    return [in_order(np.array(training, dtype=np.intp)[records.cell[rows]])[0]]


def _utterances(rows: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Which utterance each row is of: for a few hundred, sooner than an index of four levels is built."""
    return zip(*(rows[name].tolist() for name in UTTERANCE), strict=True)


def utterances_of(found: pd.DataFrame) -> pd.Series[int]:
    """Give numbers to utterances, one measured by several seeds or repeats alike: `units` of the statistics.

    Args:
        found: with columns speaker and utterance.
    """
    return found.groupby(["speaker", "utterance"], sort=False).ngroup()


def trainings(found: pd.DataFrame, estimand: Estimand) -> list[ArrayLike]:
    """Say which rows share a training, where the interval is about trainings.

    Args:
        found: with columns fold and seed.
        estimand: what the interval is about.

    Returns:
        One clustering, or none where the interval is about the fitted victims.

    Raises:
        UsageError: "trainings" of fewer than five seeds.
    """
    if estimand == "fitted":
        return []
    check_seeds(found["seed"].unique())
    return [found.groupby(["fold", "seed"], sort=False).ngroup().to_numpy()]


def check_seeds(seeds: Collection[object]) -> None:
    """Refuse to say something of trainings from too few.

    Args:
        seeds: different ones.

    Raises:
        UsageError: there are fewer than five.
    """
    if len(seeds) < FEWEST_SEEDS:
        raise UsageError(
            "--estimand trainings",
            f"records of {len(seeds)} seed{'s' * (len(seeds) != 1)}",
            f"{FEWEST_SEEDS} or more: fewer trainings say little about others",
            "run with --seed 0,1,2,3,4, or take --estimand fitted",
        )


def estimated_share(found: pd.DataFrame, column: str, crossed: Sequence[ArrayLike] = ()) -> Estimate:
    """Estimate the share of utterances of which something is true, with its interval.

    Args:
        found: one row an utterance and cell: utterance, speaker and the column.
        column: of truth values, or of numbers from 0 to 1.
        crossed: clusterings, as [`crossed_with_speakers`][bench.scoring.figures.dependence.crossed_with_speakers] gives
            them.
    """
    hits, speakers = found[column].to_numpy(float), found["speaker"].tolist()
    interval = proportion_interval(hits, speakers, crossed=crossed, units=utterances_of(found))
    return Estimate(float(hits.mean()), *interval, n=len(found))
