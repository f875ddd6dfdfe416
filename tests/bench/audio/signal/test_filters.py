"""The filters, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import torch

from bench.audio.signal.filters import at_rate, band_pass

IMPULSE = torch.nn.functional.one_hot(torch.tensor(8000), 16_000).float()


@pytest.mark.parametrize("order", [1, 2, 6])
@pytest.mark.parametrize(
    ("low_hz", "high_hz", "kind"), [(None, 3400.0, "lowpass"), (300.0, None, "highpass"), (None, 7500.0, "lowpass")]
)
def test_the_gain_is_butterworth_s(low_hz: float | None, high_hz: float | None, kind: str, order: int) -> None:
    sections = scipy.signal.butter(order, low_hz or high_hz, kind, fs=16_000, output="sos")
    frequencies = np.arange(20, 8000, 20)
    _, expected = scipy.signal.sosfreqz(sections, frequencies, fs=16_000)
    found = torch.fft.rfft(band_pass(IMPULSE, low_hz, high_hz, order)).abs()[frequencies]
    np.testing.assert_allclose(found, np.abs(expected), atol=2e-4)


def test_nothing_is_delayed() -> None:
    filtered = band_pass(IMPULSE, 300, 3400, 6)
    assert int(filtered.argmax()) == 8000
    torch.testing.assert_close(filtered[8001:8100], filtered[7901:8000].flip(0), atol=1e-6, rtol=0)


def test_an_end_does_not_come_round_to_the_start() -> None:
    speech = torch.cat([torch.zeros(8000), torch.ones(192)])
    assert float(band_pass(speech, 300, 3400, 6)[:4000].abs().max()) < 1e-4


@pytest.mark.parametrize("samples", [1, 2, 3, 4095, 4097, 20_001])
def test_every_length_is_kept(samples: int) -> None:
    sound = torch.rand(samples, generator=torch.Generator().manual_seed(samples))
    assert band_pass(sound, 300, 3400).shape == at_rate(sound, 8000).shape == (samples,)


def test_another_rate_delays_nothing_and_keeps_what_fits() -> None:
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(16_000) / 16_000)
    torch.testing.assert_close(at_rate(tone, 8000)[500:15_500], tone[500:15_500], atol=2e-3, rtol=0)


def test_the_change_is_made_at_that_rate() -> None:
    seen = []
    at_rate(torch.zeros(16_000), 8000, lambda samples: seen.append(len(samples)) or samples)
    at_rate(torch.zeros(16_000), 16_000, lambda samples: seen.append(len(samples)) or samples)
    assert seen == [8000, 16_000]
