"""The masking threshold on the textbook's maskers, and against Annex D.1 written out with loops."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.measures.auditory_masking import (
    bark,
    lines,
    masking_threshold,
    power_spectra,
    spreading_db,
    threshold_in_quiet_db,
)

HZ = [31.25 * line for line in range(1, 257)]
Z = bark(torch.tensor(HZ, dtype=torch.float64)).tolist()
QUIET = threshold_in_quiet_db(torch.tensor(HZ, dtype=torch.float64)).tolist()


def tone(hz: float, level_db: float = 96.0, seconds: float = 0.5) -> torch.Tensor:
    """A sine, by its level when a full-scale one has 96 dB."""
    return 10 ** ((level_db - 96) / 20) * torch.sin(2 * math.pi * hz * torch.arange(int(16_000 * seconds)) / 16_000)


def db(power: torch.Tensor) -> torch.Tensor:
    return 10 * power.clamp_min(1e-30).log10()


def threshold_db(waveform: torch.Tensor) -> torch.Tensor:
    """The threshold in the middle frame, shape (256,)."""
    spectra = power_spectra(waveform)
    return db(masking_threshold(spectra))[len(spectra) // 2]


def test_a_full_scale_sine_has_96_db() -> None:
    spectrum = power_spectra(tone(1000))[8]
    assert float(db(spectrum[30:33].sum())) == pytest.approx(96.0, abs=1e-3)
    assert spectrum.argmax() == 31
    assert float(db(power_spectra(tone(1015.6))[8][20:44].sum())) == pytest.approx(96.0, abs=0.1), "between two lines"


def test_frames_hold_every_sample_twice() -> None:
    assert [len(power_spectra(torch.ones(length))) for length in (1, 256, 257, 512, 16_000)] == [2, 2, 3, 3, 64]
    clicks = torch.zeros(9, 2_000)
    clicks[range(9), range(0, 1_800, 200)] = 1.0
    totals = torch.stack([power_spectra(click).sum().sqrt() for click in clicks])
    assert totals.min() > 0.7 * totals.max()


@pytest.mark.parametrize(
    ("hz", "level_db"), [(100, 22.95), (1000, 3.37), (3300, -4.98), (4000, -3.39), (8000, 4.79), (10_000, 10.58)]
)
def test_the_threshold_in_quiet(hz: float, level_db: float) -> None:
    assert float(threshold_in_quiet_db(torch.tensor(hz))) == pytest.approx(level_db, abs=0.01)


def test_silence_masks_nothing() -> None:
    assert threshold_db(torch.zeros(8_000)).tolist() == pytest.approx(QUIET)
    assert threshold_db(tone(1000, level_db=2.0)).tolist() == pytest.approx(QUIET), "a tone that is not heard itself"


def test_what_the_spreading_function_is() -> None:
    distance = torch.tensor([-3.01, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 7.99, 8.0])
    expected = [-math.inf, -72.0, -55.0, -38.0, -19.0, 0.0, -8.5, -17.0, -22.0, -51.95, -math.inf]
    assert spreading_db(distance, torch.tensor(80.0)).tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("level_db", [60.0, 90.0])
def test_the_threshold_beside_a_tone_of_1_khz(level_db: float) -> None:
    """14.5 + z dB under it is the rule of thumb; 6 + 0.275·z is the standard's. Steep below, gentle above."""
    found = threshold_db(tone(1000, level_db))
    assert float(found[31]) == pytest.approx(level_db - 6.025 - 0.275 * Z[31], abs=0.01)
    for line, slope in ((27, 0.4 * level_db + 6), (35, -17.0)):
        expected = float(found[31]) + (Z[line] - Z[31]) * slope
        assert abs(Z[line] - Z[31]) < 1
        assert float(found[line]) == pytest.approx(expected, abs=0.2), "a little more: the threshold in quiet is added"
    two, three = (min(range(256), key=lambda line: abs(Z[line] - Z[31] - barks)) for barks in (2, 3))
    slope = float(found[three] - found[two]) / (Z[three] - Z[two])
    assert slope == pytest.approx(-(17 - 0.15 * level_db), abs=0.5)


def test_louder_maskers_spread_farther_up() -> None:
    soft, loud = threshold_db(tone(1000, 60.0)), threshold_db(tone(1000, 90.0))
    assert float(loud[31] - soft[31]) == pytest.approx(30, abs=0.1)
    assert float(loud[63] - soft[63]) > 40, "an octave above"


