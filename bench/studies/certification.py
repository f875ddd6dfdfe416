"""How far a smoothed victim's answers are proven, over test utterances: what `bench certify` measures."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import torch

from bench.contracts.registry import Registry
from bench.contracts.traits import traits_of
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.specs import NO_DEFENSE
from bench.core.threads import in_threads
from bench.core.types import Utterance
from bench.defending.certificates import Certificate, Certifying
from bench.evaluation.cells import FittedKey, limited
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load, versions
from bench.studies.certified_scores import Certified, CertifiedBasis, CertifiedNames, CertifiedUtterance, Effort


def check_certifies(registry: Registry, defenses: Sequence[str]) -> None:
    """Refuse, before anything is trained, a defence that proves nothing.

    One that does declares the trait `certifies`; in a pipeline, the last one has to.

    Args:
        registry: makes components.
        defenses: their specs.

    Raises:
        UsageError: one does not.
    """
    for spec in defenses:
        if spec == NO_DEFENSE or not registry.component("defenses", spec).traits.certifies:
            expected = "one that certifies, at the end of the stack"
            raise UsageError(f"--defense {spec!r}", "one that proves nothing", expected, "take smoothing")


def certified(experiment: Experiment, key: FittedKey, effort: Effort, limit: int | None = None) -> Certified:
    """Train a victim, or load it, and certify its answers about the fold's test utterances.

    Args:
        experiment: data and machine.
        key: which victim.
        effort: how carefully.
        limit: so many test utterances, drawn by their ids; None for all.

    Raises:
        ComponentError: it cannot certify.
    """
    victim, split = fit_or_load(experiment, key), experiment.split(key)
    chosen = limited(split.test, limit)
    enrolled = victim.enroll(split.test)
    if not isinstance(enrolled, Certifying):
        found = f"a {type(enrolled).__name__} without certify"
        raise ComponentError(f"defense {key.defense_spec!r}", found, "a victim that certifies", "add it")
    with experiment.progress.task(f"Certifying {key.victim}, defence {key.defense_spec}", len(chosen)) as advance:
        proven: dict[str, Certificate] = {}

        @torch.no_grad()
        def work(share: Sequence[Utterance], stopped: threading.Event) -> None:
            for said in share:
                if not stopped.is_set():
                    batch = Batch.of([said], experiment.device, [f"{key.seed}/certify"])
                    (proven[said.id],) = enrolled.certify(batch, effort.first, effort.copies, effort.alpha)
                    advance(1)

        side_by_side = traits_of(enrolled).concurrent and experiment.device.type == "cpu"
        in_threads(work, chosen, torch.get_num_threads() if side_by_side else 1)
    names = CertifiedNames(key.victim.spec, key.defense_spec, experiment.dataset.name, key.task.name, key.split)
    versioned = versions(defended=key.defense is not None)
    basis = CertifiedBasis(experiment.dataset.fingerprint, experiment.device.type, versioned)
    return Certified(names, key.fold, key.seed, basis, tuple(_proven(said, proven[said.id], key) for said in chosen))


def _proven(said: Utterance, proof: Certificate, key: FittedKey) -> CertifiedUtterance:
    truth = key.task.label_of(said)
    label = None if proof.label is None else key.task.classes[proof.label]
    return CertifiedUtterance(key.fold, key.seed, said.speaker, proof, label, truth, right=label == truth)
