"""What victims say about clean speech: of the speakers held out, or of another corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch

from bench.core.dimensional import place_of, truth_of
from bench.core.errors import UsageError
from bench.core.showing.progress import Progress
from bench.core.storage.json_objects import JsonObject
from bench.core.types import Dataset, Utterance
from bench.data.segments import segments_of
from bench.data.tasks import usable
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_description
from bench.evaluation.cell.instances import panel_of
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.beginning import read_if_quick
from bench.evaluation.preparing.preflight import as_option
from bench.evaluation.preparing.setup import corpus_reader
from bench.referee.panel import Panel
from bench.scoring.record_files.descriptions import FittedOn
from bench.studies.clean_scoring import CleanAnswers, CleanBasis, CleanNames
from bench.studies.training_jobs import Job, Trained


def begin_test_corpus(options: Options, text: str | None, root: Path | None, progress: Progress) -> Dataset | None:
    """Refuse another corpus that cannot be read, before the first one is; read it, where that is quick.

    Args:
        options: with the plug-ins.
        text: the corpus's spec, as `--test-corpus` gives it; None for none.
        root: its folder.
        progress: told what the reader says.

    Raises:
        bench.core.errors.BenchError: there is none such, it cannot be read, or a folder is given without its corpus.
    """
    if text is not None:
        with as_option("--test-corpus"):
            return read_if_quick(corpus_reader(registry_for(options), text, root), progress)
    if root is not None:
        where = f"--test-corpus-root {root}"
        raise UsageError(where, "no --test-corpus", "the corpus that it is the folder of", "name it, or leave this out")
    return None


def read_test_corpus(job: Job, text: str, root: Path | None, begun: Dataset | None = None) -> Dataset:
    """Read another corpus, to test victims on.

    Args:
        job: the victims, and the corpus that they are trained on.
        text: the other corpus's spec.
        root: its folder, where it is not embedded.
        begun: the corpus, where it has been read already.

    Raises:
        bench.core.errors.BenchError: there is none such, it cannot be read, cannot serve a task, or is the one that
            they are trained on.
    """
    experiment = job.experiment
    with as_option("--test-corpus"):
        dataset = begun or corpus_reader(experiment.registry, text, root)(experiment.progress)
    if dataset.fingerprint == experiment.dataset.fingerprint:
        found = "the corpus that the victims are trained on"
        raise UsageError(f"--test-corpus {text}", found, "another one", "leave it out to test on speakers held out")
    for key in job.fitted:
        perceived(key, dataset)
    return dataset


def perceived(key: FittedKey, other: Dataset) -> Sequence[Utterance]:
    """Select all of another corpus that a victim can perceive and its task labels, in blocks where its split has them.

    Args:
        key: which victim.
        other: the corpus.

    Raises:
        bench.core.errors.DataError: there is nothing, or nothing of a class.
    """
    found = usable(other.utterances, key.task, other.name, key.modalities)
    return segments_of(found) if key.split.partition(":")[0].endswith("blocks") else found


def answers(experiment: Experiment, found: Trained, other: Dataset | None = None, repeat: int = 0) -> CleanAnswers:
    """Ask a victim about clean speech that it was not trained on.

    Args:
        experiment: data and machine.
        found: the victim; asked are instances that know other utterances of the same speakers.
        other: another corpus to test it on; the fold's test part by default.
        repeat: which look at it, from 0: a randomised victim draws anew.
    """
    key, task, tested = found.key, found.key.task, other or experiment.dataset
    said = found.split.test if other is None else perceived(key, other)
    with torch.no_grad(), experiment.progress.task(f"Asking {key.victim}", len(said)) as advance:
        panel = panel_of(experiment, key, said, repeat)
        rows = _numbers(panel, said) if task.dimensional else _labels(panel, said)
        advance(len(said))
    rows = rows.assign(fold=key.fold, seed=key.seed, repeat=repeat)
    names = CleanNames(key.victim.spec, key.defense_spec, experiment.dataset.name, tested.name, task.name, key.split)
    return CleanAnswers(names, key.fold, key.seed, task.classes, _basis(experiment, key, tested), rows)


def _labels(panel: Panel, said: Sequence[Utterance]) -> pd.DataFrame:
    """The corpus's label and the victim's of each utterance."""
    columns = ["utterance", "speaker", "label_true"]
    rows = pd.DataFrame([(one.id, one.speaker, panel.task.label_of(one)) for one in said], columns=columns)
    return rows.assign(label_before=panel.names(panel.labels(said)))


def _numbers(panel: Panel, said: Sequence[Utterance]) -> pd.DataFrame:
    """The same in a dimensional task, with the rating and the answer."""
    task, found = panel.task, []
    for one, value in zip(said, panel.values(said), strict=True):
        rating = task.rating_of(one)
        assert rating is not None, "only rated utterances are asked about"
        label = task.classes[place_of(task, value, value)]
        found.append((one.id, one.speaker, truth_of(task, rating, value), label, rating, value))
    columns = ["utterance", "speaker", "label_true", "label_before", "value_true", "value_before"]
    return pd.DataFrame(found, columns=columns)


def _basis(experiment: Experiment, key: FittedKey, tested: Dataset) -> CleanBasis:
    description = fitted_description(experiment, key)
    fitted = FittedOn.of(JsonObject(Path("fitting.json"), description, "report it: serbench wrote this itself"))
    return CleanBasis(
        corpus_fingerprint=fitted.corpus,
        test_corpus_fingerprint=tested.fingerprint,
        training_noises=fitted.training_noises,
        device=fitted.device,
        code=fitted.code,
        versions=fitted.versions,
    )
