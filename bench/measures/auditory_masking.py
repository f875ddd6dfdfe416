"""What hearing masks: the level below which a sound added to another is not heard, line by line and frame by frame.

The psychoacoustic model 1 of MPEG audio, ISO/IEC 11172-3:1993 Annex D.1 for Layer I, at 16 kHz: spectra of 512 samples
(32 ms), of which the lines 1 to 256, 31.25 Hz apart, are looked at. Levels are in dB SPL, taking a full-scale sine to
be played at 96 dB; powers are 10^(level/10).

Differences to the original:
    The threshold in quiet, the Bark scale and the critical bands (one a whole Bark, 22 up to 8 kHz) come from the
    formulas of Terhardt and Zwicker in place of tables, which the standard has for 32 kHz and more. The surroundings of
    a tonal line are as many lines as there, though they lie closer together here. The threshold in quiet is that of
    hearing, without the 12 dB of safety which high bit rates get. A full-scale sine has 96 dB as a component, that is,
    its three lines together; in the standard its greatest line alone has, 1.8 dB more in all. Of tonal components less
    than half a Bark apart the strongest are kept, strongest first. The threshold is computed at every line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import one_hot, pad

from bench.core.types import SAMPLE_RATE

FRAME = 512
"""Samples in a spectrum: 32 ms."""
HOP = FRAME // 2
LINES = FRAME // 2
FULL_SCALE_DB = 96.0
TONAL_DB = 7.0
"""How far a tonal line stands above its surroundings."""
DECIMATION_BARK = 0.5
_BLOCK = 64
"""Frames worked on at a time; bounds the memory, changes no result."""
_POWER_FLOOR = 1e-20
_FIRST, _LAST = 3, 250
"""Lines that can be tonal."""
_REACH = ((_FIRST, 2), (63, 3), (127, 6))
"""From which line on how many lines to each side are the surroundings (Annex D.1, step 4, Layer I)."""


def threshold_in_quiet_db(frequency_hz: Tensor) -> Tensor:
    """Compute the level of the softest tone that can be heard, in dB SPL (E. Terhardt, "Calculating virtual pitch",
    1979).

    Args:
        frequency_hz: in Hz, above 0, any shape.

    >>> low, middle, high = threshold_in_quiet_db(torch.tensor([100.0, 1000.0, 10_000.0])).tolist()
    >>> f"{low:.2f} {middle:.2f} {high:.2f}"
    '22.95 3.37 10.58'
    """
    khz = frequency_hz / 1000
    return 3.64 * khz**-0.8 - 6.5 * (-0.6 * (khz - 3.3) ** 2).exp() + 1e-3 * khz**4


def bark(frequency_hz: Tensor) -> Tensor:
    """Compute the critical-band rate in Bark (E. Zwicker and E. Terhardt, 1980) of frequencies in Hz, any shape.

    >>> low, middle, high = bark(torch.tensor([100.0, 1000.0, 8000.0])).tolist()
    >>> f"{low:.2f} {middle:.2f} {high:.2f}"
    '0.99 8.51 21.28'
    """
    return 13 * (0.76e-3 * frequency_hz).atan() + 3.5 * (frequency_hz / 7500).square().atan()


def spreading_db(distance_bark: Tensor, level_db: Tensor) -> Tensor:
    """Compute how far the masking threshold falls away from a masker (ISO/IEC 11172-3 Annex D.1, step 6).

    It falls steeply below the masker and gently above it, the more gently the louder the masker is.

    Args:
        distance_bark: z(threshold) − z(masker) in Bark, any shape.
        level_db: of the masker, in dB SPL, broadcast against it.

    Returns:
        In dB, 0 at the masker; −inf from 8 Bark above it on, and more than 3 Bark below it.
    """
    below = 0.4 * level_db + 6
    far_below = 17 * (distance_bark + 1) - below
    far_above = -(distance_bark - 1) * (17 - 0.15 * level_db) - 17
    near = torch.where(distance_bark < 0, below * distance_bark, -17 * distance_bark)
    found = torch.where(distance_bark < -1, far_below, torch.where(distance_bark < 1, near, far_above))
    return found.masked_fill((distance_bark < -3) | (distance_bark >= 8), -math.inf)


@dataclass(frozen=True)
class SpectralLines:
    """What is fixed about the 256 lines, float64 on the CPU.

    Args:
        bark: critical-band rates, shape (256,).
        quiet_db: thresholds in quiet, shape (256,).
        band: to which critical band each belongs, from 0, shape (256,).
        in_band: the same one-hot, shape (256, bands).
        centre: index of the line at each band's geometric mean, shape (bands,).
        near: which of the lines k−6 to k+6 are the surroundings of line k, shape (256, 13), bool.
        examined: 1 where column's line is at or around row's line, shape (256, 256).
    """

    bark: Tensor
    quiet_db: Tensor
    band: Tensor
    in_band: Tensor
    centre: Tensor
    near: Tensor
    examined: Tensor


@cache
def lines() -> SpectralLines:
    """Describe the 256 lines of a spectrum at 16 kHz."""
    number = torch.arange(1, LINES + 1)
    frequency_hz = number.double() * SAMPLE_RATE / FRAME
    rate = bark(frequency_hz)
    band = rate.long()
    sizes = torch.bincount(band)
    ends = sizes.cumsum(0)
    starts = ends - sizes + 1
    centre = (starts * ends).double().sqrt().round().long() - 1
    reach = torch.zeros(LINES, dtype=torch.long)
    for first, lines_away in _REACH:
        reach[first - 1 :] = lines_away
    away = torch.arange(-6, 7).abs()
    near = (away >= 2) & (away <= reach[:, None])
    examined = ((number[:, None] - number).abs() <= reach[:, None]).double()
    return SpectralLines(
        rate, threshold_in_quiet_db(frequency_hz), band, one_hot(band).double(), centre, near, examined
    )


def power_spectra(waveform: Tensor) -> Tensor:
    """Compute the powers of the lines 1 to 256 in frames of 512 samples, one every 256, so that each sample is in two.

    Args:
        waveform: shape (t,), at 16 kHz.

    Returns:
        Shape (frames, 256), float64 on the CPU. Summed over the lines of a component, 10·log10 of it is its level.
    """
    samples: Tensor = pad(waveform.double().cpu(), (HOP, HOP + -len(waveform) % HOP))
    window = torch.hann_window(FRAME, periodic=True, dtype=samples.dtype)
    spectrum: Tensor = torch.fft.rfft(samples.unfold(0, FRAME, HOP) * window)[:, 1:]
    full_scale = 1.5 * (FRAME / 4) ** 2  # a sine's three lines, of which those beside the greatest have a quarter of it
    return spectrum.abs().square() * 10 ** (FULL_SCALE_DB / 10) / full_scale


def masking_threshold(power: Tensor) -> Tensor:
    """Compute the global masking threshold of a sound (ISO/IEC 11172-3 Annex D.1, steps 3 to 7).

    Args:
        power: of the masking sound, shape (frames, 256), from `power_spectra`.

    Returns:
        Power of the softest tone that is heard beside it, shape (frames, 256).
    """
    return torch.cat([_threshold(power[start : start + _BLOCK]) for start in range(0, len(power), _BLOCK)])


def _threshold(power: Tensor) -> Tensor:
    fixed = lines()
    tonal = _tonal(_level_db(power))
    tone_db, tone_bark = _decimated(_level_db(_three_lines(power)).masked_fill(~tonal, -math.inf))
    rest = power.masked_fill(tonal.double() @ fixed.examined > 0, 0.0)
    noise_db = _audible(_level_db(rest @ fixed.in_band), fixed.quiet_db[fixed.centre])
    noise_bark = fixed.bark[fixed.centre].expand_as(noise_db)
    return (
        10 ** (fixed.quiet_db / 10)
        + _masked(tone_db, tone_bark, -6.025 - 0.275 * tone_bark)
        + _masked(noise_db, noise_bark, -2.025 - 0.175 * noise_bark)
    )


def _level_db(power: Tensor) -> Tensor:
    return 10 * power.clamp_min(_POWER_FLOOR).log10()


def _audible(level_db: Tensor, quiet_db: Tensor) -> Tensor:
    """Levels, −inf below the threshold in quiet."""
    return level_db.masked_fill(level_db < quiet_db, -math.inf)


def _three_lines(power: Tensor) -> Tensor:
    return pad(power, (1, 1)).unfold(1, 3, 1).sum(dim=2)


def _tonal(level_db: Tensor) -> Tensor:
    """Which lines are tonal: greater than their neighbours, and 7 dB above what surrounds them; shape (frames, 256)."""
    around = pad(level_db, (6, 6), value=-math.inf).unfold(1, 13, 1)
    peak = (level_db > around[..., 5]) & (level_db >= around[..., 7])
    stands_out = level_db - around.masked_fill(~lines().near, -math.inf).amax(dim=2) >= TONAL_DB
    found = peak & stands_out
    found[:, : _FIRST - 1] = False
    found[:, _LAST:] = False
    return found


def _decimated(level_db: Tensor) -> tuple[Tensor, Tensor]:
    """Tonal components worth looking at (step 5): audible alone, none stronger within half a Bark.

    Args:
        level_db: shape (frames, 256), −inf where there is none.

    Returns:
        Their levels, −inf where there is none, and their critical-band rates, both of shape (frames, at most 256).
    """
    fixed = lines()
    ordered, place = _audible(level_db, fixed.quiet_db).sort(dim=1, descending=True, stable=True)
    most = int((ordered > -math.inf).sum(dim=1).amax())
    ordered, rate = ordered[:, :most], fixed.bark[place[:, :most]]
    for strong in range(most):
        close = (rate - rate[:, strong : strong + 1]).abs() < DECIMATION_BARK
        weaker = close & (ordered[:, strong : strong + 1] > -math.inf)
        weaker[:, : strong + 1] = False
        ordered = ordered.masked_fill(weaker, -math.inf)
    return ordered, rate


def _masked(level_db: Tensor, masker_bark: Tensor, index_db: Tensor) -> Tensor:
    """Power of the threshold that maskers of shape (frames, m) make together, shape (frames, 256)."""
    distance = lines().bark - masker_bark[..., None]
    there = level_db[..., None] > -math.inf
    level = level_db[..., None].masked_fill(~there, 0.0)
    found = level + index_db[..., None] + spreading_db(distance, level)
    return (10 ** (found / 10)).masked_fill(~there, 0.0).sum(dim=1)
