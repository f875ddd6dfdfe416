"""What an attack is, and what it is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.contracts.perception import Perception
from bench.core.types import NoiseClip, Perturbation, Rng, Utterance

if TYPE_CHECKING:
    from torch import Tensor

    from bench.contracts.defense_view import DefenseView
    from bench.core.noises import NoiseSet


@runtime_checkable
class Attack(Protocol):
    """A search that asks."""

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield a candidate, be told whether the victim was fooled (its label changed), go on or return.

        Args:
            original: the utterance to attack; not to be written to.
            tools: noises, perturbations, and what the attacker is told beforehand.
            rng: keyed by (seed, attack, utterance): the only source of randomness.

        Yields:
            `dataclasses.replace(original, waveform=..., perturbation=...)`. Every candidate is charged, repeats too.
            The waveform is clipped to [-1, 1] before it is measured and judged.
        """
        ...


@runtime_checkable
class InformedAttack(Attack, Protocol):
    """An attack that can be told beforehand how much each noise category degrades a model (P1's Corr)."""

    @property
    def corr(self) -> bool:
        """Tell whether this search is told how much each noise category degrades a model."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """Name the noise categories that it chooses from."""
        ...

    def probe(self, original: Utterance, category: str, tools: AttackTools, rng: Rng) -> Utterance | None:
        """Make the candidate that this search would try first of a noise category.

        The loss of UAR on such probes of the validation speakers is what it is told as `tools.degradation`.

        Args:
            original: the utterance; not to be written to.
            category: one of `categories`.
            tools: noises and perturbations.
            rng: the only source of randomness.

        Returns:
            The candidate; None where the category does not apply to the utterance.
        """
        ...


Degradation = Mapping[str, float]
"""What an informed attacker knows: the loss of UAR by noise category, measured on data that is not test data."""


@dataclass(frozen=True)
class Overlay:
    """One sound laid over one utterance, at any level; the energies are measured once.

    Args:
        original: the utterance.
        clip: the sound.
        noise: the sound over the utterance's length, scaled to 0 dB SNR.
    """

    original: Utterance
    clip: NoiseClip
    noise: Tensor

    @classmethod
    def of(cls, original: Utterance, clip: NoiseClip) -> Overlay:
        """Lay a sound from its start over the whole utterance (P1's `Co`), repeated where it is shorter.

        Args:
            original: the utterance, with a waveform of shape (samples,) at 16 kHz.
            clip: the sound, with a waveform of shape (samples,) of any length at 16 kHz.
        """
        from bench.audio.signal import fit_length, noise_gain

        noise = fit_length(clip.waveform, original.waveform.shape[-1])
        return cls(original, clip, noise * noise_gain(original.waveform, noise, snr_db=0.0))

    def at(self, level_db: float) -> Utterance:
        """Return the utterance with the sound over it at a signal-to-noise ratio, in dB."""
        return replace(
            self.original,
            waveform=self.original.waveform.add(self.noise, alpha=10 ** (-level_db / 20)),
            perturbation=Perturbation("noise", self.clip.category, self.clip.id),
        )


@dataclass(frozen=True)
class AttackTools:
    """What an attack may use, and what the attacker is told beforehand.

    Args:
        noises: the noise bank's "test" part.
        perception: which perturbations people do not hear as another emotion.
        min_snr_db: a candidate must lie above this SNR to count.
        max_queries: after so many candidates the referee closes the search.
        component: builds a registered attack from its spec; `perturb` uses those that ask once.
        degradation: for an informed attacker (P1's Corr), the loss of UAR by noise category; else None.
        speech: all clean utterances of the part that is attacked, for effects that take something from another
            utterance of the same speaker (P1's fillers).
        defense_view: for an attacker who has a copy of the defence (trait `adaptive`): a look through it; else None.
        transferred: for an attacker who knows of no defence (trait `transfers`): the best candidate against the bare
            victim of the attack that it is made of, by utterance.
    """

    noises: NoiseSet
    perception: Perception
    min_snr_db: float
    max_queries: int
    component: Callable[[str], Any]
    degradation: Degradation | None = None
    speech: tuple[Utterance, ...] = ()
    defense_view: DefenseView | None = None
    transferred: Mapping[str, Utterance] = field(default_factory=dict)

    def others(self, original: Utterance) -> tuple[Utterance, ...]:
        """List the other clean utterances of an utterance's speaker, in the corpus's order."""
        return tuple(u for u in self._by_speaker.get(original.speaker, ()) if u.id != original.id)

    @cached_property
    def _by_speaker(self) -> dict[str, list[Utterance]]:
        groups: dict[str, list[Utterance]] = {}
        for utterance in self.speech:
            groups.setdefault(utterance.speaker, []).append(utterance)
        return groups

    def perturb(self, effect: str, original: Utterance, rng: Rng) -> Utterance | None:
        """Apply an effect of the catalogue to an utterance.

        Args:
            effect: the spec of a registered attack that asks once: "fade_in", "speed_utterance:rate=0.75".
            original: the utterance, left as it is.
            rng: for effects that draw.

        Returns:
            The perturbed utterance; None where the effect does not apply to this one.
        """
        return next(self.component(effect).search(original, self, rng), None)

    def counts(self, original: Utterance, candidate: Utterance) -> bool:
        """Tell whether a candidate that fools the victim lies within the rules: the attacker's own look at the SNR.

        The referee's measurement is the one that decides. Reads a value from the device: not for every query.

        Args:
            original: the utterance, with a waveform of shape (samples,).
            candidate: what was made of it. Of the same length, its SNR must be above `min_snr_db`; of another length,
                the perception study must have looked at its perturbation.
        """
        from bench.audio.signal import snr_db

        if candidate.waveform.shape != original.waveform.shape:
            return self.perception.covers(candidate.perturbation)
        return float(snr_db(original.waveform, candidate.waveform.clamp(-1.0, 1.0))) > self.min_snr_db
