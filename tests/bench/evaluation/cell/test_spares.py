"""Instances that are kept unasked, and copied for each cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from bench.core.batch import Batch
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load
from bench.evaluation.cell.spares import Spares
from bench.referee.blinding import Blinding, Instance


def test_a_copy_answers_as_what_was_loaded_and_shares_nothing(
    key: FittedKey, fit: Callable, experiment: Experiment
) -> None:
    said, loaded = experiment.split(key).test, list[str]()
    blinding = Blinding.of("one", said)
    fit(key)

    def make(name: str) -> Instance:
        loaded.append(name)
        return Instance.enrolled(fit_or_load(experiment, key), said, blinding)

    spares = Spares()
    first, second, third = (spares.instance(experiment, key, "here", make, "attacked") for _ in range(3))
    assert loaded == ["attacked"], "the further ones are copies"
    batch = Batch.of([blinding.shown(one) for one in said[:4]])
    asked = first.victim.log_probs(batch)
    for weight in second.victim.network.parameters():
        torch.nn.init.zeros_(weight)
    assert not torch.equal(second.victim.log_probs(batch), asked)
    assert torch.equal(third.victim.log_probs(batch), asked)
    assert torch.equal(spares.instance(experiment, key, "here", make, "attacked").victim.log_probs(batch), asked)

    spares.instance(experiment, key, "here", make, "again")
    spares.instance(experiment, key, "there", make, "again")
    outside = replace(key, victim=replace(key.victim, origin="mine 1.0"))
    for _ in range(2):
        spares.instance(experiment, outside, "here", make, "attacked")
    assert len(loaded) == 5, "what others have written is loaded each time"
