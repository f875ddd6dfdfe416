"""Speech and noises made on the spot: tones that noise modulates, and coloured noise. No file, no network, no voice."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.types import SAMPLE_RATE, NoiseClip, Utterance, Word
from bench.data.tasks import TASKS

TASK = TASKS["ahsn"]
WORDS = ("the", "old", "hand", "likes", "a", "warm", "evening", "by", "sea", "and", "never", "says", "why")
CATEGORIES = ("natural", "human", "interior", "laugh", "cry")
_VOICES = 8


def utterances(count: int, key: str, longest_s: float, first: int = 0) -> list[Utterance]:
    """Make utterances: each emotion of another pitch and loudness, each of eight speakers of another voice.

    Args:
        count: how many.
        key: another key gives other speakers.
        longest_s: seconds of the longest; the shortest has a quarter of them.
        first: number of the first: other numbers are other utterances of the same speakers.
    """
    return [_utterance(number, key, longest_s) for number in range(first, first + count)]


def _utterance(number: int, key: str, longest_s: float) -> Utterance:
    rng = keyed("gpu", key, number)
    label, voice = number % len(TASK.classes), number // len(TASK.classes) % _VOICES
    samples = int(rng.uniform(longest_s / 4, longest_s) * SAMPLE_RATE)
    seconds = torch.arange(samples) / SAMPLE_RATE
    pitch = 100.0 * (1 + 0.08 * voice) * 1.3**label * (1 + 0.03 * torch.sin(6 * seconds))
    phase = 2 * torch.pi * (pitch / SAMPLE_RATE).cumsum(0)
    tone = torch.stack([torch.sin(n * phase) / n for n in range(1, 5)]).sum(dim=0)
    wave = (0.04 * (1 + label) * _envelope(rng.normal(size=samples // 800 + 2), samples) * tone).clamp(-1, 1)
    text = [WORDS[place] for place in rng.integers(len(WORDS), size=6)]
    step = samples / SAMPLE_RATE / len(text)
    words = tuple(Word(one, at * step, (at + 1) * step) for at, one in enumerate(text))
    said, speaker = " ".join(text), f"{key}-{voice}"
    return Utterance(f"{key}-{number}", wave, speaker, transcript=said, words=words, emotion=TASK.classes[label])


def _envelope(drawn: object, samples: int) -> Tensor:
    """Loudness that noise drives: 20 values a second, joined by straight lines."""
    knots = torch.as_tensor(drawn, dtype=torch.float32).abs().add(0.2)
    joined = torch.nn.functional.interpolate(knots[None, None], samples, mode="linear", align_corners=True)
    return joined[0, 0].clamp(max=2.0)


def noises(seconds: float) -> NoiseSet:
    """Make a bank of six sounds in each category.

    Args:
        seconds: of each.
    """
    return NoiseSet("gpu", tuple(_clip(one, n, seconds) for one in CATEGORIES for n in range(6)), "gpu")


def _clip(category: str, number: int, seconds: float) -> NoiseClip:
    samples = round(seconds * SAMPLE_RATE)
    white = torch.from_numpy(keyed("gpu noise", category, number).normal(size=samples)).float()
    spectrum = torch.fft.rfft(white)
    tilt = torch.linspace(1 / SAMPLE_RATE, 1, len(spectrum)) ** (-0.25 * (number + CATEGORIES.index(category)) / 2)
    sound = torch.fft.irfft(spectrum * tilt, n=samples)
    name = f"{category}-{number}"
    return NoiseClip(name, category, 0.5 * sound / sound.abs().max(), name)