def test_noise_masks_more_than_a_tone_of_its_power() -> None:
    """By 4 + 0.1·z dB."""
    band = 8
    members = (lines().band == band).nonzero().flatten()
    centre = int(lines().centre[band])
    tonal, noisy = torch.zeros(2, 256, dtype=torch.float64)
    tonal[centre] = 1e7
    noisy[members] = 1e7 / len(members)
    found = db(masking_threshold(torch.stack([tonal, noisy])))[:, centre]
    assert float(found[1] - found[0]) == pytest.approx(4 + 0.1 * Z[centre], abs=0.01)


def test_of_two_tones_within_half_a_bark_the_weaker_does_not_count() -> None:
    near, apart = torch.zeros(2, 256, dtype=torch.float64)
    near[[100, 104]] = apart[[100, 140]] = torch.tensor([1e6, 1e5], dtype=torch.float64)
    assert Z[104] - Z[100] < 0.5 < Z[140] - Z[100]
    alone = torch.zeros(256, dtype=torch.float64)
    alone[100] = 1e6
    found = masking_threshold(torch.stack([near, apart, alone]))
    torch.testing.assert_close(found[0], found[2])
    assert found[1, 140] > 10 * found[2, 140]


def by_loops(power: list[float]) -> list[float]:
    """Annex D.1, steps 4 to 7, for one frame; lines count from 1."""
    x = [math.nan, *(10 * math.log10(max(value, 1e-20)) for value in power)]
    p = [0.0, *power, 0.0]
    reach = {k: 2 if k < 63 else 3 if k < 127 else 6 for k in range(1, 257)}
    tonal = {}
    for k in range(3, 251):
        sides = [x[k + side * j] for j in range(2, reach[k] + 1) for side in (-1, 1)]
        if x[k] > x[k - 1] and x[k] >= x[k + 1] and all(x[k] - other >= 7 for other in sides):
            tonal[k] = 10 * math.log10(p[k - 1] + p[k] + p[k + 1])
    taken = {k + j for k in tonal for j in range(-reach[k], reach[k] + 1)}
    maskers = []
    for k in sorted(tonal, key=lambda k: -tonal[k]):
        if tonal[k] >= QUIET[k - 1] and all(abs(Z[k - 1] - z) >= 0.5 for z, _, _ in maskers):
            maskers.append((Z[k - 1], tonal[k], -6.025 - 0.275 * Z[k - 1]))
    for band in range(22):
        members = [k for k in range(1, 257) if int(Z[k - 1]) == band]
        total = sum(p[k] for k in members if k not in taken)
        centre = round(math.sqrt(members[0] * members[-1]))
        if total > 0 and 10 * math.log10(total) >= QUIET[centre - 1]:
            maskers.append((Z[centre - 1], 10 * math.log10(total), -2.025 - 0.175 * Z[centre - 1]))
    found = []
    for line in range(256):
        total = 10 ** (QUIET[line] / 10)
        for z, level, index in maskers:
            dz = Z[line] - z
            if -3 <= dz < -1:
                fall = 17 * (dz + 1) - (0.4 * level + 6)
            elif -1 <= dz < 0:
                fall = (0.4 * level + 6) * dz
            elif 0 <= dz < 1:
                fall = -17 * dz
            elif 1 <= dz < 8:
                fall = -(dz - 1) * (17 - 0.15 * level) - 17
            else:
                continue
            total += 10 ** ((level + index + fall) / 10)
        found.append(total)
    return found


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**20), pitch_hz=st.floats(80, 400), hiss=st.floats(1e-5, 0.1), loudness=st.floats(1e-4, 1))
def test_it_is_what_loops_give(seed: int, pitch_hz: float, hiss: float, loudness: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    voice = sum(torch.sin(2 * math.pi * pitch_hz * h * torch.arange(2_000) / 16_000) / h for h in range(1, 20))
    spectra = power_spectra(loudness * (0.2 * voice + hiss * torch.randn(2_000, generator=generator)))
    found = masking_threshold(spectra)
    for row, spectrum in zip(found, spectra, strict=True):
        torch.testing.assert_close(db(row), db(torch.tensor(by_loops(spectrum.tolist()), dtype=torch.float64)))


def test_a_frame_has_the_same_threshold_in_any_company() -> None:
    spectra = power_spectra(torch.randn(40_000, generator=torch.Generator().manual_seed(5)) * 0.1 + tone(700, 80, 2.5))
    assert len(spectra) > 2 * 64
    one_by_one = torch.cat([masking_threshold(spectrum[None]) for spectrum in spectra])
    torch.testing.assert_close(masking_threshold(spectra), one_by_one, rtol=1e-12, atol=0)
