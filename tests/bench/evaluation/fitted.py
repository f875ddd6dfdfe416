"""Small victims on the tiny corpus, to be fitted and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.core.progress import SILENT, Silent
from bench.core.types import Dataset
from bench.data.corpora.emodb import EmoDB
from bench.data.noises.folder import Folder
from bench.data.partitions import Partition
from bench.data.tasks import task_named
from bench.evaluation.cells import FittedKey
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load

CPU = torch.device("cpu")
SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
REGISTRY = Registry.discover()


def victim(spec: str) -> dict[str, Any]:
    return {"victim": REGISTRY.component("victims", spec)}


def defense(spec: str) -> dict[str, Any]:
    return {"defense": None if spec == "none" else REGISTRY.component("defenses", spec)}


class Listening(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def made_dataset(tiny_corpus: Path) -> Dataset:
    return EmoDB(tiny_corpus).read(SILENT)


def made_noises(tiny_noises: Path) -> NoiseSet:
    return Folder(tiny_noises).read(SILENT)


def made_experiment(dataset: Dataset, noises: NoiseSet) -> Experiment:
    return Experiment(REGISTRY, dataset, noises, CPU)


def made_key(own_cache: Path) -> FittedKey:
    """One to start from; each test with an empty cache."""
    return FittedKey(**victim(SMALL), defense=None, task=task_named("ahsn"), split="k-fold", fold=0, seed=0)


def made_split(experiment: Experiment) -> Partition:
    return experiment.split(
        FittedKey(**victim(SMALL), **defense("none"), task=task_named("ahsn"), split="k-fold", fold=0, seed=0)
    )


def made_fit(experiment: Experiment) -> Callable[..., tuple[Any, int]]:
    """Fit or load; the victim, enrolled, and how many were trained for it."""

    def run(key: FittedKey, experiment: Experiment = experiment) -> tuple[Any, int]:
        listening = Listening()
        listened = replace(experiment, progress=listening)
        enrolled = fit_or_load(listened, key).enroll(experiment.split(key).test)
        return enrolled, sum(text.startswith("Training ") for text in listening.said)

    return run
