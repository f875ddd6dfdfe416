"""What victims say about clean speech: of the speakers held out, or of another corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from bench.contracts.pipeline import modalities_of
from bench.core.errors import BenchError, UsageError
from bench.core.keys import key_of_json
from bench.core.specs import NO_DEFENSE, values_of
from bench.core.types import Dataset, Modality, Utterance
from bench.data.segments import segments_of
from bench.data.tasks import usable
from bench.evaluation.cells import Cell, Experiment
from bench.referee.referee import Referee
from bench.scoring.clean_scores import clean_report
from bench.studies.training_jobs import Job, Trained

CELL = ("victim", "defense", "corpus", "test_corpus", "task", "split", "fold", "seed")
POOLED = ("victim", "defense", "corpus", "test_corpus", "task", "split")


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
            if "root" not in values_of(component):
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


@dataclass(frozen=True)
class CleanAnswers:
    """What a victim said about clean speech.

    Args:
        names: victim, defence, corpora, task, split, fold, seed.
        classes: the task's.
        rests_on: data and versions.
        rows: one an utterance: cell, utterance, speaker, label_true, label_before.
    """

    names: dict[str, Any]
    classes: tuple[str, ...]
    rests_on: dict[str, Any]
    rows: pd.DataFrame


def answers(experiment: Experiment, found: Trained, other: Dataset | None = None) -> CleanAnswers:
    """Ask a victim about clean speech that it was not trained on.

    Args:
        experiment: data and machine.
        found: the victim.
        other: another corpus to test it on; the fold's test part by default.
    """
    cell = found.cell
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
    description = experiment.fitting(cell).description(experiment.noises.part("train"), experiment.device.type)
    names = {"victim": cell.victim, "defense": cell.defense, "corpus": experiment.dataset.name}
    names |= {"test_corpus": (other or experiment.dataset).name, "task": cell.task.name, "split": cell.split}
    code = [
        description["versions"]["harness"],
        *((description[part] or {}).get("code") for part in ("victim", "defense")),
    ]
    rests_on = {
        "corpus_fingerprint": description["corpus"],
        "test_corpus_fingerprint": (other or experiment.dataset).fingerprint,
        "training_noises": description["training_noises"],
        "device": description["device"],
        "code": key_of_json({"code": code}),
        "versions": description["versions"],
    }
    rows = rows.assign(label_before=labels, cell=f"fold {cell.fold} seed {cell.seed} repeat {cell.repeat}")
    return CleanAnswers(names | {"fold": cell.fold, "seed": cell.seed}, cell.task.classes, rests_on, rows)


def reports(found: Sequence[CleanAnswers], names: Sequence[str]) -> list[dict[str, Any]]:
    """Figures of answers, those of the same names put together: `CELL` for one by one, `POOLED` for folds and seeds."""
    groups: dict[str, list[CleanAnswers]] = {}
    for one in found:
        groups.setdefault(key_of_json({name: one.names[name] for name in names} | one.rests_on), []).append(one)
    return [
        {name: group[0].names[name] for name in names}
        | {part: sorted({one.names[part[:-1]] for one in group}) for part in ("folds", "seeds")}
        | clean_report(pd.concat([one.rows for one in group], ignore_index=True), group[0].classes)
        | {"rests_on": group[0].rests_on}
        for group in groups.values()
    ]
