"""Spectrograms: the right pixel is bright, and other programs read the file."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps, image

from bench.core.storage.png import png
from bench.studies.listening.spectrogram import MOST_COLUMNS, RANGE_DB, magma, power, spectrogram_png


def pixels(content: bytes) -> np.ndarray:
    """Shape (height, width, 3), from 0 to 1, as another program reads it."""
    return np.asarray(image.imread(io.BytesIO(content), format="png"))[..., :3]


def tone(frequency_hz: float, seconds: float = 1.0) -> torch.Tensor:
    return 0.5 * torch.sin(2 * torch.pi * frequency_hz * torch.arange(round(16_000 * seconds)) / 16_000)


@pytest.mark.parametrize("frequency_hz", [250, 1000, 3000, 7500])
def test_a_tone_is_a_line_at_its_height(frequency_hz: float) -> None:
    found = pixels(spectrogram_png(tone(frequency_hz), tone(frequency_hz)))
    assert found.shape == (257, 251, 3)
    brightest = found.sum(axis=2)[:, 100].argmax()
    assert (256 - brightest) * 8000 / 256 == pytest.approx(frequency_hz, abs=32)


def test_time_goes_to_the_right() -> None:
    found = pixels(spectrogram_png(torch.cat([torch.zeros(8_000), tone(1000, 0.5)]), tone(1000)))
    assert found[:, :120].max() < 0.1
    assert found[:, 130:].max() > 0.9


def test_brightness_is_relative_to_the_other_sound() -> None:
    """So many dB below it is so much darker; the map is matplotlib's magma."""
    loud = tone(1000)
    quiet = pixels(spectrogram_png(loud / 100, loud))
    expected = colormaps["magma"](1 - 40 / RANGE_DB)[:3]
    assert np.abs(quiet[256 - 32, 100] - expected).max() < 0.03
    beyond = pixels(spectrogram_png(10 * loud, loud))
    assert np.abs(beyond[256 - 32, 100] - colormaps["magma"](1.0)[:3]).max() < 0.03


@pytest.mark.parametrize("samples", [1, 63, 16_000 * 5, 16_000 * 30])
def test_sound_of_any_length_has_a_spectrogram(samples: int) -> None:
    found = power(torch.ones(samples))
    assert found.shape == (257, min(1 + samples // 64, MOST_COLUMNS))
    assert pixels(spectrogram_png(torch.ones(samples), torch.ones(samples))).shape[:2] == found.shape


def test_silence_is_dark() -> None:
    assert pixels(spectrogram_png(torch.zeros(4_000), torch.zeros(4_000))).max() < 0.02
    assert pixels(spectrogram_png(torch.zeros(4_000), tone(1000))).max() < 0.02


@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_every_shade_survives(height: int, width: int, random: object) -> None:
    shades = np.array([[random.randrange(256) for _ in range(width)] for _ in range(height)], dtype=np.uint8)  # type: ignore[attr-defined]
    expected = colormaps["magma"](shades)[..., :3]
    assert np.abs(pixels(png(shades, magma())) - expected).max() < 0.03
