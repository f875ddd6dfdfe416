"""What a run says before it begins: what it comes to, and what of its data makes figures doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.showing.progress import Progress
from bench.data.doubts import doubts_about, left_out
from bench.evaluation.plans.planning import Selection

if TYPE_CHECKING:
    from bench.evaluation.cell.experiment import Experiment
    from bench.evaluation.plans.planned import Planned


def say_beforehand(parts: Sequence[tuple[Experiment, Sequence[Planned]]], out: Path, progress: Progress) -> None:
    """Say what is left of a run before it is spent: requests to services, cells, time and disk.

    Args:
        parts: data and cells.
        out: the run's folder.
        progress: is told.
    """
    from bench.evaluation.forecasts.forecast_words import beforehand
    from bench.scoring.records import Store

    for line in beforehand(parts, Store(out)):
        progress.say(line)


def say_what_is_doubtful(experiment: Experiment, selections: Sequence[Selection], progress: Progress) -> None:
    """Say what makes figures of this data doubtful before they are computed.

    Args:
        experiment: with the corpus.
        selections: what is asked for.
        progress: is told.
    """
    corpora = (experiment.dataset,) if experiment.training is None else (experiment.dataset, experiment.training)
    for corpus in corpora:
        for doubt in doubts_about(corpus.utterances):
            progress.say(f"Corpus {corpus.name}: {doubt}.")
    if experiment.dataset.name.partition(":")[0] == "synthetic":
        elsewhere = [victim for one in selections for victim in one.victims if not victim.traits.trains]
        for victim in dict.fromkeys(map(str, elsewhere)):
            said = "it is asked about speech that a machine made, and the figures say nothing about people"
            progress.say(
                f"Victim {victim} was trained elsewhere: {said}; --corpus and --corpus-root name speech of people."
            )
    for corpus in corpora:
        for task in dict.fromkeys(task for one in selections for task in one.tasks):
            if (others := left_out(corpus.utterances, task)) is not None:
                where = f"Task {task.name}" if len(corpora) == 1 else f"Corpus {corpus.name}, task {task.name}"
                progress.say(f"{where}: {others}.")
