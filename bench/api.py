"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cache import cache_dir
from bench.errors import ComponentError, UsageError
from bench.fitting import NO_DEFENSE
from bench.options import FOLDS, Options, check_writable, parse_folds, parse_ks, parse_seeds
from bench.progress import SILENT, Progress
from bench.registry import Registry, option_of
from bench.specs import Spec, spec_of
from bench.tasks import task_named
from bench.variants import variants

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from bench.evaluate import Bench
    from bench.grid import Failure, Planned
    from bench.results import Results

SIGNAL = "signal"


def run(
    victim: str | Sequence[str] = "cnn_gru",
    attack: str | Sequence[str] = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    defense: str | Sequence[str] = NO_DEFENSE,
    task: str | Sequence[str] = "ahsn",
    fold: str | int = 0,
    seeds: str | int | Sequence[int] = 0,
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
        task: likewise.
        fold: 0 to 4, or "all".
        seeds: for example 0 or "0,1".
        plugin: Python files that bring components.
        progress: for example `bench.progress.for_terminal()`; nothing is said by default.
        **options: the other options of `bench run`, with underscores: corpus, corpus_root, noise_bank, noise_root,
            noise_map, corr, noises, limit, device, batch_size, out.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, fold, seed, limit, clean_uar, clean_war,
        speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n.

    Raises:
        bench.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    paths = {name: Path(options[name]) for name in PATHS if options.get(name) is not None}
    asked = Options(
        victims=_several(victim),
        attacks=_several(attack),
        defenses=_several(defense),
        ks=parse_ks(k),
        tasks=_several(task),
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        plugins=tuple(Path(path) for path in _several(plugin)),
        **(options | paths),
    )
    done = execute(asked, progress or SILENT)
    if done.failures:
        first = done.failures[0]
        where = f"{len(done.failures)} of the cells"
        raise ComponentError(where, first.message, "cells that finish", f"see {asked.out}/failed; the others are kept")
    return done.results.to_frame()


PATHS = ("corpus_root", "noise_root", "noise_map", "out")


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
    registry = Registry.discover(options.plugins)
    check_names(options, registry)
    check_writable(options.out)
    check_writable(cache_dir(), "SERBENCH_CACHE")

    from bench.grid import run_grid
    from bench.records import Store
    from bench.results import collect
    from bench.runs import remember

    planned = plan(options, registry)  # before the corpus is read, which may take long
    bench = set_up(options, registry, progress)
    check_possible(bench, planned)
    store = Store(options.out)
    remember(options.out, options.ks)
    failures = run_grid(bench, planned, store)
    keys = [bench.key(plan.cell) for plan in planned]
    finished = [store.read(key) for key in keys if store.has(key)]
    failed = [store.failure(key) for key in keys if not store.has(key)]
    return Done(collect(finished, options.ks, failed), failures)


def check_names(options: Options, registry: Registry) -> None:
    """Raise a UsageError for the first name that is not registered; imports nothing."""
    defenses = [text for text in options.defenses if text != NO_DEFENSE]
    kinds = (("victims", options.victims), ("attacks", options.attacks), ("defenses", defenses))
    for kind, texts in (*kinds, ("corpora", [options.corpus]), ("noise_banks", [options.noise_bank])):
        for text in texts:
            registry.entry(kind, Spec.parse(text, option_of(kind)).name)


def set_up(options: Options, registry: Registry, progress: Progress) -> Bench:
    """Read the corpus and the noise bank, choose the device."""
    from bench.evaluate import Bench

    device = device_named(options.device)
    corpus = _with_paths(registry, "corpora", options.corpus, {"--corpus-root": options.corpus_root})
    noise_paths = {"--noise-root": options.noise_root, "--noise-map": options.noise_map}
    bank = _with_paths(registry, "noise_banks", options.noise_bank, noise_paths)
    dataset = corpus.read(progress)
    noises = bank.read(progress)
    return Bench(registry, dataset, noises, device, options.batch_size, progress=progress)


def _with_paths(registry: Registry, kind: str, text: str, paths: dict[str, Path | None]) -> Any:
    """Build a corpus or noise bank with the paths given on the command line, by their options."""
    from dataclasses import fields, replace

    component = registry.build(kind, text)
    known = {field.name for field in fields(component)}
    given = {option.rpartition("-")[2]: path for option, path in paths.items() if path is not None}
    for option, path in paths.items():
        if path is not None and option.rpartition("-")[2] not in known:
            raise UsageError(f"{option} {path}", f"{text!r}, which reads none", "no path", "leave the option out")
    return replace(component, **given)


def device_named(name: str) -> torch.device:
    """The device to compute on; "auto" takes a GPU where there is one.

    Raises:
        UsageError: a GPU is asked for and there is none.
    """
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "--device", "cuda, but torch sees no GPU", "a GPU", "use --device cpu, or install CUDA's driver"
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def plan(options: Options, registry: Registry) -> list[Planned]:
    """Every cell asked for, those of one fitted victim next to each other."""
    from itertools import product

    from bench.evaluate import Cell
    from bench.grid import Planned

    victims = [_canonical(registry, "victims", text) for text in options.victims]
    defenses = [text if text == NO_DEFENSE else _canonical(registry, "defenses", text) for text in options.defenses]
    attacks = [
        variant
        for text in options.attacks
        for variant in variants(text, registry.build("attacks", text), options.corr, options.noises)
    ]
    fittings = product(options.tasks, options.seeds, options.folds, victims, defenses)
    return [
        Planned(
            Cell(victim, defense, variant.attack, task_named(task), fold, FOLDS, seed, max(options.ks), options.limit),
            variant,
        )
        for task, seed, fold, victim, defense in dict.fromkeys(fittings)
        for variant in dict.fromkeys(attacks)
    ]


def _canonical(registry: Registry, kind: str, text: str) -> str:
    return spec_of(Spec.parse(text).name, registry.build(kind, text))


def check_possible(bench: Bench, planned: Sequence[Planned]) -> None:
    """Raise before anything is trained where the data cannot serve what is asked."""
    for part in ("train", "test"):
        bench.noises.part("train" if part == "train" else "test")
    for cell in dict.fromkeys(plan.cell for plan in planned):
        bench.split(cell)
        for kind, text in (("attacks", cell.attack), ("defenses", cell.defense)):
            if text != NO_DEFENSE:
                component = bench.registry.build(kind, text)
                for category in getattr(component, "categories", ()):
                    if category != SIGNAL:
                        bench.noises.of(category)
                for effect in getattr(component, "signals", ()):
                    bench.registry.build("attacks", effect)
