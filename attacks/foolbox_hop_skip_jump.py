"""Foolbox's HopSkipJumpAttack behind the referee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from bench import chosen, within
from bench.peers.asked_models import foolbox_criterion, foolbox_model
from bench.peers.begun import BegunAfar
from bench.peers.libraries import foolbox
from bench.peers.questions import Array, Questions
from bench.peers.starts import Start, check_start


@dataclass(frozen=True)
class FoolboxHopSkipJump(BegunAfar):
    """Foolbox's HopSkipJumpAttack (Chen et al. 2020): to the boundary by halves, along it by estimated gradients.

    Foolbox's own code runs, and each of its calls of the model is a query.

    Args:
        start: where it begins: a "clip" of the bank or white "noise" over the speech, from just above the threshold,
            5 dB louder each time until the victim is fooled; "speech", what somebody else says; "uniform", noise
            over the whole range, as Foolbox begins.
        steps: how many gradients it may estimate, at least 1.
        evals: queries for the first gradient; later ones take more, with the square root of the step; at least 1.
            Foolbox's 100 do not fit into 25 queries.
        gamma: how coarse the halving is, above 0: it ends at gamma / t^1.5 of the way for t samples. With Foolbox's 1
            it takes 23 queries for 3 s of sound.
        stepsize_search: "geometric_progression" or "grid_search".

    Differences to the original: it begins at `start`, where Foolbox asks for blends of uniform noise; `evals` and
    `gamma` have other defaults; of what it asks repeatedly, and of the speech itself, it knows the answer. The first
    success that counts ends it.
    """

    start: Start = "clip"
    steps: int = 64
    evals: int = 10
    gamma: float = 1e5
    stepsize_search: Literal["geometric_progression", "grid_search"] = "geometric_progression"

    def __post_init__(self) -> None:
        name = "attack 'foolbox_hop_skip_jump'"
        check_start(name, self.start)
        within(name, "steps", self.steps, "try steps=64", at_least=1)
        within(name, "evals", self.evals, "try evals=10", at_least=1, at_most=1000)
        within(name, "gamma", self.gamma, "try gamma=100000", above=0)
        chosen(name, "stepsize_search", [self.stepsize_search], ("geometric_progression", "grid_search"))

    def walk(self, begin: Array, questions: Questions) -> None:
        """Let Foolbox search."""
        attack = foolbox().attacks.HopSkipJumpAttack(
            steps=self.steps,
            initial_gradient_eval_steps=self.evals,
            max_gradient_eval_steps=max(self.evals, 1000),
            stepsize_search=self.stepsize_search,
            gamma=self.gamma,
        )
        points, speech = torch.from_numpy(begin), torch.from_numpy(questions.speech)
        attack.run(foolbox_model(questions), speech, foolbox_criterion(), starting_points=points)
