"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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

    from bench.evaluation.run import Done


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
        attack: one spec or several.
        k: numbers of label-only queries, for example (5, 15, 25) or "5,15,25".
        defense: one spec or several; "none" is the bare victim.
        noise_bank: one spec or several, whose sounds are put together.
        noise_root: the folders of those banks that are not embedded, in their order.
        task: one name or several, see `bench.data.tasks.TASKS`.
        split: who is trained on and who is attacked, see `bench.data.splits.SPLITS`.
        fold: one, from 0; several; or "all".
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
    given = {"victims": victim, "attacks": attack, "defenses": defense, "noise_banks": noise_bank, "tasks": task}
    given |= {"ks": k, "noise_roots": noise_root, "split": split, "folds": fold, "seeds": seeds, "repeats": repeats}
    asked = Options(**_read(given | {"measures": measures, "plugins": plugin}), **_read(options))
    return _frame(execute(asked, progress or SILENT), asked.out)


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _paths(given: Any) -> tuple[Path, ...]:
    return tuple(Path(path) for path in _several(given) if path is not None)


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("victims", "attacks", "defenses", "noise_banks", "tasks"), _several),
    **dict.fromkeys(("noise_roots", "plugins"), _paths),
    **dict.fromkeys(("corpus_root", "noise_map", "perception", "out"), _path),
    "ks": parse_ks,
    "folds": parse_folds,
    "seeds": parse_seeds,
    "measures": parse_measures,
}
"""What makes of a word of the command line a field of `Options`; other fields take it as it is."""


def _read(words: dict[str, Any]) -> dict[str, Any]:
    return {name: _READERS[name](value) if name in _READERS else value for name, value in words.items()}


def _frame(done: Done, out: Path) -> pd.DataFrame:
    """The scores of a run of which every cell has finished."""
    if done.failures:
        where, message = f"{len(done.failures)} of the cells", done.failures[0].message
        raise ComponentError(where, message, "cells that finish", f"see {out}/failed; the others are kept")
    return done.results.to_frame()
