"""How far a smoothed victim's answers are proven, over test utterances: what `bench certify` measures."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import torch

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.specs import NO_DEFENSE
from bench.core.threads import in_threads
from bench.core.types import Utterance
from bench.defending.certificates import Certificate, Certifying
from bench.evaluation.cells import Cell, Experiment, limited
from bench.evaluation.fitted_store import versions
from bench.studies.certified_scores import Certified, CertifiedBasis, CertifiedNames, CertifiedUtterance, Effort


def check_certifies(registry: Registry, defenses: Sequence[str]) -> None:
    """Raise before anything is trained where a defence proves nothing.

    One that does says so with a class attribute `certifies = True`; in a stack, the last one has to.

    Raises:
        UsageError: one does not.
    """
    for spec in defenses:
        component = None if spec == NO_DEFENSE else registry.build("defenses", spec)
        last = getattr(component, "parts", (component,))[-1]
        if not getattr(last, "certifies", False):
            expected = "one that certifies, at the end of the stack"
            raise UsageError(f"--defense {spec!r}", "one that proves nothing", expected, "take smoothing")


def certified(experiment: Experiment, cell: Cell, effort: Effort) -> Certified:
    """Train a victim, or load it, and certify its answers about the fold's test utterances.

    Raises:
        ComponentError: it cannot certify.
    """
    victim, split = experiment.victim(cell), experiment.split(cell)
    chosen = limited(split.test, cell.limit)
    enrolled = victim.enroll(split.test)
    if not isinstance(enrolled, Certifying):
        found = f"a {type(enrolled).__name__} without certify"
        raise ComponentError(f"defense {cell.defense!r}", found, "a victim that certifies", "add it")
    with experiment.progress.task(f"Certifying {cell.victim}, defence {cell.defense}", len(chosen)) as advance:
        proven: dict[str, Certificate] = {}

        @torch.no_grad()
        def work(share: Sequence[Utterance], stopped: threading.Event) -> None:
            for said in share:
                if not stopped.is_set():
                    batch = Batch.of([said], experiment.device, [f"{cell.seed}/certify"])
                    (proven[said.id],) = enrolled.certify(batch, effort.first, effort.copies, effort.alpha)
                    advance(1)

        side_by_side = getattr(enrolled, "concurrent", False) and experiment.device.type == "cpu"
        in_threads(work, chosen, torch.get_num_threads() if side_by_side else 1)
    names = CertifiedNames(cell.victim, cell.defense, experiment.dataset.name, cell.task.name, cell.split)
    basis = CertifiedBasis(experiment.dataset.fingerprint, experiment.device.type, versions())
    return Certified(names, cell.fold, cell.seed, basis, tuple(_proven(said, proven[said.id], cell) for said in chosen))


def _proven(said: Utterance, proof: Certificate, cell: Cell) -> CertifiedUtterance:
    truth = cell.task.label_of(said)
    label = None if proof.label is None else cell.task.classes[proof.label]
    return CertifiedUtterance(cell.fold, cell.seed, said.speaker, proof, label, truth, right=label == truth)
