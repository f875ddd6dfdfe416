"""What per-speaker normalisation loses where a victim may know other utterances than those that it is asked about.

    python -m benchmarks.enrolment
    python -m benchmarks.enrolment --corpus emodb --corpus-root DIR --seeds 0 1 2

UAR of `cnn_gru` on clean speech, fold by fold: enrolled with the other half of each speaker's utterances, with all of
them (P1), and with nothing, so that every speaker has the training speakers' statistics.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.enrolment import Enrolment
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load
from bench.evaluation.cell.instances import panel_of
from bench.referee.blinding import Blinding, Instance
from bench.referee.referee import Referee
from bench.scoring.scores import uar
from bench.testing import CPU, sample_noises

WAYS: tuple[Enrolment, ...] = ("halves", "paper")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--corpus-root", type=Path)
    parser.add_argument("--task", default="ahsn")
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(5)))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    arguments = parser.parse_args()
    registry = Registry.discover()
    spec = arguments.corpus if arguments.corpus_root is None else f"{arguments.corpus}:root={arguments.corpus_root}"
    experiment = Experiment(registry, registry.build("corpora", spec).read(SILENT), sample_noises(), CPU)
    victim, found = registry.component("victims", "cnn_gru"), defaultdict[str, list[float]](list)
    for fold in arguments.folds:
        for seed in arguments.seeds:
            key = FittedKey(victim, None, TASKS[arguments.task], "k-fold", fold, seed)
            for way, figure in measured(experiment, key).items():
                found[way].append(figure)
            shown = ", ".join(f"{way} {figures[-1]:.3f}" for way, figures in found.items())
            print(f"fold {fold}, seed {seed}: {shown}", flush=True)
    print("mean: " + ", ".join(f"{way} {statistics.fmean(figures):.3f}" for way, figures in found.items()))


def measured(experiment: Experiment, key: FittedKey) -> dict[str, float]:
    """UAR of one fitted victim by what it may know.

    Args:
        experiment: the corpus.
        key: which victim.
    """
    said = experiment.split(key).test
    truth = [key.task.label_of(one) or "" for one in said]
    found = {}
    for way in WAYS:
        panel = panel_of(replace(experiment, enrolment=way), key, said)
        found[way] = uar(truth, panel.names(panel.labels(said)))
    stranger = Instance.enrolled(fit_or_load(experiment, key), (), Blinding.of("nobody", said))
    referee = Referee(stranger.victim, key.task, CPU, blinding=stranger.blinding)
    return found | {"nothing": uar(truth, referee.names(referee.labels(said)))}


if __name__ == "__main__":
    main()
