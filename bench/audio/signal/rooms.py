"""Room responses: where their direct path arrives, and how long the room rings."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.core.types import SAMPLE_RATE

ONSET_LEVEL = 0.1
"""Share of the peak (-20 dB). The direct path arrives where it is first reached, since the peak itself may be a later
reflection or a sum of several (ISO 3382-1:2009 starts its integrals where a response rises above its noise but is
still more than 20 dB below its maximum)."""

SEGMENT_S = 0.01
"""Seconds over which the power of a decay is averaged, to tell it from noise."""

ABOVE_NOISE = 10**0.5
"""Times the noise's power (5 dB): a decay is followed as long as it stays above it."""

EVALUATED_DB = ((-5.0, -35.0), (-5.0, -25.0))
"""The parts of a decay from which T60 is read: ISO 3382-1's T30, else T20."""

MARGIN_DB = 5.0
"""How far a decay must be followed below the part that is evaluated: the noise is then 10 dB below it, as ISO 3382-1
asks."""


def direct_path(response: Tensor) -> int:
    """Find the sample at which the direct path arrives: the first within 20 dB of the response's peak.

    Args:
        response: shape (t,), t >= 1.

    >>> direct_path(torch.tensor([0.0, 0.01, 0.5, 0.2, -1.0]))
    2
    """
    level = response.abs()
    return int((level >= ONSET_LEVEL * level.max()).to(torch.uint8).argmax())


def t60_s(response: Tensor, sample_rate: int = SAMPLE_RATE) -> float | None:
    """Estimate the time in which sound decays by 60 dB, by Schroeder's backward integration (JASA 37, 1965).

    The squared response is summed from its end to its beginning. A straight line through the part of that curve from
    -5 to -35 dB, or where noise hides that from -5 to -25 dB, is prolonged to 60 dB (ISO 3382-1's T30 and T20). The sum
    ends where the decay meets the noise, and what its last 10 dB promise beyond is added (ISO 3382-1's correction for
    truncation). All frequencies count together. Digital silence at the end is left out.

    Args:
        response: shape (t,); what precedes its direct path is not looked at. The scale does not matter.
        sample_rate: in Hz.

    Returns:
        Seconds; None where the response does not decay by 30 dB before it meets its noise.

    >>> time = torch.arange(16_000) / 16_000
    >>> noise = torch.randn(16_000, generator=torch.Generator().manual_seed(0))
    >>> round(t60_s(noise * 10 ** (-3 * time / 0.5)), 1)
    0.5
    >>> t60_s(noise)
    """
    power = response[direct_path(response) :].double().square()
    power = power[: int(power.count_nonzero() and power.nonzero()[-1]) + 1]
    size = round(SEGMENT_S * sample_rate)
    count = len(power) // size
    if count < 3:
        return None
    blocks = power[: count * size].view(count, size).mean(dim=1)
    end = _meets_noise(blocks)
    kept = power[: end * size]
    curve = kept.flip(0).cumsum(0).flip(0) + size * _beyond(blocks[:end])
    level_db = 10.0 * torch.log10(curve / curve[0])
    for high_db, low_db in EVALUATED_DB:
        if float(level_db[-1]) <= low_db - MARGIN_DB:
            return _line(level_db, high_db, low_db, sample_rate)
    return None


def _meets_noise(blocks: Tensor) -> int:
    """The first block, after the loudest, that is no longer above the noise, which is the last tenth of the blocks."""
    noise = blocks[-max(1, len(blocks) // 10) :].mean()
    below = blocks <= ABOVE_NOISE * noise
    below[: int(blocks.argmax()) + 1] = False
    return int(below.to(torch.uint8).argmax()) if bool(below.any()) else len(blocks)


def _beyond(blocks: Tensor) -> float:
    """The power that the decay of the last 10 dB promises after the last block, in blocks; 0 where nothing decays."""
    level_db = 10.0 * torch.log10(blocks.clamp(min=1e-300))
    loud = (level_db > level_db[-1] + 10.0).nonzero()
    start = int(loud[-1]) if len(loud) else 0
    last = level_db[start:]
    if len(last) < 3:
        return 0.0
    slope_db, offset_db = _fit(torch.arange(len(last), dtype=torch.float64), last)
    if slope_db >= 0.0:
        return 0.0
    first = 10.0 ** ((offset_db + slope_db * len(last)) / 10.0)
    return float(first / (1.0 - 10.0 ** (slope_db / 10.0)))


def _line(level_db: Tensor, high_db: float, low_db: float, sample_rate: int) -> float | None:
    inside = ((level_db <= high_db) & (level_db >= low_db)).nonzero()[:, 0].double()
    if len(inside) < 2:
        return None
    slope_db, _ = _fit(inside / sample_rate, level_db[inside.long()])
    return -60.0 / slope_db


def _fit(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Slope and offset of the straight line through points, by least squares."""
    centred = x - x.mean()
    slope = float((centred * (y - y.mean())).sum() / centred.square().sum())
    return slope, float(y.mean()) - slope * float(x.mean())
