"""What attacks are granted: shared parts of its tests."""

from __future__ import annotations

import torch

from bench import (
    Effect,
    Heard,
    Overlay,
    Recipe,
    Samples,
    Words,
)
from bench.testing import TASK, sample_utterances

SPEECH = sample_utterances(2, each=2, key="attacked")
CLASSES = TASK.classes


def everything(original: Heard) -> list[Recipe]:
    """Imperceptible, additive, and neither."""
    samples = original.waveform.shape[-1]
    return [
        Recipe(Overlay("natural-1", 10.5)),
        Recipe(Overlay("natural-1", 10.5, filter=(0.5, 0.5))),
        Recipe(Overlay("natural-1", 12.0), Overlay("human-1", 12.0)),
        Recipe(Effect("fade_in")),
        Recipe(Effect("pitch:factor=1.25", 3)),
        Recipe(Effect("speed_utterance:rate=1.25", 3)),
        Recipe(Samples(original.waveform * 0.9)),
        Recipe(Samples(torch.zeros(samples + 1))),
        Recipe(Words(((0, 1, "hate"),))),
        Recipe(Words(((0, 1, "hate"),)), Overlay("natural-1", 10.5)),
        Recipe(Effect("drop_words", 1)),
        Recipe(Effect("mask_nouns", 1)),
    ]
