"""A sound of a noise bank after the end of an utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from bench.audio.signal.levels import audible, levelled
from bench.core.heard import Heard
from bench.core.types import SAMPLE_RATE, NoiseClip, Perturbation, Rng
from bench.perturbations.edits import inserted

FADE_S = 0.02
"""Seconds over which a sound that is cut fades out."""


def ended(
    name: str, original: Heard, clips: Sequence[NoiseClip], level_db: float, longest_s: float, rng: Rng
) -> Heard | None:
    """Append a sound to an utterance, drawn at random from several.

    Args:
        name: of the perturbation.
        original: left as it is.
        clips: the sounds; one whose start is silent is passed over.
        level_db: how far the sound's RMS is above the utterance's, in dB.
        longest_s: how much of a sound is taken at most, in seconds; a sound that is cut fades out.
        rng: chooses the sound.

    Returns:
        The longer utterance. None where the utterance or every sound is silent, or there is no sound.
    """
    if not audible(original.waveform):
        return None
    for index in rng.permutation(len(clips)):
        clip = clips[index]
        sound = clip.waveform[: round(longest_s * SAMPLE_RATE)]
        if not audible(sound):
            continue
        if len(sound) < len(clip.waveform):
            fade = torch.ones_like(sound)
            steps = round(FADE_S * SAMPLE_RATE)
            fade[-steps:] = torch.linspace(1, 0, steps, device=sound.device)
            sound = sound * fade
        piece = levelled(sound, like=original.waveform, level_db=level_db)
        done = Perturbation(name, "signal", f"{clip.id} {level_db:+g} dB")
        return replace(inserted(original, original.waveform.shape[-1], piece), perturbation=done)
    return None
