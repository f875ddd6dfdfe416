"""How fast eGeMAPS are extracted: with threads, with processes, and from the cache.

    python -m benchmarks.features
    python -m benchmarks.features --corpus emodb --corpus-root DIR --utterances 100 --repeats 5

The settings are timed in turn, so that all see the same machine; each time is the least of several, since others who
use the machine can only add to it. Processes are started before they are timed. "x" is how many times as fast as one
thread. On cores that others keep busy, more workers cannot help: look at the load.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.core.storage.digests import default_workers
from bench.modelling.features.egemaps import Level, extract, remembered

WHERE = "benchmarks/features.py"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--corpus-root", type=Path)
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    corpus = arguments.corpus if arguments.corpus_root is None else f"{arguments.corpus}:root={arguments.corpus_root}"
    read = Registry.discover().build("corpora", corpus).read(SILENT).utterances
    waves = [utterance.waveform.clone() for utterance in read[: arguments.utterances]]
    seconds = sum(map(len, waves)) / 16_000
    print(
        f"{len(waves)} utterances, {seconds:.0f} s of sound; {default_workers()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for level in ("functionals", "lld"):
        _measure(level, waves, arguments.workers, arguments.repeats)


def _measure(level: Level, waves: list[Tensor], workers: int, repeats: int) -> None:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes, _empty_cache():
        list(processes.map(partial(_one, level), waves[: 4 * workers]))
        remembered(waves, level, WHERE)
        settings: dict[str, Callable[[], object]] = {
            "1 thread": lambda: extract(waves, level, WHERE, workers=1),
            f"{workers} threads": lambda: extract(waves, level, WHERE, workers=workers),
            f"{workers} processes": lambda: _shared(processes, level, waves),
            "from the cache": lambda: remembered(waves, level, WHERE),
        }
        times: dict[str, list[float]] = {name: [] for name in settings}
        for _ in range(repeats):
            for name, work in settings.items():
                started = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - started)
    single = min(times["1 thread"])
    for name, found in times.items():
        best = min(found)
        print(f"{level:12} {name:15} {1e3 * best / len(waves):8.2f} ms an utterance {single / best:8.2f} x")


def _shared(pool: Executor, level: Level, waves: list[Tensor]) -> list[Tensor]:
    return list(pool.map(partial(_one, level), waves, chunksize=4))


def _one(level: Level, wave: Tensor) -> Tensor:
    torch.set_num_threads(1)
    return extract([wave], level, WHERE, workers=1)[0]


@contextmanager
def _empty_cache() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"SERBENCH_CACHE": folder}):
        yield


if __name__ == "__main__":
    main()
