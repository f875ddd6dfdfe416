"""A bound beside an account: gradients through the victim itself, which no attack of the benchmark has.

It is another threat model than any in tables of attacks: who attacks knows every weight. It says whether what a defence
bought is robustness, or a gradient that is hidden and a search that is weak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.errors import ComponentError
from bench.core.types import Rng, Utterance
from bench.perturbations.score_searches import norm_at
from bench.referee.blinding import Instance
from bench.referee.prediction import TIE, predictions_of

_SAFE = 0.5
"""How far, in log-probability, a candidate is driven over a border before the other border counts alone."""
_LOOKS = 4
"""How often a climb is looked at."""
_DRAWS = 5
_TOGETHER = 8


@runtime_checkable
class Layered(Protocol):
    """A fitted victim that stands around another one."""

    victim: Victim


@runtime_checkable
class Cleaning(Layered, Protocol):
    """A layer that changes the sound before the victim hears it."""

    def purified(self, batch: Batch) -> Batch:
        """Return what the victim behind hears."""
        ...


@runtime_checkable
class Voting(Layered, Protocol):
    """A layer that asks the victim behind about noisy copies."""

    def copies_of(self, said: Utterance, sample_key: str, rng: Rng, copies: int) -> Iterator[Batch]:
        """Make noisy copies of one utterance, which gradients pass.

        Args:
            said: the utterance.
            sample_key: its own.
            rng: draws the noise.
            copies: how many.
        """
        ...


@runtime_checkable
class Suspecting(Protocol):
    """A layer that refuses what it suspects, and shows how much it does."""

    def suspicion(self, batch: Batch) -> Tensor:
        """Compute how far each utterance lies over the border to what is refused, shape (b,); gradients pass."""
        ...


@dataclass(frozen=True)
class Climb:
    """How a change is found that fools a victim which is known in full (PGD, Madry et al. 2018).

    Args:
        min_snr_db: the change lies 0.1 dB above this SNR.
        steps: along the gradient.
        draws: over so many draws of a randomised victim the gradient is averaged (EOT, Athalye et al. 2018).
    """

    min_snr_db: float
    steps: int
    draws: int = 1

    def fools(
        self, instance: Instance, utterances: Sequence[Utterance], labels: Sequence[int], device: torch.device
    ) -> list[bool]:
        """Say of which utterances the label is changed by a change within the budget, that is not refused.

        Where a layer stops the gradient, that of what stands behind it is taken at the sound that it leaves (BPDA).

        Args:
            instance: enrolled with their speakers.
            utterances: clean.
            labels: the victim's class indices of them.
            device: where they go.
        """
        found = [False] * len(utterances)
        order = sorted(range(len(utterances)), key=lambda place: utterances[place].waveform.shape[-1])
        for start in range(0, len(order), _TOGETHER):
            places = order[start : start + _TOGETHER]
            some = [replace(one, waveform=one.waveform.to(device)) for one in map(utterances.__getitem__, places)]
            wanted = torch.tensor([labels[place] for place in places], device=device)
            for place, fooled in zip(places, self._climbed(instance, some, wanted), strict=True):
                found[place] = fooled
        return found

    def _climbed(self, instance: Instance, some: Sequence[Utterance], labels: Tensor) -> list[bool]:
        clean = [one.waveform for one in some]
        norms = [norm_at(sound, self.min_snr_db + 0.1) for sound in clean]
        changes = [torch.zeros_like(sound) for sound in clean]
        directions, fooled = list(changes), [False] * len(some)
        for step in range(1, self.steps + 1):
            slopes = self._slopes(instance, some, changes, labels)
            for place, slope in enumerate(slopes):
                directions[place] = 0.75 * directions[place] + slope / slope.norm().clamp(min=1e-12)
                stride = (
                    directions[place] / directions[place].norm().clamp(min=1e-12) * (2.5 * norms[place] / self.steps)
                )
                change = (clean[place] + changes[place] + stride).clamp(-1, 1) - clean[place]
                changes[place] = change * min(1.0, norms[place] / float(change.norm().clamp(min=1e-12)))
            if step == self.steps or step % -(-self.steps // _LOOKS) == 0:
                now = self._judged(instance, _moved(some, changes), labels)
                fooled = [before or after for before, after in zip(fooled, now, strict=True)]
        return fooled

    def _slopes(
        self, instance: Instance, some: Sequence[Utterance], changes: Sequence[Tensor], labels: Tensor
    ) -> list[Tensor]:
        leaves = [(one.waveform + change).requires_grad_() for one, change in zip(some, changes, strict=True)]
        sounds = [replace(one, waveform=leaf) for one, leaf in zip(some, leaves, strict=True)]
        total = [torch.zeros_like(leaf) for leaf in leaves]
        for draw in range(self.draws):
            with torch.enable_grad():
                batch = instance.blinding.batch(sounds, None, [f"bound {draw}"] * len(sounds))
                gain = _gain(instance.victim, batch, labels)
                slopes = torch.autograd.grad(gain.sum(), leaves, allow_unused=True)
            total = [sum_ if slope is None else sum_ + slope for sum_, slope in zip(total, slopes, strict=True)]
        return total

    @torch.no_grad()
    def _judged(self, instance: Instance, some: Sequence[Utterance], labels: Tensor) -> list[bool]:
        votes = torch.zeros(len(some))
        draws = _DRAWS if self.draws > 1 else 1
        for draw in range(draws):
            batch = instance.blinding.batch(some, None, [f"judged {draw}"] * len(some))
            log_probs, refused = predictions_of(instance.victim, batch)
            own = log_probs.gather(1, labels[:, None])[:, 0]
            changed = log_probs.max(dim=1).values - own > TIE
            votes += (changed if refused is None else changed & ~refused).cpu()
        return [bool(vote) for vote in votes > draws / 2]


def _moved(some: Sequence[Utterance], changes: Sequence[Tensor]) -> list[Utterance]:
    return [replace(one, waveform=one.waveform + change) for one, change in zip(some, changes, strict=True)]


def _gain(victim: Victim, batch: Batch, labels: Tensor) -> Tensor:
    """What is climbed, shape (b,): away from the labels, and out of suspicion where a layer suspects."""
    log_probs = _passing(victim, batch)
    own = log_probs.gather(1, labels[:, None])[:, 0]
    others = log_probs.scatter(1, labels[:, None], -torch.inf).max(dim=1).values
    gain = (others - own).clamp(max=_SAFE)
    layer: object = victim
    while True:
        if isinstance(layer, Suspecting):
            gain = gain - (layer.suspicion(batch) + _SAFE).clamp(min=0)
        if not isinstance(layer, Layered):
            return gain
        layer = layer.victim


def _passing(victim: Victim, batch: Batch) -> Tensor:
    """Log-probabilities that gradients pass: of the victim, or of what stands behind a layer that stops them.

    Raises:
        ComponentError: no gradient passes at all.
    """
    if not isinstance(victim, Voting):
        log_probs = victim.log_probs(batch)
        if log_probs.requires_grad:
            return log_probs
    if isinstance(victim, Voting):
        generators = batch.generators("bound")
        asked = zip(batch.utterances, batch.sample_keys, generators, strict=True)
        copies = [next(victim.copies_of(said, key, rng, _TOGETHER)) for said, key, rng in asked]
        return torch.stack([_passing(victim.victim, some).mean(dim=0) for some in copies])
    if isinstance(victim, Cleaning):
        heard = victim.purified(batch)
        if heard.waveforms.shape == batch.waveforms.shape:
            straight = batch.waveforms + (heard.waveforms - batch.waveforms).detach()
            return _passing(victim.victim, replace(heard, waveforms=straight))
    if isinstance(victim, Layered):
        return _passing(victim.victim, batch)
    found = f"a {type(victim).__name__} whose log_probs no gradient passes"
    raise ComponentError("the white-box bound", found, "one that torch can differentiate", "leave --white-box out")
