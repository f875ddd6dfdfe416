"""Loudness that rises or falls over a whole utterance, as when somebody comes nearer or walks away."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch

from bench.audio.signal.levels import audible
from bench.core.heard import Heard
from bench.core.types import SAMPLE_RATE, Perturbation


def faded(name: str, original: Heard, percent_per_s: float, loudest: Literal["first", "last"]) -> Heard | None:
    """Fade speech along a straight line.

    Args:
        name: of the perturbation.
        original: left as it is.
        percent_per_s: per cent of the original amplitude a second; silence where the line would fall below 0.
        loudest: the sample that keeps its level.

    Returns:
        None where the speech is silent.
    """
    if not audible(original.waveform):
        return None
    away = torch.arange(original.waveform.shape[-1], device=original.waveform.device)
    seconds = (away if loudest == "first" else away.flip(0)) / SAMPLE_RATE
    gain = (1 - percent_per_s / 100 * seconds).clamp_(min=0)
    done = Perturbation(name, "signal", f"{percent_per_s:g}%/s")
    return replace(original, waveform=original.waveform * gain, perturbation=done)
