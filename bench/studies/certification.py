"""How far a smoothed victim's answers are proven, over test utterances: what `bench certify` measures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from bench.contracts.composition import isolated_specs
from bench.contracts.registry import Registry
from bench.core.computing.threads import in_threads
from bench.core.errors import ComponentError, UsageError
from bench.core.rng import key_of
from bench.core.specs import ISOLATED, NO_DEFENSE
from bench.core.types import Utterance
from bench.defending.certificates import Certificate, Certifying
from bench.evaluation.cell.cells import FittedKey, limited
from bench.evaluation.cell.enrolment import groups_of
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import versions
from bench.evaluation.cell.instances import instance, sample_key
from bench.referee.blinding import Instance
from bench.referee.side_by_side import threads_for
from bench.studies.certified_scores import Certified, CertifiedBasis, CertifiedNames, CertifiedUtterance, Effort


def check_certifies(registry: Registry, victims: Sequence[str], defenses: Sequence[str]) -> None:
    """Refuse, before anything is trained, a defence that proves nothing, and proofs by what is not trusted.

    One that proves declares the trait `certifies`; in a pipeline, the last one has to. A proof is as good as who makes
    it: what runs in a process of its own is not believed, and a defence runs where its victim does.

    Args:
        registry: makes components.
        victims: their specs.
        defenses: their specs.

    Raises:
        UsageError: one does not, or runs in a process of its own.
    """
    for kind, option, specs in (("victims", "--victim", victims), ("defenses", "--defense", defenses)):
        for spec in specs:
            if isolated_specs(kind, spec):
                found, expected = (
                    "one in a process of its own",
                    "one that is trusted: a proof by any other proves nothing",
                )
                raise UsageError(f"{option} {spec!r}", found, expected, f"leave {ISOLATED} out, where you trust it")
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
    test = experiment.split(key).test
    chosen, proven = limited(test, limit), dict[str, Certificate]()
    look = sample_key(experiment, key, repeat=0)
    with experiment.progress.task(f"Certifying {key.victim}, defence {key.defense_spec}", len(chosen)) as advance:
        for group in groups_of(test, experiment.enrolment):
            enrolled = instance(experiment, key, look, test, group, "certified")
            own = [said for said in chosen if said.id in group.asked]
            proven |= _certified(enrolled, own, experiment.device, key, look, effort, advance)
    names = CertifiedNames(key.victim.spec, key.defense_spec, experiment.dataset.name, key.task.name, key.split)
    versioned = versions(defended=key.defense is not None)
    basis = CertifiedBasis(experiment.dataset.fingerprint, experiment.device.type, versioned)
    return Certified(names, key.fold, key.seed, basis, tuple(_proven(said, proven[said.id], key) for said in chosen))


def _certified(
    enrolled: Instance,
    chosen: Sequence[Utterance],
    device: torch.device,
    key: FittedKey,
    look: str,
    effort: Effort,
    advance: Callable[[int], None],
) -> dict[str, Certificate]:
    """Certificates of utterances by their ids; the victim is shown none."""
    victim, found = enrolled.victim, dict[str, Certificate]()
    if not isinstance(victim, Certifying):
        said = f"a {type(victim).__name__} without certify"
        raise ComponentError(f"defense {key.defense_spec!r}", said, "a victim that certifies", "add it")

    @torch.no_grad()
    def work(share: Sequence[Utterance], stopped: threading.Event) -> None:
        for said in share:
            if not stopped.is_set():
                drawn = f"{key_of('certify', look, said.id):016x}"
                batch = enrolled.blinding.batch([said], device, [drawn])
                (proof,) = victim.certify(batch, effort.first, effort.copies, effort.alpha)
                found[said.id] = replace(proof, utterance=said.id)
                advance(1)

    in_threads(work, chosen, threads_for(enrolled, device))
    return found


def _proven(said: Utterance, proof: Certificate, key: FittedKey) -> CertifiedUtterance:
    truth = key.task.label_of(said)
    label = None if proof.label is None else key.task.classes[proof.label]
    return CertifiedUtterance(key.fold, key.seed, said.speaker, proof, label, truth, right=label == truth)
