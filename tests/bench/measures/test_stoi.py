"""STOI: pystoi's figure where it has one, None where it would warn or break off."""

from __future__ import annotations

import sys

import pytest
import torch

from bench.audio.signal import mix
from bench.core.errors import UsageError
from bench.measures.stoi import short_time_objective

NOISE = torch.randn(32_000, generator=torch.Generator().manual_seed(1)) * 0.1
BURSTS = NOISE * (torch.arange(32_000) // 1_600 % 2)
"""100 ms of noise, 100 ms of silence."""


@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 20.0])
def test_it_is_pystoi_s(snr_db: float) -> None:
    pystoi = pytest.importorskip("pystoi", reason="the extra `perceptual`")
    candidate = mix(BURSTS, NOISE.flip(0), snr_db)
    expected = pystoi.stoi(BURSTS.double().numpy(), candidate.double().numpy(), 16_000)
    assert short_time_objective(BURSTS, candidate) == float(expected)


def test_more_noise_is_less_intelligible() -> None:
    pytest.importorskip("pystoi", reason="the extra `perceptual`")
    found = [short_time_objective(BURSTS, mix(BURSTS, NOISE.flip(0), snr_db)) or 0.0 for snr_db in (-10, 0, 10, 30)]
    assert found == sorted(found)
    assert found[0] < 0.7 < 0.99 < found[-1]
    assert short_time_objective(BURSTS, BURSTS) == pytest.approx(1.0)


def test_the_shortest_that_pystoi_takes_is_the_shortest_that_is_measured() -> None:
    """pytest makes an error of the warning with which pystoi says that there are too few frames."""
    pystoi = pytest.importorskip("pystoi", reason="the extra `perceptual`")
    shortest = next(n for n in range(6_000, 7_000, 8) if short_time_objective(NOISE[:n], NOISE[:n]) is not None)
    assert pystoi.stoi(NOISE[:shortest].numpy(), NOISE[:shortest].numpy(), 16_000) == pytest.approx(1.0)
    with pytest.warns(RuntimeWarning, match="Not enough STFT frames"):
        pystoi.stoi(NOISE[: shortest - 8].numpy(), NOISE[: shortest - 8].numpy(), 16_000)


SILENCE = torch.zeros(32_000)


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (NOISE, NOISE[1:]),
        (NOISE[:6_000], NOISE[:6_000]),
        (NOISE[:100], NOISE[:100]),
        (torch.cat([NOISE[:3_000], SILENCE]), torch.cat([NOISE[:3_000], SILENCE])),
        (SILENCE, NOISE),
        (NOISE, SILENCE),
        (NOISE[:0], NOISE[:0]),
    ],
    ids=["another length", "short", "no frame", "short but for silence", "silence", "silenced", "no sound"],
)
def test_it_is_not_defined_for(original: torch.Tensor, candidate: torch.Tensor) -> None:
    pytest.importorskip("pystoi", reason="the extra `perceptual`")
    assert short_time_objective(original, candidate) is None


def test_without_its_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystoi", None)
    with pytest.raises(UsageError, match=r"measure 'stoi'.*pystoi.*serbench\[perceptual\]"):
        short_time_objective(NOISE, NOISE)
