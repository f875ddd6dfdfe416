"""Victims without an attack: trained and kept."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from bench.contracts.protocols import Victim
from bench.core.errors import BenchError
from bench.core.progress import Progress
from bench.data.splits import Partition
from bench.evaluation.cells import Cell, Experiment
from bench.evaluation.options import Options
from bench.evaluation.run import prepare

_T = TypeVar("_T")


@dataclass(frozen=True)
class Job:
    """Victims to be trained, and what they are trained on.

    Args:
        experiment: data and machine.
        cells: one for each victim, defence, task, fold and seed.
    """

    experiment: Experiment
    cells: tuple[Cell, ...]


def prepare_job(options: Options, progress: Progress) -> Job:
    """Check what is asked for and read the data.

    Args:
        options: with one attack, which nobody runs: cells are planned with one.
        progress: whom to tell.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained then.
    """
    experiment, planned = prepare([options], progress)
    return Job(experiment, tuple(dict.fromkeys(plan.cell for plan in planned)))


@dataclass(frozen=True)
class Trained:
    """A fitted victim.

    Args:
        cell: which.
        victim: itself.
        split: what it was trained on, and what it was not.
        folder: where it is kept.
        seconds: that training took; None where it was kept from before.
    """

    cell: Cell
    victim: Victim
    split: Partition
    folder: Path
    seconds: float | None

    def kept(self) -> KeptVictim:
        """Say where it is kept, without holding on to it."""
        cell = self.cell
        return KeptVictim(
            victim=cell.victim,
            defense=cell.defense,
            task=cell.task.name,
            split=cell.split,
            fold=cell.fold,
            seed=cell.seed,
            utterances=len(self.split.train),
            speakers=len({utterance.speaker for utterance in self.split.train}),
            seconds=self.seconds,
            folder=self.folder,
        )


@dataclass(frozen=True)
class KeptVictim:
    """Say where a trained victim is kept, and what it was trained on.

    Args:
        victim: spec.
        defense: spec, or "none".
        task: what the victim tells.
        split: who was trained on.
        fold: of the split, from 0.
        seed: of the training.
        utterances: trained on, before a defence adds any.
        speakers: of so many.
        seconds: that training took; None where it was kept from before.
        folder: where it is kept.
    """

    victim: str
    defense: str
    task: str
    split: str
    fold: int
    seed: int
    utterances: int
    speakers: int
    seconds: float | None
    folder: Path

    def to_json(self) -> dict[str, object]:
        """Return one of `victims[]` in docs/json.md."""
        return {**asdict(self), "folder": str(self.folder)}


def trained(experiment: Experiment, cell: Cell) -> Trained:
    """Train a victim, or load it where it is kept.

    Raises:
        bench.core.errors.BenchError: it cannot be trained.
    """
    folder = experiment.fitting(cell).folder(experiment.noises.part("train"), experiment.device.type)
    kept = folder.is_dir()
    started = time.monotonic()
    victim = experiment.victim(cell)
    return Trained(cell, victim, experiment.split(cell), folder, None if kept else time.monotonic() - started)


@dataclass(frozen=True)
class Failed:
    """A victim that could not be trained or asked.

    Args:
        cell: which.
        error: one line.
        exit_code: 2 where the user can put it right, else 1.
        traceback: where it happened.
    """

    cell: Cell
    error: str
    exit_code: int
    traceback: str

    def to_json(self) -> dict[str, object]:
        """Return one of `train failed[]` in docs/json.md."""
        cell = self.cell
        named = {"victim": cell.victim, "defense": cell.defense, "task": cell.task.name, "split": cell.split}
        return {**named, "fold": cell.fold, "seed": cell.seed, "error": self.error, "traceback": self.traceback}


def each(job: Job, do: Callable[[Cell], _T]) -> tuple[list[_T], list[Failed]]:
    """Do something for every victim; one that fails is noted and the others go on.

    `KeyboardInterrupt` is not held up: what is trained is kept.
    """
    done, failed = [], []
    for number, cell in enumerate(job.cells, 1):
        name = f"victim {cell.victim} · defense {cell.defense} · task {cell.task.name}"
        job.experiment.progress.say(
            f"[{number}/{len(job.cells)}] {name} · {cell.split} fold {cell.fold} · seed {cell.seed}"
        )
        try:
            done.append(do(cell))
        except Exception as error:
            message = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
            code = error.exit_code if isinstance(error, BenchError) else 1
            failed.append(Failed(cell, message, code, traceback.format_exc()))
    return done, failed
