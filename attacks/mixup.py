"""P4's noise mix-up (equations 1 and 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bench import SAMPLE_RATE, EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import fit_length
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class Mixup:
    """Noise at one SNR in every second of the speech, and every second at full scale; asks once.

    The utterance is cut into blocks of 1 s, the last one as long as it is. Each becomes clean + λ·noise, with the λ
    that gives it the SNR, and is divided by its largest absolute value. A block in which speech or noise is silent
    gets no noise.

    Dividing is no noise, but it moves every sample: against the original as it was, the referee measures it as a gain,
    −6 dB where the speech's peaks lie at a third of full scale and 9.5 dB where they lie at three quarters. Such a
    candidate counts as a success only where the speech was near full scale before. Its change of label is in the
    records all the same, and P4's scores are of those. With `normalise=false` what is measured is `snr_db`, as long as
    nothing overflows and every block has it.

    Args:
        snr_db: speech over noise, in dB, from −20 to 60. P4 takes 15, 20 and 40.
        category: of the noise bank; None draws one for each utterance.
        normalise: divide each block by its largest absolute value (equation 2).

    Differences to the original: P4 recorded one classroom; here a sound is drawn from the bank. Readings: λ is set for
    each block, since P4 splits before it mixes; the sound begins with the utterance, and is repeated where it is
    shorter.
    """

    snr_db: float = 15.0
    category: str | None = None
    normalise: bool = True

    def __post_init__(self) -> None:
        within("attack 'mixup'", "snr_db", self.snr_db, "P4 takes 15, 20 and 40", at_least=-20, at_most=60)

    @property
    def traits(self) -> Traits:
        """Declare that it asks once, with sounds of the category."""
        return Traits(asks_once=True, categories=None if self.category is None else (self.category,))

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the noisy utterance."""
        known = tools.noises.sounding
        category = known[int(rng.integers(len(known)))] if self.category is None else self.category
        clip = tools.noises.draw(rng, category)
        done = Perturbation("mixup", clip.category, f"{clip.id} at {self.snr_db:g} dB")
        return sound_effect(original, lambda sound: self._mixed(sound, clip.waveform.to(sound)), done)

    def _mixed(self, sound: Tensor, noise: Tensor) -> Tensor:
        """All blocks at once, shape (blocks, 16000), the last one padded with zeros."""
        blocks, noises = _blocks(sound), _blocks(fit_length(noise, sound.shape[-1]))
        ratio = blocks.square().sum(dim=1, keepdim=True) / noises.square().sum(dim=1, keepdim=True)
        factor = ratio.nan_to_num(nan=0.0, posinf=0.0).sqrt() * 10 ** (-self.snr_db / 20)
        noisy = blocks + factor * noises
        if self.normalise:
            peak = noisy.abs().amax(dim=1, keepdim=True)
            noisy = noisy / peak.where(peak > 0, 1.0)
        return noisy.view(-1)[: sound.shape[-1]]


def _blocks(sound: Tensor) -> Tensor:
    return torch.nn.functional.pad(sound, (0, -sound.shape[-1] % SAMPLE_RATE)).view(-1, SAMPLE_RATE)
