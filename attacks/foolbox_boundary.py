"""Foolbox's BoundaryAttack behind the referee."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench import within
from bench.peers.asked_models import foolbox_criterion, foolbox_model
from bench.peers.begun import BegunAfar
from bench.peers.libraries import foolbox
from bench.peers.questions import Array, Questions
from bench.peers.starts import Start, check_start


@dataclass(frozen=True)
class FoolboxBoundary(BegunAfar):
    """Foolbox's BoundaryAttack (Brendel et al. 2018): a random walk along the boundary.

    Foolbox's own code runs, and each of its calls of the model is a query.

    Args:
        start: where it begins: a "clip" of the bank or white "noise" over the speech, from just above the threshold,
            5 dB louder each time until the victim is fooled; "speech", what somebody else says; "uniform", noise
            over the whole range, as Foolbox begins.
        steps: how many steps it may go, at least 1.
        spherical_step: size of its steps around the speech, relative to the distance, above 0.
        source_step: size of its steps towards the speech, likewise.
        step_adaptation: what the sizes are multiplied with or divided by, above 1.

    Differences to the original: it begins at `start`, where Foolbox asks for blends of uniform noise; searches do not
    share a batch; of what it asks repeatedly, and of the speech itself, it knows the answer. The first success that
    counts ends it.
    """

    start: Start = "noise"
    steps: int = 25_000
    spherical_step: float = 0.01
    source_step: float = 0.01
    step_adaptation: float = 1.5

    def __post_init__(self) -> None:
        name = "attack 'foolbox_boundary'"
        check_start(name, self.start)
        within(name, "steps", self.steps, "try steps=25000", at_least=1)
        within(name, "spherical_step", self.spherical_step, "try spherical_step=0.01", above=0)
        within(name, "source_step", self.source_step, "try source_step=0.01", above=0)
        within(name, "step_adaptation", self.step_adaptation, "try step_adaptation=1.5", above=1)

    def walk(self, begin: Array, questions: Questions) -> None:
        """Let Foolbox search."""
        attack = foolbox().attacks.BoundaryAttack(
            steps=self.steps,
            spherical_step=self.spherical_step,
            source_step=self.source_step,
            step_adaptation=self.step_adaptation,
        )
        points, speech = torch.from_numpy(begin), torch.from_numpy(questions.speech)
        attack.run(foolbox_model(questions), speech, foolbox_criterion(), starting_points=points)
