"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cache import cache_dir
from bench.composition import composed, specs_in
from bench.errors import ComponentError
from bench.fitting import NO_DEFENSE
from bench.measures.catalogue import parse_measures
from bench.options import Options, check_writable, parse_folds, parse_ks, parse_seeds
from bench.progress import SILENT, Progress
from bench.registry import Registry, option_of
from bench.specs import Spec, spec_of
from bench.splits import LEAKS, split_named
from bench.tasks import task_named
from bench.variants import variants

if TYPE_CHECKING:
    import pandas as pd

    from bench.evaluate import Bench
    from bench.grid import Failure, Planned
    from bench.results import Results

SIGNAL = "signal"
RANDOMISED_REPEATS = 3
"""How often a cell under a randomised defence is measured where `--repeats` does not say."""


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
        split: who is trained on and who is attacked, see `bench.splits.SPLITS`.
        fold: from 0, several, or "all".
        seeds: for example 0 or "0,1".
        repeats: how often each cell is measured with other draws; by default 3 under a randomised defence, else 1.
        measures: what is measured on accepted candidates, into their records: for example "seg_snr_db,stoi".
        plugin: Python files that bring components.
        progress: for example `bench.progress.for_terminal()`; nothing is said by default.
        **options: the other options of `bench run`, with underscores: corpus, corpus_root, noise_map, perception, corr,
            noises, limit, device, batch_size, out.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, split, fold, seed, limit, clean_uar,
        clean_war, speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n.

    Raises:
        bench.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
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


@dataclass(frozen=True)
class Done:
    """What a run gave."""

    results: Results
    failures: list[Failure]


def execute(options: Options, progress: Progress) -> Done:
    """Run what is asked for, or what of it is not done yet, and score it.

    Raises:
        bench.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    check_writable(options.out)
    bench, planned = prepare(options, progress)

    from bench.grid import run_grid
    from bench.records import Store
    from bench.results import collect
    from bench.runs import remember

    store = Store(options.out)
    remember(options.out, options.ks)
    failures = run_grid(bench, planned, store)
    keys = [bench.key(plan.cell) for plan in planned]
    finished = [store.read(key) for key in keys if store.has(key)]
    failed = [store.failure(key) for key in keys if not store.has(key)]
    return Done(collect(finished, options.ks, failed), failures)


def prepare(options: Options, progress: Progress) -> tuple[Bench, list[Planned]]:
    """Check what is asked for, read the data, and plan the cells.

    Raises:
        bench.errors.BenchError: something asked for cannot be done; nothing has been trained or written then.
    """
    registry = Registry.discover(options.plugins)
    check_names(options, registry)
    check_writable(cache_dir(), "SERBENCH_CACHE")

    from bench.setup import set_up

    plan(options, registry)  # before the corpus is read, which may take long: a misspelt spec is refused now
    bench = set_up(options, registry, progress)
    planned = plan(options, registry, bench)
    check_possible(bench, planned)
    if split_named(options.split).leaks:
        progress.say(f"Split {options.split}: {LEAKS}.")
    return bench, planned


def check_names(options: Options, registry: Registry) -> None:
    """Raise a UsageError for the first name that is not registered; imports nothing."""
    defenses = [text for text in options.defenses if text != NO_DEFENSE]
    kinds = (("victims", options.victims), ("attacks", options.attacks), ("defenses", defenses))
    for kind, texts in (*kinds, ("corpora", [options.corpus]), ("noise_banks", options.noise_banks)):
        for text in texts:
            for part in specs_in(kind, text):
                registry.entry(kind, Spec.parse(part, option_of(kind)).name)


def plan(options: Options, registry: Registry, bench: Bench | None = None) -> list[Planned]:
    """Every cell asked for, those of one fitted victim next to each other.

    Args:
        options: what is asked for.
        registry: finds components.
        bench: with the corpus, which says how many folds there are; without it, "all" folds are the first.
    """
    from itertools import product

    from bench.evaluate import Cell
    from bench.grid import Planned

    victims = [canonical(registry, "victims", text) for text in options.victims]
    defenses = [text if text == NO_DEFENSE else canonical(registry, "defenses", text) for text in options.defenses]
    attacks = [
        variant
        for text in options.attacks
        for variant in variants(text, registry.build("attacks", text), options.corr, options.noises)
    ]
    split = split_named(options.split).name
    found = []
    for task, seed, victim in product(map(task_named, dict.fromkeys(options.tasks)), options.seeds, victims):
        folds = options.folds or range(bench.folds(victim, task, split) if bench else 1)
        for fold, defense, variant in product(folds, defenses, attacks):
            cell = Cell(victim, defense, variant.attack, task, split, fold, seed, max(options.ks), options.limit)
            repeats = range(options.repeats or _repeats_of(registry, victim, defense))
            found += [Planned(replace(cell, repeat=repeat), variant) for repeat in repeats]
    return list(dict.fromkeys(found))


def _repeats_of(registry: Registry, victim: str, defense: str) -> int:
    """How often a cell is measured: what a randomised victim or defence answers once says little."""
    parts = [registry.build("victims", victim)]
    parts += [] if defense == NO_DEFENSE else [registry.build("defenses", defense)]
    return RANDOMISED_REPEATS if any(getattr(part, "randomised", False) for part in parts) else 1


def canonical(registry: Registry, kind: str, text: str) -> str:
    """The spec as records name it: only what differs from the defaults, in the parameters' order."""
    parts = specs_in(kind, text)
    return composed(tuple(spec_of(Spec.parse(part).name, registry.build(kind, part)) for part in parts))


def check_possible(bench: Bench, planned: Sequence[Planned]) -> None:
    """Raise before anything is trained where the data cannot serve what is asked."""
    for part in ("train", "test"):
        bench.noises.part("train" if part == "train" else "test")
    for cell in dict.fromkeys(plan.cell for plan in planned):
        bench.split(cell)
        for kind, text in (("attacks", cell.attack), ("defenses", cell.defense)):
            if text != NO_DEFENSE:
                component = bench.registry.build(kind, text)
                for part in getattr(component, "parts", (component,)):
                    _check_component(bench, part)


def _check_component(bench: Bench, component: Any) -> None:
    """Raise where the noise bank lacks a category that the component names, or an effect cannot be built."""
    named = [*getattr(component, "categories", ()), getattr(component, "category", "")]
    for category in named:
        if category and category != SIGNAL:
            bench.noises.of(category)
    for effect in getattr(component, "signals", ()):
        bench.registry.build("attacks", effect)
    for attack in getattr(component, "made_of", ()):
        _check_component(bench, bench.registry.build("attacks", attack))
