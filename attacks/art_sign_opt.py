"""ART's Sign-OPT behind the referee."""

from __future__ import annotations

from dataclasses import dataclass

from bench import AttackTools, Heard, Rng, Steps, ThreatModel, Traits, within
from bench.audio.signal.levels import audible
from bench.peers.asked_models import art_model
from bench.peers.libraries import art_evasion
from bench.peers.questions import Questions, asked_by


@dataclass(frozen=True)
class ArtSignOpt:
    """ART's Sign-OPT (Cheng et al. 2020): the direction in which the boundary is nearest, by signs of its slope.

    ART's own code runs, and each sample that it has the model predict is a query. It begins with white noise that
    fills the whole range.

    Args:
        trials: how many directions it draws to begin with, at least 1. ART's 100 do not fit into 25 queries.
        steps: how many steps it may go, at least 1.
        directions: signs that it asks for before each step (its k), at least 1; ART's are 200.
        alpha: the first length of a step, above 0.
        beta: how exactly a distance is searched for, above 0.
        epsilon: how far it turns to find a sign, above 0.

    Differences to the original: `trials` and `directions` have other defaults; of what it asks repeatedly, and of the
    speech itself, it knows the answer. The first success that counts ends it.
    """

    trials: int = 2
    steps: int = 1000
    directions: int = 10
    alpha: float = 0.2
    beta: float = 0.001
    epsilon: float = 0.001

    def __post_init__(self) -> None:
        name = "attack 'art_sign_opt'"
        within(name, "trials", self.trials, "try trials=2", at_least=1)
        within(name, "steps", self.steps, "try steps=1000", at_least=1)
        within(name, "directions", self.directions, "try directions=10", at_least=1)
        within(name, "alpha", self.alpha, "try alpha=0.2", above=0)
        within(name, "beta", self.beta, "try beta=0.001", above=0)
        within(name, "epsilon", self.epsilon, "try epsilon=0.001", above=0)

    @property
    def traits(self) -> Traits:
        """Declare that it tries samples of its own."""
        return Traits(threat_model=ThreatModel(allowed="additive"), anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield what ART asks about."""
        if audible(original.waveform):
            yield from asked_by(self._run, original, rng)

    def _run(self, questions: Questions) -> None:
        attack = art_evasion().SignOPTAttack(
            art_model(questions),
            targeted=False,
            num_trial=self.trials,
            max_iter=self.steps,
            k=self.directions,
            alpha=self.alpha,
            beta=self.beta,
            epsilon=self.epsilon,
            query_limit=1 << 30,  # the referee counts
        )
        attack.generate(questions.speech)
