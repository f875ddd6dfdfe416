"""How many requests a fitted victim's cells send to somebody's service at most, counted beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.contracts.attacks import InformedAttack, InformedByType
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.modelling.remote.steadiness import AGAIN
from bench.referee.inaudible import HEARD
from bench.referee.rechecks import CANARIES

_PROBES = 3
_SEATS = 2
"""Halves of the speakers' utterances, each of which has a referee."""


@dataclass(frozen=True)
class Requests:
    """What is sent at most.

    Args:
        whole: all of it.
        corr: of it, to know how much each noise harms.
        allowed: as many are sent in all, those of earlier runs too; None for any number.
    """

    whole: int = 0
    corr: int = 0
    allowed: int | None = None


def most_requests(
    experiment: Experiment, fitted: FittedKey, left: Sequence[Cell], queries: Sequence[int], trained: bool
) -> Requests:
    """Count what a fitted victim's cells send to a service at most; nothing for a victim that is none.

    What has been answered before is not asked again, so that it may be far less.

    Args:
        experiment: data and machine.
        fitted: the victim.
        left: cells that are still to be measured.
        queries: that each asks at most.
        trained: whether the victim has been looked at before.
    """
    services = [one.traits for one in fitted.victim.everything() if one.kind == "victims" and one.traits.requests]
    each = sum(one.requests for one in services)
    if not each or not left:
        return Requests()
    parts = experiment.split(fitted)
    draws = 1 + experiment.draws if fitted.randomised else 1
    look = 0 if trained else _PROBES * (1 + len(AGAIN))
    clean = max(min(len(parts.test), cell.limit or len(parts.test)) for cell in left)
    noisy = len(left) * _SEATS * (CANARIES + HEARD)
    bare = [cell for cell in left if cell.attack.traits.transfers]
    brought = sum(n for cell, n in zip(left, queries, strict=True) if cell in bare)
    again = len(bare) * _SEATS * (CANARIES + HEARD) + draws * (brought + (clean if bare else 0))
    asking = [*left, *(replace(cell, attack=cell.attack.made_of[0]) for cell in bare)]
    corr, known = _for_corr(asking, len(parts.valid)), _of_validation(asking, len(parts.valid), draws)
    whole = look + corr + noisy + known + again + draws * (clean + sum(queries))
    most = [one.most_requests for one in services if one.most_requests is not None]
    return Requests(each * whole, each * corr, experiment.max_requests or max(most, default=None))


def _of_validation(asking: Sequence[Cell], valid: int, draws: int) -> int:
    """Clean validation utterances where they are known, and what is asked about them in rehearsals."""
    models = [model for cell in asking if "validation" in (model := cell.attack.threat_model).knows]
    noisy = sum(_SEATS * CANARIES for model in models if model.rehearsal)
    return noisy + sum(draws * valid * (1 + model.rehearsal) for model in models)


def _for_corr(left: Sequence[Cell], valid: int) -> int:
    """Clean validation utterances, and each of them with each kind of noise: once for all cells of an attack."""
    found: dict[tuple[str, int], int] = {}
    for cell in left:
        chooser = cell.attack.chooser.object
        if isinstance(chooser, InformedAttack) and chooser.corr and "noise-harm" in cell.attack.threat_model.knows:
            kinds = chooser.noise_types if isinstance(chooser, InformedByType) else chooser.categories
            asked = min(valid, cell.limit or valid)
            found[cell.attack.name, cell.repeat] = max(
                found.get((cell.attack.name, cell.repeat), 0), asked * (1 + len(kinds))
            )
    return sum(found.values())
