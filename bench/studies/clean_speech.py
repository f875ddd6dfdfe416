"""What victims say about clean speech: of the speakers held out, or of another corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from bench.contracts.pipeline import modalities_of
from bench.core.errors import BenchError, UsageError
from bench.core.json_objects import JsonObject
from bench.core.keys import key_of_json
from bench.core.specs import NO_DEFENSE
from bench.core.types import Dataset, Modality, Utterance
from bench.data.segments import segments_of
from bench.data.tasks import usable
from bench.evaluation.cells import Cell, Experiment
from bench.referee.referee import Referee
from bench.scoring.descriptions import FittedOn
from bench.studies.clean_scoring import CleanAnswers, CleanBasis, CleanNames
from bench.studies.training_jobs import Job, Trained


def check_test_corpus(text: str | None, root: Path | None) -> None:
    """Raise a UsageError where a folder is given without its corpus."""
    if root is not None and text is None:
        where = f"--test-corpus-root {root}"
        raise UsageError(where, "no --test-corpus", "the corpus that it is the folder of", "name it, or leave this out")


def read_test_corpus(job: Job, text: str, root: Path | None) -> Dataset:
    """Another corpus, to test victims on.

    Args:
        job: the victims, and the corpus that they are trained on.
        text: the other corpus's spec.
        root: its folder, where it is not embedded.

    Raises:
        bench.core.errors.BenchError: there is none such, it cannot be read, cannot serve a task, or is the one that
            they are trained on.
    """
    experiment = job.experiment
    try:
        component: Any = experiment.registry.build("corpora", text)
        if root is not None:
            if "root" not in {field.name for field in fields(component)}:
                where = f"--test-corpus-root {root}"
                raise UsageError(where, f"{text!r}, which reads none", "no path", "leave the option out")
            component = replace(component, root=root)
        dataset: Dataset = component.read(experiment.progress)
    except BenchError as error:  # it speaks of the options that the first corpus has
        said = (error.where, error.found, error.expected, error.remedy)
        raise type(error)(*(text.replace("--corpus", "--test-corpus") for text in said)) from error
    if dataset.fingerprint == experiment.dataset.fingerprint:
        found = "the corpus that the victims are trained on"
        raise UsageError(f"--test-corpus {text}", found, "another one", "leave it out to test on speakers held out")
    for cell in job.cells:
        perceived(experiment, cell, dataset)
    return dataset


def perceived(experiment: Experiment, cell: Cell, other: Dataset) -> Sequence[Utterance]:
    """All of another corpus that a victim can perceive and its task labels, in blocks where its split cuts them so.

    Raises:
        bench.core.errors.DataError: there is nothing, or nothing of a class.
    """
    victim = experiment.registry.build("victims", cell.victim)
    defense = None if cell.defense == NO_DEFENSE else experiment.registry.build("defenses", cell.defense)
    modalities: tuple[Modality, ...] = modalities_of(victim, defense)
    found = usable(other.utterances, cell.task, other.name, modalities)
    return segments_of(found) if cell.split.partition(":")[0].endswith("blocks") else found


def answers(experiment: Experiment, found: Trained, other: Dataset | None = None) -> CleanAnswers:
    """Ask a victim about clean speech that it was not trained on.

    Args:
        experiment: data and machine.
        found: the victim.
        other: another corpus to test it on; the fold's test part by default.
    """
    cell, tested = found.cell, other or experiment.dataset
    said = found.split.test if other is None else perceived(experiment, cell, other)
    with torch.no_grad(), experiment.progress.task(f"Asking {cell.victim}", len(said)) as advance:
        referee = Referee(
            found.victim.enroll(said),
            cell.task,
            experiment.device,
            experiment.batch_size,
            sample_key=f"{cell.seed}/{cell.repeat}",
        )
        labels = referee.names(referee.labels(said))
        advance(len(said))
    columns = ["utterance", "speaker", "label_true"]
    rows = pd.DataFrame([(one.id, one.speaker, cell.task.label_of(one)) for one in said], columns=columns)
    rows = rows.assign(label_before=labels, fold=cell.fold, seed=cell.seed, repeat=cell.repeat)
    names = CleanNames(cell.victim, cell.defense, experiment.dataset.name, tested.name, cell.task.name, cell.split)
    basis = _basis(experiment, cell, tested)
    return CleanAnswers(names, cell.fold, cell.seed, cell.task.classes, basis, rows)


def _basis(experiment: Experiment, cell: Cell, tested: Dataset) -> CleanBasis:
    description = experiment.fitting(cell).description(experiment.noises.part("train"), experiment.device.type)
    fitted = FittedOn.of(JsonObject(Path("fitting.json"), description, "report it: serbench wrote this itself"))
    code = [fitted.versions["harness"], fitted.victim_code, fitted.defense_code]
    return CleanBasis(
        corpus_fingerprint=fitted.corpus,
        test_corpus_fingerprint=tested.fingerprint,
        training_noises=fitted.training_noises,
        device=fitted.device,
        code=key_of_json({"code": code}),
        versions=fitted.versions,
    )
