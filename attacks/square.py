"""Square Attack on the spectrogram, by one who is told probabilities."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench import AttackTools, Heard, Rng, Steps, ThreatModel, Traits, within
from bench.audio.signal.levels import audible
from bench.perturbations.score_searches import Array, changed, margin, norm_at

_WINDOW = 512
_HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
_LEVELS = (0.0, 1.0, 3.0)


@dataclass(frozen=True)
class SquareAttack:
    """Random search in rectangles of the spectrogram (after Square Attack, Andriushchenko et al. 2020).

    The change begins as noise with a flat spectrum, just above the threshold. Each further query draws a rectangle of
    times and frequencies anew, louder, as loud or silent, brings the whole to the same SNR, and keeps what makes the
    label of the clean speech less likely against the likeliest other one, or a target likelier. It is told the
    probability of each class.

    Args:
        share: of the spectrogram's area that a rectangle takes at first, above 0 and at most 1; halved after 10, 50,
            200, 500 and more queries, as in the paper.
        above_db: how far above the threshold the SNR is, in dB, above 0.

    Differences to the original: squares of the spectrogram in place of an image, noise of random phases in place of one
    value each, energy moved in place of a largest change. The schedule goes by queries asked, whatever the budget.
    """

    share: float = 0.3
    above_db: float = 0.1
    traits: ClassVar[Traits] = Traits(
        threat_model=ThreatModel(answers="probabilities", allowed="additive"), anytime=True
    )

    def __post_init__(self) -> None:
        within("attack 'square'", "share", self.share, "try share=0.3", above=0, at_most=1)
        within("attack 'square'", "above_db", self.above_db, "try above_db=0.1", above=0)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield changes until one counts."""
        speech = original.waveform
        if tools.label is None or not audible(speech):
            return
        norm = norm_at(speech, tools.min_snr_db + self.above_db)
        best = _noise((_WINDOW // 2 + 1, -(-2 * len(speech) // _WINDOW) + 1), rng)
        least = 2.0
        for asked in itertools.count():
            tried = best if asked == 0 else self._redrawn(best, asked, rng)
            sound = _sound(tried, len(speech))
            if not np.square(sound).sum():  # everything was silenced
                continue
            answer = yield changed(speech, sound, norm)
            if answer.fooled and answer.counts:
                return
            if (found := margin(answer.probabilities, tools.label, tools.target)) < least:
                best, least = tried, found

    def _redrawn(self, spectrum: Array, asked: int, rng: Rng) -> Array:
        side = float(np.sqrt(self.share / 2 ** sum(asked > one for one in _HALVED_AT)))
        sizes = [max(1, round(side * length)) for length in spectrum.shape]
        first = [int(rng.integers(length - size + 1)) for length, size in zip(spectrum.shape, sizes, strict=True)]
        found = spectrum.copy()
        place = tuple(slice(start, start + size) for start, size in zip(first, sizes, strict=True))
        found[place] = _noise((sizes[0], sizes[1]), rng) * _LEVELS[int(rng.integers(len(_LEVELS)))]
        return found


def _noise(shape: tuple[int, int], rng: Rng) -> Array:
    """Complex numbers of magnitude 1 and random angles."""
    found: Array = np.exp(2j * np.pi * rng.random(shape))
    return found


def _sound(spectrum: Array, samples: int) -> Array:
    """Overlap-add of what a spectrogram's columns sound like, shape (samples,)."""
    frames = np.fft.irfft(spectrum.T, n=_WINDOW) * np.hanning(_WINDOW)
    half = _WINDOW // 2
    total = np.zeros((len(frames) + 1, half))
    total[:-1] += frames[:, :half]
    total[1:] += frames[:, half:]
    found: Array = total.reshape(-1)[half : half + samples]
    return found
