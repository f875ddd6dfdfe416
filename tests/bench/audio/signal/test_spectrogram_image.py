"""Spectrograms as pictures, against NumPy, Matplotlib and PIL."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench.audio.signal.spectrogram_image import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    ImageSettings,
    jet,
    spectrogram_image,
    spectrogram_levels,
)

ABSOLUTE = ImageSettings(own_scale=False)


def second(seed: int = 0, rows: int = 1) -> Tensor:
    """Sounds of one second: a tone that rises, in a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(16_000) / 16_000
    tones = [0.3 * np.sin(2 * np.pi * (300 + 900 * rng.uniform() * time) * time) for _ in range(rows)]
    return torch.tensor(np.stack(tones) + 0.01 * rng.standard_normal((rows, 16_000)), dtype=torch.float32)


def test_a_second_has_the_papers_size() -> None:
    assert spectrogram_levels(second()).shape == (1, 257, 259)
    assert spectrogram_image(second(rows=2)).shape == (2, 3, 256, 256)


def test_levels_are_decibels_of_the_power_spectrum() -> None:
    sound = second()
    window = np.zeros(512)
    window[128:384] = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(256) / 256)
    padded = np.pad(sound[0].double().numpy(), 256)
    frames = np.stack([padded[start : start + 512] * window for start in range(0, 16_001, 62)])
    power = np.abs(np.fft.rfft(frames)).T ** 2
    level = np.maximum(10 * np.log10(power / power.max()), -80.0)
    expected = (level - level.min()) / (level.max() - level.min())
    assert np.abs(spectrogram_levels(sound)[0].numpy() - expected).max() < 1e-3


def test_a_sine_at_full_scale_is_the_top_of_the_absolute_scale() -> None:
    time = torch.arange(16_000) / 16_000
    levels = [spectrogram_levels((gain * torch.sin(2 * torch.pi * 1000 * time))[None], ABSOLUTE) for gain in (1.0, 0.1)]
    inner = [found[0, :, 10:-10] for found in levels]
    assert inner[0].argmax(dim=0).eq(32).all()  # 1000 Hz of 31.25 Hz each
    assert float(inner[0].amax()) == pytest.approx(1.0, abs=1e-3)
    assert float(inner[1].amax()) == pytest.approx(1 - 20 / 80, abs=1e-3)


def test_only_the_absolute_scale_shows_loudness() -> None:
    sound = second()
    assert torch.allclose(spectrogram_image(sound), spectrogram_image(sound * 0.125), atol=1e-3)
    louder, softer = (spectrogram_levels(sound * gain, ABSOLUTE).mean() for gain in (1.0, 0.125))
    assert float(louder - softer) > 0.1


def test_silence_is_one_colour() -> None:
    image = spectrogram_image(torch.zeros(1, 16_000))
    blue = (torch.tensor([0.0, 0.0, 0.5]) - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_DEVIATION)
    assert torch.allclose(image, blue[:, None, None].expand(3, 256, 256), atol=1e-5)


def test_low_frequencies_are_at_the_bottom() -> None:
    low = torch.sin(2 * torch.pi * 500 * torch.arange(16_000) / 16_000)[None]
    red = spectrogram_image(low)[0, 0].mean(dim=1)
    assert int(red.argmax()) == pytest.approx(256 - 16, abs=2)


def test_jet_is_matplotlibs() -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    table = torch.from_numpy(colormaps["jet"](np.arange(256))[:, :3]).float()
    assert float((jet(torch.arange(256)[None] / 255)[:, 0].T - table).abs().max()) <= 1 / 255
    assert len(table) == 256


@given(st.floats(0, 1), st.floats(0, 1))
def test_jet_stays_in_range_and_moves_little(one: float, other: float) -> None:
    colours = jet(torch.tensor([[one, other]]))
    assert 0 <= float(colours.amin()) <= float(colours.amax()) <= 1
    assert float((colours[:, 0, 0] - colours[:, 0, 1]).abs().max()) <= 4.6 * abs(one - other) + 1e-5


@pytest.mark.parametrize("size", [256, 100, 64])
def test_resizing_is_pils(size: int) -> None:
    image_of = pytest.importorskip("PIL.Image")
    sound = second()
    colours = jet(spectrogram_levels(sound).flip(-2))[0].numpy()
    resized = [image_of.fromarray(one).resize((size, size), image_of.Resampling.BILINEAR) for one in colours]
    found = spectrogram_image(sound, ImageSettings(size=size))[0]
    for channel, (mean, deviation) in enumerate(zip(IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True)):
        expected = (np.asarray(resized[channel]) - mean) / deviation
        assert np.abs(found[channel].numpy() - expected).max() < 1e-4


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), rows=st.integers(2, 9), at=st.integers(0, 8))
def test_a_picture_does_not_depend_on_the_others(seed: int, rows: int, at: int) -> None:
    sounds = second(seed, rows)
    at %= rows
    assert float((spectrogram_image(sounds)[at] - spectrogram_image(sounds[at : at + 1])[0]).abs().max()) <= 1e-4


def test_its_input_stays_as_it_is() -> None:
    sound = second()
    before = sound.clone()
    spectrogram_image(sound)
    assert torch.equal(sound, before)
