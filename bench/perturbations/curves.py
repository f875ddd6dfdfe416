"""Curves of filters: gains of bands, as recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from bench.contracts.recipes import Effect, Recipe
from bench.core.rng import key_of, keyed
from bench.core.specs import Spec

Filtered = Literal["speech", "noise", "noise-over-threshold"]
"""What a filter is laid on: the speech itself, white noise over it, or white noise over what a threshold leaves."""
TOGETHER_DB = 3.2
"""How much quieter each of two changes is than both may be."""
_NOISE_DB = 25.0


def drawn_curves(number: int, bands: int) -> list[tuple[float, ...]]:
    """Draw curves, the same each time: every second one is the opposite of the one before.

    Args:
        number: of curves.
        bands: of each.

    Returns:
        Gains whose greatest is 1 or -1, to two decimals.
    """
    rng = keyed("curves", bands)
    drawn = (rng.standard_normal(bands) for _ in range(-(-number // 2)))
    return [gains for curve in drawn for gains in (as_curve(curve), as_curve(-curve))][:number]


def curve_at(gains: Sequence[float], snr_db: float, filtered: Filtered = "speech") -> Recipe:
    """Describe a filter at a level.

    Args:
        gains: of its bands, the greatest 1 or -1.
        snr_db: speech over change, in dB.
        filtered: one of `Filtered`; the bands of noise lie up to 25 dB apart from 0.

    >>> str(curve_at((0.0, -1.0), 12.5))
    '[{"effect":"equaliser:gains=0.0+-1.0,snr_db=12.5"}]'
    """
    if filtered == "speech":
        return Recipe(Effect(str(Spec("equaliser", (("gains", _text(gains)), ("snr_db", str(snr_db)))))))
    key = key_of("curve", *map(str, gains)) % (1 << 32)
    if filtered == "noise":
        return spectrum_at(gains, snr_db, _NOISE_DB, key)
    each = round(snr_db + TOGETHER_DB, 3)
    return weakened(each).then(spectrum_at(gains, each, _NOISE_DB, key))


def weakened(snr_db: float) -> Recipe:
    """Describe speech without its weakest components, at a level.

    Args:
        snr_db: speech over what is left out, in dB.
    """
    return Recipe(Effect(f"spectral_threshold:snr_db={snr_db}"))


def spectrum_at(gains: Sequence[float], snr_db: float, range_db: float, key: int) -> Recipe:
    """Describe white noise with a spectrum, at a level.

    Args:
        gains: of its bands, the greatest 1 or -1.
        snr_db: speech over noise, in dB.
        range_db: what 1 stands for.
        key: of its draws.
    """
    decibels = _text([round(range_db * gain, 2) + 0.0 for gain in gains])
    told = (("shape", "white"), ("snr_db", str(snr_db)), ("gains", decibels))
    return Recipe(Effect(str(Spec("shaped_noise", told)), key))


def _text(gains: Sequence[float]) -> str:
    return "+".join(map(str, gains))


def as_curve(curve: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, ...]:
    """Bring gains to a greatest of 1 or -1, to two decimals, without a negative zero.

    >>> as_curve(np.array([1.0, -4.0]))
    (0.25, -1.0)
    """
    return tuple(round(float(gain), 2) + 0.0 for gain in curve / np.abs(curve).max())
