"""Victims without an attack: trained and kept."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from bench.contracts.protocols import Victim
from bench.core.errors import told_of
from bench.core.showing.progress import Progress
from bench.data.partitions import Partition
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load, fitted_folder
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import repeats_of
from bench.evaluation.run import prepare_fitted

_T = TypeVar("_T")


@dataclass(frozen=True)
class Job:
    """Victims to be trained, and what they are trained on.

    Args:
        experiment: data and machine.
        fitted: one for each victim, defence, task, fold and seed.
        options: what was asked for.
    """

    experiment: Experiment
    fitted: tuple[FittedKey, ...]
    options: Options

    def repeats(self, fitted: FittedKey) -> range:
        """Count off the looks at one fitted victim: several where its answers are drawn anew."""
        return range(repeats_of(self.options, fitted))


def prepare_job(options: Options, progress: Progress) -> Job:
    """Check what is asked for and read the data.

    Args:
        options: victims, defences, tasks, folds and seeds; attacks are of no account.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been trained then.
    """
    experiment, fitted = prepare_fitted(options, progress)
    return Job(experiment, tuple(fitted), options)


@dataclass(frozen=True)
class Trained:
    """A fitted victim.

    Args:
        key: which.
        victim: itself.
        split: what it was trained on, and what it was not.
        folder: where it is kept.
        seconds: that training took; None where it was kept from before.
    """

    key: FittedKey
    victim: Victim
    split: Partition
    folder: Path
    seconds: float | None

    def kept(self) -> KeptVictim:
        """Say where it is kept, without holding on to it."""
        return KeptVictim(
            **self.key.names(),
            utterances=len(self.split.train),
            speakers=len({utterance.speaker for utterance in self.split.train}),
            seconds=self.seconds,
            folder=self.folder,
        )


@dataclass(frozen=True)
class KeptVictim:
    """Where a trained victim is kept, and what it was trained on.

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


def trained(experiment: Experiment, key: FittedKey) -> Trained:
    """Train a victim, or load it where it is kept.

    Args:
        experiment: data and machine.
        key: which victim.

    Raises:
        bench.core.errors.BenchError: it cannot be trained.
    """
    folder = fitted_folder(experiment, key)
    kept = folder.is_dir()
    started = time.monotonic()
    victim = fit_or_load(experiment, key)
    return Trained(key, victim, experiment.split(key), folder, None if kept else time.monotonic() - started)


@dataclass(frozen=True)
class Failed:
    """A victim that could not be trained or asked.

    Args:
        key: which.
        error: one line.
        exit_code: 2 where the user can put it right, else 1.
        traceback: where it happened.
    """

    key: FittedKey
    error: str
    exit_code: int
    traceback: str

    def to_json(self) -> dict[str, object]:
        """Return one of `train failed[]` in docs/json.md."""
        return self.key.names() | {"error": self.error, "traceback": self.traceback}


def each(job: Job, do: Callable[[FittedKey], _T]) -> tuple[list[_T], list[Failed]]:
    """Do something for every victim; one that fails is noted and the others go on.

    `KeyboardInterrupt` is not held up: what is trained is kept.

    Args:
        job: the victims.
        do: called with one after the other.

    Returns:
        What `do` gave for those that did not fail, and the failures.
    """
    done, failed = [], []
    for number, key in enumerate(job.fitted, 1):
        job.experiment.progress.say(f"[{number}/{len(job.fitted)}] {key}")
        try:
            done.append(do(key))
        except Exception as error:
            failed.append(Failed(key, *told_of(error), traceback.format_exc()))
    return done, failed
