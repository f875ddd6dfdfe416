"""What is asked of a victim that declares to answer numbers too, in a task with a scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from bench.conformance.asking import TOLERANCE
from bench.conformance.checking import ConformanceCheck, NotConcernedError, require
from bench.contracts.capabilities import values_of
from bench.contracts.protocols import Victim
from bench.core.dimensional import width_of
from bench.core.errors import UsageError
from bench.core.types import Task, Utterance
from bench.referee.blinding import Blinding, Instance


def numbers_check(
    fit: Callable[[], Victim], load: Callable[[Path], Victim], said: Sequence[Utterance], task: Task, words: bool
) -> ConformanceCheck:
    """Ask of a victim of numbers that it gives one an utterance, the same in any batch and after loading.

    Args:
        fit: fits it in the task.
        load: gives the victim that was saved into a folder.
        said: what is asked about.
        task: dimensional.
        words: whether it is shown transcripts.
    """
    blinding = Blinding.of("check", said, words)

    @torch.no_grad()
    def asked(instance: Instance, some: Sequence[Utterance]) -> Tensor:
        return values_of(instance.victim, blinding.batch(some)).cpu()

    def answers_numbers() -> str:
        try:
            fitted = fit()
        except UsageError as error:
            raise NotConcernedError(f"with these parameters it answers none ({error.found})") from error
        with TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
            fitted.save(Path(folder))
            instance, copy = (Instance.enrolled(one, said, blinding) for one in (fitted, load(Path(folder))))
            alone, loaded = (torch.cat([asked(which, [one]) for one in said]) for which in (instance, copy))
        require(bool(alone.isfinite().all()), "values that are NaN or infinite")
        long = replace(said[0], waveform=said[0].waveform.repeat(9))
        moved = float((asked(instance, [*said[::-1], long])[:-1].flip(0) - alone).abs().max()) / width_of(task)
        require(moved <= TOLERANCE, f"values depend on the batch or its padding, by {moved:.2g} of the scale's width")
        require(torch.equal(alone, loaded), "values differ after loading")
        return f"from {float(alone.min()):.2f} to {float(alone.max()):.2f} in the task {task.name}"

    asks = "Answer numbers in a task with a scale, alike in any batch and after loading."
    return ConformanceCheck("numbers", asks, answers_numbers, ("training",))
