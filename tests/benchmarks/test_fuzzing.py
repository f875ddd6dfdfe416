"""Some hundred wrong inputs of kinds that need no model; `python -m benchmarks.fuzzing` tries thousands."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.audio.reading import as_stored, doubt_about, source_of
from bench.contracts.registry import Registry
from bench.core.errors import BenchError
from bench.core.showing.progress import SILENT
from bench.data.corpora.manifest import Manifest
from bench.data.fetching.unpack import unpack
from bench.data.task_files import read_task
from bench.evaluation.plans.plan_file import read_plan
from benchmarks.fuzzing.children import Outcome, called, tried
from benchmarks.fuzzing.dresses import differing
from benchmarks.fuzzing.mutations import BYTES, TEXT, Unchanged, mutated
from benchmarks.fuzzing.of_data import ROWS, archive_seeds, sound_seeds
from benchmarks.fuzzing.of_words import PLAN, SPECS, TASKS


def heard(file: Path) -> None:
    """What is read without a doubt is what libsndfile reads."""
    samples, rate = as_stored(file)
    if doubt_about(file) is None:
        other, other_rate = soundfile.read(source_of(file), dtype="float32", always_2d=True)
        assert rate == other_rate
        assert np.allclose(samples, other, rtol=0, atol=1e-6)  # MP3: whose blocks are of another size


Read = Callable[[Path], object]
SEEDS: dict[str, tuple[list[tuple[str, bytes]], Read, int]] = {
    "sounds": ([(f"x.{ending}", data) for ending, data in sound_seeds()], heard, 150),
    "tables": ([("manifest.csv", ROWS.encode())], lambda file: Manifest(file).read(SILENT), 60),
    "archives": (archive_seeds(), lambda file: unpack([file], file.parent / "out", 10_000_000, SILENT), 60),
    "tasks": ([(name, text.encode()) for name, text in TASKS.items()], lambda file: read_task(file, ()), 80),
    "plans": ([("plan.yaml", PLAN.encode())], read_plan, 40),
}


@pytest.mark.parametrize("kind", SEEDS)
def test_wrong_inputs_are_read_or_named(kind: str, tmp_path: Path, own_cache: Path) -> None:
    seeds, read, count = SEEDS[kind]
    how, named = BYTES if kind in ("sounds", "archives") else TEXT, 0
    for number in range(-len(seeds), count):
        folder = tmp_path / str(number)
        (folder / "out").mkdir(parents=True)
        rng = Unchanged(number) if number < 0 else random.Random(f"suite {kind} {number}")
        name, data = seeds[number] if number < 0 else rng.choice(seeds)
        for sound, content in SOUNDS if kind == "tables" else ():
            (folder / sound).write_bytes(content)
        (folder / name).write_bytes(mutated(data, how, rng))
        if number < 0:
            read(folder / name)
            continue
        try:
            read(folder / name)
        except BenchError:
            named += 1
    assert named > count / 10


SOUNDS = [("a.wav", sound_seeds()[0][1]), ("b.wav", sound_seeds()[0][1])]


def test_wrong_specs_are_built_or_named() -> None:
    registry, named = Registry.discover(), 0
    kinds = {"--victim": "victims", "--attack": "attacks", "--defense": "defenses"}
    for number in range(40):
        rng = random.Random(f"suite specs {number}")
        option = rng.choice(list(SPECS))
        text = mutated(rng.choice(SPECS[option][:2]).encode(), TEXT, rng).decode("utf-8", "replace")
        try:
            registry.component(kinds[option], text)
        except BenchError:
            named += 1
    assert named > 15


def test_the_same_in_another_dress_is_read_alike(tmp_path: Path, own_cache: Path) -> None:
    assert differing(tmp_path) == []


def test_what_is_wrong_with_an_outcome_is_seen(tmp_path: Path) -> None:
    """The oracle itself, on children that end in each way."""

    def fails() -> None:
        raise ValueError("no")

    def grows() -> None:
        bytearray(3 * 2**30)

    assert tried(called(lambda: None), tmp_path).wrong == ""
    assert tried(fails, tmp_path).wrong == "traceback"
    assert "MemoryError" in tried(grows, tmp_path).said
    assert Outcome(2, "bench: x: found y; expected z; do w", 0.1, 1).wrong == ""
    assert Outcome(2, "bench: no", 0.1, 1).wrong == "an error without its four parts"
    assert Outcome(0, "\x1b[31m", 0.1, 1).wrong == "control characters"
    assert Outcome(0, "", 21.0, 1).wrong == "slow"
    assert Outcome(-11, "", 0.1, 1).wrong == "ended by SIGSEGV"
