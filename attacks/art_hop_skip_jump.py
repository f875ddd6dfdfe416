"""ART's HopSkipJump behind the referee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench import chosen, within
from bench.peers.asked_models import art_model
from bench.peers.begun import BegunAfar
from bench.peers.libraries import art_evasion
from bench.peers.questions import Array, Questions
from bench.peers.starts import Start, check_start


@dataclass(frozen=True)
class ArtHopSkipJump(BegunAfar):
    """ART's HopSkipJump (Chen et al. 2020): to the boundary by halves, along it by estimated gradients.

    ART's own code runs, and each sample that it has the model predict is a query.

    Args:
        start: where it begins: a "clip" of the bank or white "noise" over the speech, from just above the threshold,
            5 dB louder each time until the victim is fooled; "speech", what somebody else says; "uniform", noise
            over the whole range, as ART begins.
        steps: how many gradients it may estimate, at least 1.
        evals: queries for the first gradient; later ones take more, with the square root of the step; at least 1.
            ART's 100 do not fit into 25 queries.
        norm: what is to be small: "l2", the energy, or "linf", the largest sample.

    Differences to the original: it begins at `start`, since what ART begins with is drawn from a generator that nobody
    can seed; `evals` has another default; of what it asks repeatedly, and of the speech itself, it knows the answer.
    The first success that counts ends it.
    """

    start: Start = "clip"
    steps: int = 50
    evals: int = 10
    norm: Literal["l2", "linf"] = "l2"

    def __post_init__(self) -> None:
        name = "attack 'art_hop_skip_jump'"
        check_start(name, self.start)
        within(name, "steps", self.steps, "try steps=50", at_least=1)
        within(name, "evals", self.evals, "try evals=10", at_least=1, at_most=1000)
        chosen(name, "norm", [self.norm], ("l2", "linf"))

    def walk(self, begin: Array, questions: Questions) -> None:
        """Let ART search."""
        attack = art_evasion().HopSkipJump(
            art_model(questions),
            norm=2 if self.norm == "l2" else "inf",
            max_iter=self.steps,
            init_eval=self.evals,
            max_eval=max(self.evals, 1000),
            verbose=False,
        )
        attack.generate(questions.speech, x_adv_init=begin)
