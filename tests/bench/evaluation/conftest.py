"""Small victims on the tiny corpus, fitted and kept: what the tests of that share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.core.noises import NoiseSet
from bench.core.showing.progress import SILENT
from bench.core.types import Dataset
from bench.data.corpora.emodb import EmoDB
from bench.data.noises.folder import Folder
from bench.data.partitions import Partition
from bench.data.tasks import task_named
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load
from tests.bench.evaluation.fitted import CPU, REGISTRY, SMALL, Listening, victim

START = FittedKey(**victim(SMALL), defense=None, task=task_named("ahsn"), split="k-fold", fold=0, seed=0)


@pytest.fixture(scope="module")
def dataset(tiny_corpus: Path) -> Dataset:
    return EmoDB(tiny_corpus).read(SILENT)


@pytest.fixture(scope="module")
def noises(tiny_noises: Path) -> NoiseSet:
    return Folder(tiny_noises).read(SILENT)


@pytest.fixture(scope="module")
def experiment(dataset: Dataset, noises: NoiseSet) -> Experiment:
    return Experiment(REGISTRY, dataset, noises, CPU)


@pytest.fixture
def key(own_cache: Path) -> FittedKey:
    """One to start from; each test with an empty cache."""
    return START


@pytest.fixture(scope="module")
def split(experiment: Experiment) -> Partition:
    return experiment.split(START)


@pytest.fixture
def fit(experiment: Experiment) -> Callable[..., tuple[Any, int]]:
    """Fit or load; the victim, enrolled, and how many were trained for it."""

    def run(key: FittedKey, experiment: Experiment = experiment) -> tuple[Any, int]:
        listening = Listening()
        listened = replace(experiment, progress=listening)
        enrolled = fit_or_load(listened, key).enroll(experiment.split(key).test)
        return enrolled, sum(text.startswith("Training ") for text in listening.said)

    return run
