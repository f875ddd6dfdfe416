"""Mixing, spectra and stretching, by their properties and against torchaudio."""

from __future__ import annotations

import pytest
import torch
import torchaudio
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.audio.signal import (
    MelSettings,
    fit_length,
    frame_counts,
    log_mel,
    mix,
    noise_gain,
    shift_pitch,
    snr_db,
    stretch,
)
from bench.core.types import SAMPLE_RATE


def noise(samples: int, seed: int, level: float = 0.1) -> torch.Tensor:
    return level * torch.randn(samples, generator=torch.Generator().manual_seed(seed))


def voiced(f0: float, seconds: float = 2.0) -> torch.Tensor:
    t = torch.arange(int(seconds * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    return sum(torch.sin(2 * torch.pi * f0 * n * t) / n for n in range(1, 8)).mul(0.1).float()


def f0_of(waveform: torch.Tensor) -> float:
    """Fundamental frequency by the autocorrelation of the middle half second, in Hz, between 60 and 400."""
    middle = waveform[len(waveform) // 2 - 4000 : len(waveform) // 2 + 4000].double()
    power = torch.fft.rfft(middle * torch.hann_window(8000, dtype=torch.float64), n=1 << 17).abs().square()
    correlation = torch.fft.irfft(power)[:400]
    lags = torch.arange(40, 267)
    best = int(lags[correlation[lags].argmax()])
    left, peak, right = correlation[best - 1 : best + 2].tolist()
    return SAMPLE_RATE / (best + 0.5 * (left - right) / (left - 2 * peak + right))


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 60_000),
    clip=st.integers(1, 90_000),
    wanted=st.floats(-20, 60),
    speech_level=st.floats(1e-3, 0.5),
    noise_level=st.floats(1e-3, 1.0),
)
def test_the_snr_asked_for_is_the_snr_measured(
    samples: int, clip: int, wanted: float, speech_level: float, noise_level: float
) -> None:
    speech = noise(samples, 1, speech_level)
    before = speech.clone()
    mixed = mix(speech, noise(clip, 2, noise_level), wanted)
    assert mixed.shape == speech.shape
    # beyond 40 dB the difference itself is rounded in float32, which is the referee's measurement, not the mix
    assert float(snr_db(speech, mixed)) == pytest.approx(wanted, abs=0.01 if wanted <= 40 else 0.05)
    assert torch.equal(speech, before)


@pytest.mark.parametrize("wanted", [-5.0, 0.0, 10.5, 20.0])
def test_mixing_agrees_with_torchaudio(wanted: float) -> None:
    speech, sound = noise(16_000, 1), noise(16_000, 2, 0.3)
    theirs = torchaudio.functional.add_noise(speech[None], sound[None], torch.tensor([wanted]))[0]
    torch.testing.assert_close(mix(speech, sound, wanted), theirs, atol=1e-5, rtol=1e-4)


def test_a_short_sound_is_repeated_and_a_long_one_cut() -> None:
    assert fit_length(torch.tensor([1.0, 2.0, 3.0]), 7).tolist() == [1, 2, 3, 1, 2, 3, 1]
    assert fit_length(torch.tensor([1.0, 2.0, 3.0]), 2).tolist() == [1, 2]


def test_log_mel_agrees_with_torchaudio() -> None:
    wave = noise(8_000, 3)
    theirs = torchaudio.transforms.MelSpectrogram(
        SAMPLE_RATE,
        n_fft=512,
        win_length=400,
        hop_length=160,
        n_mels=40,
        center=False,
        window_fn=torch.hamming_window,
        wkwargs={"periodic": False},
    )
    expected = torch.log(theirs(torch.nn.functional.pad(wave, (56, 56))).T + 1e-6)
    ours = log_mel(wave[None])[0]
    torch.testing.assert_close(ours, expected[: len(ours)], atol=1e-3, rtol=1e-3)


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 5_000), extra=st.integers(0, 5_000))
def test_true_frames_do_not_see_what_follows_them(length: int, extra: int) -> None:
    wave = noise(length, 4)
    padded = torch.nn.functional.pad(wave, (0, extra))
    count = int(frame_counts(torch.tensor([length]), MelSettings()))
    alone, beside = log_mel(wave[None])[0], log_mel(padded[None])[0]
    assert len(alone) == count
    torch.testing.assert_close(beside[:count], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rate", [0.75, 0.9, 1.25, 1.6])
def test_stretch_agrees_with_torchaudios_vocoder(rate: float) -> None:
    wave = voiced(140) * (0.6 + 0.4 * torch.sin(torch.arange(32_000) / 2000))
    window = torch.hann_window(512)
    spectrum = torch.stft(wave, 512, 128, window=window, pad_mode="constant", return_complex=True)
    advance = torch.linspace(0, torch.pi * 128, 257)[:, None]
    theirs = torch.istft(
        torchaudio.functional.phase_vocoder(spectrum, rate, advance),
        512,
        128,
        window=window,
        length=round(32_000 / rate),
    )
    torch.testing.assert_close(stretch(wave, rate)[600:-1200], theirs[600:-1200], atol=2e-3, rtol=0)


@pytest.mark.parametrize("f0", [95.0, 140.0, 210.0])
@pytest.mark.parametrize("rate", [0.75, 1.25])
def test_stretch_changes_the_length_and_keeps_the_pitch(f0: float, rate: float) -> None:
    faster = stretch(voiced(f0), rate)
    assert len(faster) == round(32_000 / rate)
    assert f0_of(faster) == pytest.approx(f0, rel=0.01)


@pytest.mark.parametrize("f0", [110.0, 180.0])
@pytest.mark.parametrize("factor", [0.75, 1.25, 2 ** (1 / 12)])
def test_shift_pitch_moves_f0_by_its_factor_and_keeps_the_length(f0: float, factor: float) -> None:
    shifted = shift_pitch(voiced(f0), factor)
    assert len(shifted) == 32_000
    assert f0_of(shifted) == pytest.approx(f0 * factor, rel=0.02)


@pytest.mark.parametrize("samples", [1, 2, 100, 511, 513])
@pytest.mark.parametrize("change", [stretch, shift_pitch])
def test_short_and_silent_sounds_stay_finite(change: object, samples: int) -> None:
    for wave in (torch.zeros(samples), noise(samples, 5)):
        for amount in (0.75, 1.25):
            assert change(wave, amount).isfinite().all()  # type: ignore[operator]


@pytest.mark.parametrize("samples", [1, 100, 200, 257, 400, 2_000])
def test_at_its_own_speed_a_sound_of_any_length_stays_as_it_is(samples: int) -> None:
    wave = noise(samples, 6)
    torch.testing.assert_close(stretch(wave, 1.0), wave, atol=1e-5, rtol=0)


def test_silence_in_the_middle_does_not_silence_the_rest() -> None:
    wave = voiced(140)
    wave[8_000:16_000] = 0
    assert float(stretch(wave, 1.25)[-8_000:].square().mean()) > 0.3 * float(wave[-8_000:].square().mean())


HEAD = torch.cat([torch.full((16_000,), 1e-20), torch.randn(800, generator=torch.Generator().manual_seed(1)) * 0.1])
CLICK = torch.zeros(80_000).index_fill_(0, torch.tensor([40_000]), 0.5)


@pytest.mark.parametrize("snr_db", [-40.0, 10.1, 60.0])
@pytest.mark.parametrize(
    ("clip", "heard"),
    [
        (HEAD, False),
        (HEAD[-800:], True),
        (CLICK, False),
        (CLICK[40_000:40_001], True),
        (torch.full((9,), 1e-22), False),
    ],
    ids=["a silent head", "a clip of 50 ms", "before a click", "a click", "less than float32 holds"],
)
def test_a_sound_that_is_all_but_silent_where_it_is_heard_gets_no_gain(
    clip: torch.Tensor, heard: bool, snr_db: float
) -> None:
    speech = torch.sin(torch.arange(16_000) / 20)
    noise = fit_length(clip, 16_000)
    gain = noise_gain(speech, noise, snr_db)
    assert bool((noise * gain).isfinite().all())
    assert (float(gain) > 0) is heard
