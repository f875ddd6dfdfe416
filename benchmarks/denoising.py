"""How fast RNNoise takes noise out of speech: alone on a core, on all cores, and from the cache.

    python -m benchmarks.denoising
    python -m benchmarks.denoising --corpus emodb --corpus-root DIR --utterances 60 --repeats 5

Each time is the least of several, since others who use the machine can only add to it. "x" is how many times as fast as
the speech itself.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import torch

from bench import Batch
from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.core.storage.digests import default_workers
from bench.defending.denoiser import Denoiser
from bench.defending.purification import purified_utterances


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--corpus-root", type=Path)
    parser.add_argument("--utterances", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    corpus = arguments.corpus if arguments.corpus_root is None else f"{arguments.corpus}:root={arguments.corpus_root}"
    speech = Registry.discover().build("corpora", corpus).read(SILENT).utterances[: arguments.utterances]
    seconds = sum(utterance.duration_s for utterance in speech)
    print(
        f"{len(speech)} utterances, {seconds:.0f} s of sound; {default_workers()} cores, load {os.getloadavg()[0]:.1f}"
    )
    denoiser, batch = Denoiser("benchmarks/denoising.py"), Batch.of(speech)
    for threads in sorted({1, default_workers()}):
        torch.set_num_threads(threads)
        taken = _least(lambda: denoiser.purify(batch.waveforms, batch.lengths), arguments.repeats)
        print(f"{threads} threads      {seconds / taken:8.1f} x")
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"SERBENCH_CACHE": folder}):
        purified_utterances(denoiser, speech, torch.device("cpu"))
        taken = _least(lambda: purified_utterances(denoiser, speech, torch.device("cpu")), arguments.repeats)
        print(f"from the cache {seconds / taken:8.1f} x")


def _least(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
