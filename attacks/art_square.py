"""ART's Square Attack behind the referee, by one who is told probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import numpy as np

from bench import AttackTools, Heard, Rng, Steps, ThreatModel, Traits, chosen, within
from bench.audio.signal.levels import audible
from bench.peers.libraries import art_classifiers, art_evasion
from bench.peers.questions import Array, Questions, asked_by
from bench.perturbations.score_searches import norm_at


@dataclass(frozen=True)
class ArtSquare:
    """ART's Square Attack (Andriushchenko et al. 2020): random search in squares, told the probability of each class.

    ART's own code runs, and each sample that it has the model predict is a query. It takes square images alone: sound
    is folded into one, row after row, so that a square is a piece of sound that comes again with each row.

    Args:
        norm: what is bound: "l2", the energy, or "linf", the largest sample.
        steps: how many squares it may draw, at least 1: its schedule goes by them.
        share: of the image that a square takes at first, above 0 and at most 0.9.
        above_db: how far above the threshold the SNR of the largest change is, in dB, above 0.

    Differences to the original: the bound is what the SNR says. What is asked repeatedly is answered from memory: ART
    predicts each candidate three times. The first success that counts ends it.
    """

    norm: Literal["l2", "linf"] = "linf"
    steps: int = 1000
    share: float = 0.8
    above_db: float = 0.1
    traits: ClassVar[Traits] = Traits(
        threat_model=ThreatModel(answers="probabilities", allowed="additive"), anytime=True
    )

    def __post_init__(self) -> None:
        chosen("attack 'art_square'", "norm", [self.norm], ("l2", "linf"))
        within("attack 'art_square'", "steps", self.steps, "try steps=1000", at_least=1)
        within("attack 'art_square'", "share", self.share, "try share=0.8", above=0, at_most=0.9)
        within("attack 'art_square'", "above_db", self.above_db, "try above_db=0.1", above=0)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield what ART asks about."""
        if tools.label is not None and audible(original.waveform):
            bound = norm_at(original.waveform, tools.min_snr_db + self.above_db) / 2
            bound /= math.sqrt(len(original.waveform)) if self.norm == "linf" else 1
            yield from asked_by(partial(self._run, bound), original, rng, tools.label, knows_clean=False)

    def _run(self, bound: float, questions: Questions) -> None:
        length = questions.speech.shape[-1]
        side = math.ceil(math.sqrt(length))
        image = np.full((1, 1, side, side), 0.5, dtype=np.float32)
        image.reshape(-1)[:length] = questions.speech[0]
        classes = len(questions.shares(questions.speech)[0])

        def predicted(images: Array) -> Array:
            return questions.shares(images.reshape(len(images), -1)[:, :length])

        model = art_classifiers().BlackBoxClassifierNeuralNetwork(
            predicted, (1, side, side), classes, clip_values=(0.0, 1.0)
        )
        attack = art_evasion().SquareAttack(
            model,
            norm=2 if self.norm == "l2" else "inf",
            max_iter=self.steps,
            eps=bound,
            p_init=self.share,
            verbose=False,
        )
        attack.generate(image, y=np.eye(classes)[[questions.own_label]])
