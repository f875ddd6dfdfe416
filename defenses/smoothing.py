"""Randomised smoothing: a vote among noisy copies, with a certificate (Cohen, Rosenfeld & Kolter 2019)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench import (
    Batch,
    ComponentError,
    FitContext,
    NoiseSet,
    Perturbation,
    Refusing,
    Rng,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    Victim,
    forward_capabilities,
    keyed,
    traits_of,
    within,
)
from bench.defending.certificates import GREATEST_ALPHA, LEAST_ALPHA, Certificate, sign_test
from bench.defending.inner_victim import load_inner, save_inner
from bench.defending.purified_victim import AudioDefense
from bench.defending.retraining import with_clean

_WHERE = "defense 'smoothing'"
_TOGETHER = 64
"""Copies that the victim behind is asked about at a time, all of one utterance: more gain nothing on a core."""
_SMOOTHED = 0.5
"""Added to each class's votes, so that none has probability 0."""


@dataclass(frozen=True)
class Smoothing(AudioDefense):
    """Majority over noisy copies: answers that no soft enough noise can change, and proof of it (Cohen et al. 2019).

    Every question is asked of the victim `copies` times, each time with other Gaussian noise. The class with the most
    votes is the answer, unless a two-sided binomial test cannot tell it from the second (p above `alpha`): then the
    victim abstains, which is a refusal. The victim is trained on every utterance twice, clean and with noise of the
    same σ; per-speaker statistics come from clean speech. `bench certify` says how far the answers are proven.

    The noise has one level for all utterances, as the proof wants it: it must not depend on what an attacker changes.
    At the default, 0.01 of full scale, it lies at about 20 dB SNR under speech of −20 dB (RMS 0.1). The proven radius,
    at most 2.46·σ with 1,000 copies at alpha 0.001, is a Euclidean norm over all samples, of which the noise itself has
    σ·√samples: of two seconds, what is proven harmless is noise 37 dB softer than that of the smoothing. Of louder
    noise, such as most attacks use, the proof says nothing, though the vote may help.

    Differences to the original: the victim also learns from clean copies, and each utterance's noise is drawn once, not
    anew in every epoch. Neither touches the proof, which holds for any victim. The noise is not clipped, as in the
    theory: the victim hears samples beyond [-1, 1]. The proof is of additive noise of the same length alone, with the
    speaker's enrolled speech as it is. A refusal by the victim behind is a vote for no class.

    Args:
        sigma: standard deviation of the noise, as a share of full scale; above 0, at most 1.
        copies: asked about for one answer, from 1 to 10,000; the cost of a query grows with it. So many must be able
            to settle a question: 2^(1 − copies) at most alpha.
        alpha: chance of an answer that is not the smoothed victim's; Cohen et al. take 0.001.
    """

    where: ClassVar[str] = _WHERE
    sigma: float = 0.01
    copies: int = 20
    alpha: float = 0.001
    traits: ClassVar[Traits] = Traits(randomised=True, certifies=True)

    def __post_init__(self) -> None:
        within(_WHERE, "sigma", self.sigma, "try 0.01", above=0, at_most=1)
        within(_WHERE, "copies", self.copies, "try 20", at_least=1, at_most=10_000)
        within(_WHERE, "alpha", self.alpha, "Cohen et al. take 0.001", at_least=LEAST_ALPHA, at_most=GREATEST_ALPHA)
        if sign_test(self.copies, self.copies) > self.alpha:
            least = 1 + math.ceil(-math.log2(self.alpha))
            remedy = f"{least} copies can, or a greater alpha"
            expected = f"as many as can settle a question at alpha={self.alpha:g}"
            raise UsageError(f"{_WHERE}, parameter 'copies'", str(self.copies), expected, remedy)

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that it was trained against: the bank's white noise."""
        return frozenset({"white"}) & frozenset(noises.categories)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Smoothed:
        """Train the victim on clean and noisy utterances, and put the vote around it.

        Raises:
            UsageError: the victim does not hear.
        """
        self.check(victim)
        noisy = self.noisy_copies(train, context)
        return Smoothed(self, victim.fit([*train, *noisy], valid, with_clean(context, train)), context.device)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Smoothed:
        """Load the trained victim, and put the vote around it.

        Raises:
            UsageError: the victim does not hear.
        """
        self.check(victim)
        return Smoothed(self, load_inner(victim, folder, context), context.device)

    def noisy_copies(self, utterances: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Add noise to each utterance, to train on; it is not clipped.

        Args:
            utterances: with sound.
            context: its seed decides which noise.
        """
        done = Perturbation("white_noise", "signal", f"std={self.sigma:g}")
        found = []
        for said in utterances:
            rng = keyed("smoothing", "training", context.seed, said.id)
            found.append(replace(said, waveform=self.noisy(said.waveform, rng, 1)[0], perturbation=done))
        return found

    def noisy(self, waveform: Tensor, rng: Rng, copies: int) -> Tensor:
        """Make copies of a waveform, each with other noise.

        Args:
            waveform: shape (t,).
            rng: draws the noise.
            copies: how many.

        Returns:
            Shape (copies, t), on the waveform's device, not clipped.
        """
        noise = torch.from_numpy(rng.standard_normal((copies, waveform.shape[-1]), dtype="float32"))
        return noise.to(waveform.device).mul_(self.sigma).add_(waveform)


@dataclass(frozen=True)
class Smoothed:
    """A fitted victim within a vote. It has `hidden` and `trace` where the victim behind has them.

    Args:
        recipe: noise and votes.
        victim: what votes.
        device: where it is.
    """

    recipe: Smoothing
    victim: Victim
    device: torch.device

    def __post_init__(self) -> None:
        forward_capabilities(self, self.victim, ("trace",))
        forward_capabilities(self, self.victim, ("hidden",), lambda _: partial(_mean_hidden, self))

    @property
    def traits(self) -> Traits:
        """Declare whether the victim behind may be asked by several threads at once."""
        return Traits(concurrent=traits_of(self.victim).concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> Smoothed:
        """Return this victim with knowledge of some speakers: the victim behind learns them from their clean speech."""
        return replace(self, victim=self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """Return the shares of the votes as log-probabilities, shape (b, c): ln((votes + ½) / (all votes + ½·c))."""
        return self.answer_or_refuse(batch)[0]

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Vote: log-probabilities, shape (b, c), and where it abstains, shape (b,), bool.

        A row depends on the utterance and its sample key alone: what is asked together is always copies of one
        utterance.
        """
        counts = self._counted(batch, "answer", self.recipe.copies)
        votes = counts + _SMOOTHED
        refused = torch.tensor([self._abstains(row) for row in counts.long().tolist()], device=counts.device)
        return (votes / votes.sum(dim=1, keepdim=True)).log().float(), refused

    def certify(self, batch: Batch, first: int, copies: int, alpha: float) -> list[Certificate]:
        """Prove what can be proven of each utterance (Cohen et al.'s Certify), see
        [`Certifying`][bench.defending.certificates.Certifying].

        Raises:
            UsageError: a number out of its range.
        """
        within("certify", "first", first, "Cohen et al. take 100", at_least=1)
        within("certify", "copies", copies, "Cohen et al. take 100000", at_least=1)
        within("certify", "alpha", alpha, "Cohen et al. take 0.001", at_least=LEAST_ALPHA, at_most=GREATEST_ALPHA)
        chosen = self._counted(batch, "choose", first)
        counted = self._counted(batch, "certify", copies)
        found = []
        for said, guess, votes in zip(batch.utterances, chosen, counted, strict=True):
            label = int(guess.argmax())
            found.append(Certificate.of(said, label, int(votes[label]), copies, self.recipe.sigma, alpha))
        return found

    def save(self, folder: Path) -> None:
        """Write the victim into a folder of its own; the vote has nothing to keep."""
        save_inner(self.victim, folder)

    def copies_of(self, said: Utterance, sample_key: str, rng: Rng, copies: int) -> Iterator[Batch]:
        """Make noisy copies of one utterance, a few at a time, each with a key of its own for a victim that draws too.

        Args:
            said: the utterance.
            sample_key: its own; the copies' keys begin with it.
            rng: draws the noise.
            copies: how many in all.
        """
        waveform = said.waveform.to(self.device)
        for start in range(0, copies, _TOGETHER):
            some = self.recipe.noisy(waveform, rng, min(_TOGETHER, copies - start))
            sample_keys = [f"{sample_key}/copy {start + place}" for place in range(len(some))]
            yield Batch.of([replace(said, waveform=row) for row in some], self.device, sample_keys)

    def _each(self, batch: Batch, purpose: str) -> list[tuple[Utterance, str, Rng]]:
        """Each utterance with its sample key and its generator."""
        sample_keys = batch.sample_keys or ("",) * len(batch)
        return list(zip(batch.utterances, sample_keys, batch.generators("smoothing", purpose), strict=True))

    def _counted(self, batch: Batch, purpose: str, copies: int) -> Tensor:
        """How many copies of each utterance the victim behind takes for each class, shape (b, c), whole numbers.

        Raises:
            ComponentError: it gave a NaN.
        """
        counts = torch.stack([self._votes(*asked, copies) for asked in self._each(batch, purpose)])
        if bool(counts.isnan().any()):  # once for the batch: to ask is to wait for the device
            raise ComponentError("victim", "a row with NaN", "log-probabilities", "correct its log_probs")
        return counts

    def _votes(self, said: Utterance, sample_key: str, rng: Rng, copies: int) -> Tensor:
        """Of one utterance, shape (c,); NaN where the victim gave any."""
        found = []
        for asked in self.copies_of(said, sample_key, rng, copies):
            if isinstance(self.victim, Refusing):
                log_probs, refused = self.victim.answer_or_refuse(asked)
            else:
                log_probs, refused = self.victim.log_probs(asked), None
            votes = torch.nn.functional.one_hot(log_probs.argmax(dim=1), log_probs.shape[1]).double()
            votes = votes.masked_fill(log_probs.isnan(), math.nan)
            found.append((votes if refused is None else votes * ~refused[:, None]).sum(dim=0))
        return torch.stack(found).sum(dim=0)

    def _abstains(self, votes: Sequence[int]) -> bool:
        """Whether the two classes with the most votes cannot be told apart."""
        second, most = sorted([0, *votes])[-2:]
        return sign_test(most, most + second) > self.recipe.alpha


def _mean_hidden(smoothed: Smoothed, batch: Batch) -> Tensor:
    """The vector before the output of the victim behind, the mean over the copies, shape (b, h)."""
    victim: Any = smoothed.victim
    asked = smoothed._each(batch, "answer")
    found = [[victim.hidden(some) for some in smoothed.copies_of(*one, smoothed.recipe.copies)] for one in asked]
    return torch.stack([torch.cat(vectors).mean(dim=0) for vectors in found])
