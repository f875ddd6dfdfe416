"""PESQ: the package's figure where it has one, None where it would raise, and never a crash."""

from __future__ import annotations

import sys

import pytest
import torch

from bench.audio.signal import mix
from bench.core.errors import UsageError
from bench.measures.pesq import LONGEST_S, wide_band

NOISE = torch.randn(32_000, generator=torch.Generator().manual_seed(1)) * 0.1
BURSTS = NOISE * (torch.arange(32_000) // 4_800 % 2)
"""300 ms of noise, 300 ms of silence."""


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_it_is_the_package_s_wide_band(snr_db: float) -> None:
    pesq = pytest.importorskip("pesq", reason="the extra `perceptual`")
    candidate = mix(BURSTS, NOISE.flip(0), snr_db)
    expected = pesq.pesq(16_000, BURSTS.numpy(), candidate.numpy(), "wb")
    assert wide_band(BURSTS, candidate) == float(expected)
    assert pesq.pesq(16_000, BURSTS.numpy(), candidate.numpy(), "nb") != expected


def test_more_noise_is_worse() -> None:
    pytest.importorskip("pesq", reason="the extra `perceptual`")
    found = [wide_band(BURSTS, mix(BURSTS, NOISE.flip(0), snr_db)) or 0.0 for snr_db in (0, 20, 40)]
    assert found == sorted(found)
    assert 1.0 <= found[0] < 1.5
    assert wide_band(BURSTS, BURSTS) == pytest.approx(4.644, abs=1e-3)


def test_as_many_bursts_as_there_is_time_for_do_not_overrun_its_tables() -> None:
    """Beyond 50 of them, the package writes where it must not: 80 in 80 seconds end the process."""
    pytest.importorskip("pesq", reason="the extra `perceptual`")
    longest = round(LONGEST_S * 16_000)
    time = torch.arange(longest)
    noise = torch.randn(longest, generator=torch.Generator().manual_seed(2)) * 0.1
    for burst_ms, period_ms in ((200, 404), (204, 408), (212, 420), (400, 800)):
        original = noise * (time % (16 * period_ms) < 16 * burst_ms)
        assert 1.0 <= (wide_band(original, original + 0.01 * noise.flip(0)) or 0.0) <= 4.65
    assert wide_band(torch.cat([noise, noise[:16]]), torch.cat([noise, noise[:16]])) is None


SILENCE = torch.zeros(32_000)
BLIP = torch.cat([NOISE[:400], 0.001 * NOISE[400:]])


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (NOISE, NOISE[1:]),
        (NOISE[:3_999], NOISE[:3_999]),
        (SILENCE, NOISE),
        (NOISE, SILENCE),
        (SILENCE, SILENCE),
        (NOISE[:0], NOISE[:0]),
        (BLIP, BLIP + 0.01 * NOISE.flip(0)),
    ],
    ids=["another length", "short", "silence", "silenced", "nothing at all", "no sound", "nobody speaks"],
)
def test_it_is_not_defined_for(original: torch.Tensor, candidate: torch.Tensor) -> None:
    pytest.importorskip("pesq", reason="the extra `perceptual`")
    assert wide_band(original, candidate) is None


def test_without_its_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(UsageError, match=r"measure 'pesq'.*pesq.*serbench\[perceptual\]"):
        wide_band(NOISE, NOISE)
