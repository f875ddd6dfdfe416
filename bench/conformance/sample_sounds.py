"""Sounds and words that stand in for speech and noise where components are checked."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from bench.core.rng import keyed
from bench.core.types import SAMPLE_RATE, Phone, Word

_SAID = (
    ("the", "DH AH"),
    ("old", "OW L D"),
    ("hand", "HH AE N D"),
    ("likes", "L AY K S"),
    ("a", "AH"),
    ("warm", "W AO R M"),
    ("evening", "IY V N IH NG"),
)
"""What every sample says: function words, adjectives, nouns, and phones that casual speech drops."""


def sample_words(seconds: float) -> tuple[Word, ...]:
    """Give the words of a sample that lasts so long, each phone of one length."""
    step = seconds / sum(len(phones.split()) for _, phones in _SAID)
    words, at = [], 0
    for text, phones in _SAID:
        own = tuple(Phone(p, (at + n) * step, (at + n + 1) * step) for n, p in enumerate(phones.split()))
        words.append(Word(text, own[0].start_s, own[-1].end_s, own))
        at += len(own)
    return tuple(words)


@cache
def sample_tones(id: str, pitch: float, level: float) -> Tensor:
    """Make a voiced tone of 0.3 to 0.8 s with some breath in it, shape (t,).

    Args:
        id: draws its length and phases.
        pitch: in Hz.
        level: of its loudest partial, from 0 to 1.
    """
    rng = keyed("tones", id)
    seconds = torch.arange(int(rng.uniform(0.3, 0.8) * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    wave = sum(torch.sin(2 * torch.pi * pitch * n * seconds + rng.uniform(0, 6)) / n for n in range(1, 6))
    breath = torch.from_numpy(rng.normal(0, 0.05, len(seconds)))
    return (level * (0.6 + 0.4 * torch.sin(25 * seconds)) * (wave + breath)).clamp(-1, 1).float()


@cache
def sample_hiss(category: str, number: int) -> Tensor:
    """Make a second of white noise, shape (16000,).

    Args:
        category: draws it, together with the number.
        number: within the category.
    """
    return torch.from_numpy(keyed("noise", category, number).normal(0, 0.1, SAMPLE_RATE)).clamp(-1, 1).float()
