"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import ComponentError
from bench.core.progress import SILENT, Progress
from bench.core.specs import NO_DEFENSE
from bench.evaluation.options import Options, parse_folds, parse_ks, parse_seeds
from bench.evaluation.run import execute
from bench.measures.catalogue import parse_measures

if TYPE_CHECKING:
    import pandas as pd


def run(
    victim: str | Sequence[str] = "cnn_gru",
    attack: str | Sequence[str] = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    defense: str | Sequence[str] = NO_DEFENSE,
    noise_bank: str | Sequence[str] = "embedded",
    noise_root: str | Path | Sequence[str | Path] = (),
    task: str | Sequence[str] = "ahsn",
    split: str = "k-fold",
    fold: str | int | Sequence[int] = 0,
    seeds: str | int | Sequence[int] = 0,
    repeats: int | None = None,
    measures: str | Sequence[str] = (),
    plugin: str | Path | Sequence[str | Path] = (),
    progress: Progress | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Attack victims and score them: `bench run` from Python.

    Args:
        victim: one spec or several; every combination with `defense`, `attack` and `task` is a cell.
        attack: likewise.
        k: numbers of label-only queries, for example (5, 15, 25) or "5,15,25".
        defense: likewise; "none" is the bare victim.
        noise_bank: one spec or several, whose sounds are put together.
        noise_root: the folders of those banks that are not embedded, in their order.
        task: likewise.
        split: who is trained on and who is attacked, see `bench.data.splits.SPLITS`.
        fold: from 0, several, or "all".
        seeds: for example 0 or "0,1".
        repeats: how often each cell is measured with other draws; by default 3 under a randomised defence, else 1.
        measures: what is measured on accepted candidates, into their records: for example "seg_snr_db,stoi".
        plugin: Python files that bring components.
        progress: for example `bench.core.progress.for_terminal()`; nothing is said by default.
        **options: the other options of `bench run`, with underscores: corpus, corpus_root, noise_map, perception, corr,
            noises, limit, device, batch_size, out.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, split, fold, seed, limit, clean_uar,
        clean_war, speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    paths = {name: Path(options[name]) for name in PATHS if options.get(name) is not None}
    asked = Options(
        victims=_several(victim),
        attacks=_several(attack),
        defenses=_several(defense),
        ks=parse_ks(k),
        noise_banks=_several(noise_bank),
        noise_roots=tuple(Path(path) for path in _several(noise_root) if path is not None),
        tasks=_several(task),
        split=split,
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        repeats=repeats,
        measures=parse_measures(measures),
        plugins=tuple(Path(path) for path in _several(plugin)),
        **(options | paths),
    )
    done = execute(asked, progress or SILENT)
    if done.failures:
        first = done.failures[0]
        where = f"{len(done.failures)} of the cells"
        raise ComponentError(where, first.message, "cells that finish", f"see {asked.out}/failed; the others are kept")
    return done.results.to_frame()


PATHS = ("corpus_root", "noise_map", "perception", "out")


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
