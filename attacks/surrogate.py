"""A surrogate of the attacker's own: what fools it is tried on the victim."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from bench import AttackTools, Heard, Recipe, Rng, Samples, Steps, ThreatModel, Traits, chosen, within
from bench.audio.signal.levels import audible
from bench.perturbations.score_searches import norm_at
from bench.perturbations.surrogates import Ascent, Schooling, Surrogate, known_or_trained, trained


@dataclass(frozen=True)
class SurrogateTransfer:
    """Gradients of a recogniser of its own, trained on the victim's training speech, brought to the victim (transfer).

    The attacker has the speech that the victim was trained on, with its labels, and no answer of the victim. On that it
    trains networks, and looks for the change of speech just above the threshold that fools them most. The first query
    is that change; each further one, as long as none counts, a change found from another beginning, every second one
    towards a label that the networks do not say yet. Where a target is wanted, all go towards that.

    Args:
        method: "mim", gradients with momentum (Dong et al. 2018), or "pgd", without (Madry et al. 2018).
        steps: along the gradient for each query, at least 1.
        above_db: how far above the threshold the SNR is, in dB, above 0.
        models: networks that vote, at least 1.
        channels: of their convolutions, at least 1.
        epochs: how often each hears the training speech, at least 1.
        seed: of the training; the same surrogate attacks all utterances of a cell.

    Differences to the original: transfer attacks (Papernot et al. 2017, Liu et al. 2017) on images bound the largest
    change of a pixel; here the energy of the change is bound, by the SNR, and all of it is used. The gradient is
    divided by its own norm.
    """

    method: Literal["mim", "pgd"] = "mim"
    steps: int = 20
    above_db: float = 0.1
    models: int = 2
    channels: int = 64
    epochs: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        name = "attack 'surrogate'"
        chosen(name, "method", [self.method], ("mim", "pgd"))
        within(name, "above_db", self.above_db, "try above_db=0.1", above=0)
        for parameter, value in (("steps", self.steps), ("models", self.models), ("epochs", self.epochs)):
            within(name, parameter, value, "leave it out", at_least=1)
        within(name, "channels", self.channels, "try channels=64", at_least=1, at_most=4096)
        within(name, "seed", self.seed, "try seed=0", at_least=0)

    @property
    def traits(self) -> Traits:
        """Declare that it knows training speech, and tries samples of its own."""
        return Traits(threat_model=ThreatModel(("training",), allowed="additive"), anytime=True, sounds=None)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield changes that fool the surrogate until one counts."""
        if not audible(original.waveform):
            return
        schooling = Schooling(self.models, self.channels, self.epochs, self.seed)
        noises = [clip.waveform for clip in tools.noises.under_speech]
        surrogate = known_or_trained(tools.training, schooling, partial(trained, schooling, tools.training, noises))
        if surrogate is None:
            return
        for sound in self._changes(surrogate, original.waveform.detach().cpu(), tools, rng):
            answer = yield Recipe(Samples(sound.to(original.waveform.device)))
            if answer.fooled and answer.counts:
                return

    def _changes(self, surrogate: Surrogate, speech: Tensor, tools: AttackTools, rng: Rng) -> Iterator[Tensor]:
        ascent = Ascent(self.steps, 1.0 if self.method == "mim" else 0.0)
        norm = norm_at(speech, tools.min_snr_db + self.above_db)
        if tools.target in surrogate.classes:
            goal = surrogate.classes.index(tools.target)
            for number in itertools.count():
                yield ascent.change(surrogate, speech, norm, rng, goal, towards=True, far=number > 0)
        with torch.no_grad():
            said, *others = surrogate.log_probs(speech[None])[0].argsort(descending=True).tolist()
        yield ascent.change(surrogate, speech, norm, rng, said)
        while True:
            for other in others:
                yield ascent.change(surrogate, speech, norm, rng, other, towards=True, far=True)
                yield ascent.change(surrogate, speech, norm, rng, said, far=True)
