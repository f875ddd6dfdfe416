"""P1's SpeedSeg (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from bench import SAMPLE_RATE, EffectTools, Heard, Perturbation, Rng, Traits, within
from bench.audio.signal import stretch
from bench.audio.signal.levels import audible
from bench.perturbations.edits import Span, paced

_FADE = round(0.005 * SAMPLE_RATE)


@dataclass(frozen=True)
class SpeedSegment:
    """A random segment of the utterance 1.25 times as fast at the same pitch, as when the net lags; asks once.

    People hear the same emotion (P1). The length changes, so the SNR is undefined and the perception table alone
    decides where a success counts. At both ends of the segment 5 ms are cross-faded. The segment lies wholly within the
    utterance, anywhere. It does not apply to silence, nor where the segment would be shorter than 25 ms.

    Reading: P1 does not say how long the segment is; its advice in section 8 is to speed up "no more than 25%" of a
    sample, and a quarter is taken.

    Args:
        rate: above 1 is faster; P1 takes 1.25. From 0.25 to 4.
        share: the segment's length as a share of the utterance's; above 0, at most 1.
    """

    rate: float = 1.25
    share: float = 0.25
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        name = "attack 'speed_segment'"
        within(name, "rate", self.rate, "P1 takes 1.25", at_least=0.25, at_most=4, but_not=1)
        within(name, "share", self.share, "P1 advises at most 0.25", above=0, at_most=1)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with one segment faster or slower."""
        samples = original.waveform.shape[-1]
        length = round(self.share * samples)
        start = int(rng.integers(samples - length + 1))
        span = (start, start + length)
        if not audible(original.waveform) or not audible(original.waveform[start : start + length]):
            return None
        waveform, new_length = _with_segment(original.waveform, span, self.rate)
        source = f"rate={self.rate:g} from {start / SAMPLE_RATE:.3f} s to {(start + length) / SAMPLE_RATE:.3f} s"
        done = Perturbation("speed_segment", "signal", source)
        return replace(paced(original, waveform, span, new_length), perturbation=done)


def _with_segment(waveform: Tensor, span: Span, rate: float) -> tuple[Tensor, int]:
    """The waveform with a segment at another rate, and how many samples the segment has now."""
    start, end = span
    length = round((end - start) / rate)
    piece = stretch(waveform[start : end + round((_FADE + 1) * rate)], rate)
    fade = min(_FADE, len(piece) - length, waveform.shape[-1] - end)
    piece = piece[: length + fade]
    rise = torch.linspace(0, 1, _FADE, device=waveform.device)[:length]
    piece[: len(rise)] = torch.lerp(waveform[start : start + len(rise)], piece[: len(rise)], rise)
    over = torch.linspace(0, 1, fade, device=waveform.device)
    piece[length:] = torch.lerp(piece[length:], waveform[end : end + fade], over)
    return torch.cat([waveform[:start], piece, waveform[end + fade :]]), length
