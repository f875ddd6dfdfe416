"""How far a smoothed victim's answers are proven, over test utterances: what `bench certify` measures."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.specs import NO_DEFENSE
from bench.core.threads import in_threads
from bench.core.types import Utterance
from bench.defending.certificates import GREATEST_ALPHA, LEAST_ALPHA, Certificate, Certifying, proven_at
from bench.evaluation.cells import Cell, Experiment, limited
from bench.evaluation.fitted_store import versions
from bench.scoring.statistics import proportion_interval

SNRS_DB = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
POOLED = ("victim", "defense", "corpus", "task", "split")


@dataclass(frozen=True)
class Effort:
    """How carefully is certified.

    Args:
        first: noisy copies on which an utterance's class is chosen; Cohen et al. take 100.
        copies: further copies on which its chance is bounded; Cohen et al. take 100,000.
        alpha: chance that a certificate is wrong; Cohen et al. take 0.001.
    """

    first: int = 100
    copies: int = 1000
    alpha: float = 0.001

    def __post_init__(self) -> None:
        counts = (("first", self.first, "Cohen et al. take 100"), ("copies", self.copies, "try 1000"))
        for name, count, remedy in counts:
            if count < 1:
                raise UsageError(f"--{name}", str(count), "at least 1", remedy)
        if not LEAST_ALPHA <= self.alpha <= GREATEST_ALPHA:
            expected = f"from {LEAST_ALPHA:g} to {GREATEST_ALPHA:g}"
            raise UsageError("--alpha", f"{self.alpha:g}", expected, "Cohen et al. take 0.001")


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


@dataclass(frozen=True)
class Certified:
    """A victim's certificates.

    Args:
        names: victim, defence, corpus, task, split, fold, seed.
        rests_on: data and versions.
        rows: one an utterance, as `utterances[]` in the JSON.
    """

    names: dict[str, Any]
    rests_on: dict[str, Any]
    rows: list[dict[str, Any]]


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
    names: dict[str, Any] = {"victim": cell.victim, "defense": cell.defense, "corpus": experiment.dataset.name}
    names |= {"task": cell.task.name, "split": cell.split, "fold": cell.fold, "seed": cell.seed}
    rests_on = {
        "corpus_fingerprint": experiment.dataset.fingerprint,
        "device": experiment.device.type,
        "versions": versions(),
    }
    return Certified(names, rests_on, [_row(said, proven[said.id], cell) for said in chosen])


def _row(said: Utterance, proof: Certificate, cell: Cell) -> dict[str, Any]:
    truth = cell.task.label_of(said)
    label = None if proof.label is None else cell.task.classes[proof.label]
    told: dict[str, Any] = {"fold": cell.fold, "seed": cell.seed, "speaker": said.speaker}
    return told | asdict(proof) | {"label": label, "label_true": truth, "right": label == truth}


def summaries(found: Sequence[Certified], effort: Effort, snrs_db: Sequence[float] = SNRS_DB) -> list[dict[str, Any]]:
    """Figures of certificates, folds and seeds put together: one object for each victim, defence and task.

    Certified accuracy at an SNR is the share of utterances whose proven answer is right and which no noise at that SNR,
    or above it, can change.

    Args:
        found: at least one utterance each.
        effort: that they were certified with.
        snrs_db: where certified accuracy is read off.
    """
    groups: dict[tuple[str, ...], list[Certified]] = {}
    for one in found:
        groups.setdefault(tuple(one.names[name] for name in POOLED), []).append(one)
    return [_summary(group, effort, snrs_db) for group in groups.values()]


def _summary(group: Sequence[Certified], effort: Effort, snrs_db: Sequence[float]) -> dict[str, Any]:
    rows = [row for one in group for row in one.rows]
    proven = [row for row in rows if row["label"] is not None]
    told: dict[str, Any] = {name: group[0].names[name] for name in POOLED}
    told |= {f"{name}s": sorted({one.names[name] for one in group}) for name in ("fold", "seed")}
    told |= asdict(effort) | {"n": len(rows), "speakers": len({row["speaker"] for row in rows})}
    told |= _share("abstained", [row["label"] is None for row in rows], rows)
    told |= _share("right", [row["right"] for row in rows], rows)
    told["certified"] = [
        {"snr_db": snr} | _share("accuracy", [row["right"] and proven_at(row["snr_db"], snr) for row in rows], rows)
        for snr in snrs_db
    ]
    for name in ("radius", "snr_db"):
        told[f"median_{name}"] = float(np.median([row[name] for row in proven])) if proven else None
    return told | {"rests_on": group[0].rests_on, "utterances": rows}


def _share(name: str, hits: Sequence[bool], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    interval = proportion_interval([float(hit) for hit in hits], [row["speaker"] for row in rows])
    return {name: sum(hits) / len(hits), f"{name}_ci95": list(interval)}
