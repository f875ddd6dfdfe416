"""What a user's microphone and line do to the sound, each by what it promises."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.clipping import Clipping
from attacks.dc_offset import DcOffset
from attacks.dither import Dither
from attacks.gain import Gain
from attacks.low_pass import LowPass
from attacks.mu_law import MuLaw
from attacks.packet_loss import PacketLoss
from attacks.telephone import Telephone
from bench import SAMPLE_RATE, Heard, SpeechEffect, keyed
from bench.audio.signal import snr_db
from bench.testing import applied, sample_effect_tools

TOOLS = sample_effect_tools()
SPEECH = torch.from_numpy(keyed("speech").normal(0, 0.05, 32_000)).float()
IMPULSE = torch.nn.functional.one_hot(torch.tensor(8000), 16_000).float()


def made(effect: SpeechEffect, waveform: torch.Tensor, *key: object) -> torch.Tensor:
    return applied(effect, Heard(waveform, "a"), TOOLS, keyed(0, *key))[0].waveform


def response_db(effect: SpeechEffect) -> torch.Tensor:
    """The gain at 0, 1, 2, ... 8000 Hz."""
    return 20 * torch.fft.rfft(made(effect, IMPULSE)).abs().clamp(min=1e-9).log10()


@settings(deadline=None)
@given(percent=st.floats(0.1, 90))
def test_clipping_cuts_off_its_share(percent: float) -> None:
    clipped = made(Clipping(percent), SPEECH)
    changed = clipped != SPEECH
    assert int(changed.sum()) == round(len(SPEECH) * percent / 100)
    level = clipped.abs().max()
    assert (clipped[changed].abs() == level).all()
    assert (SPEECH[changed].abs() > level).all()


def test_the_line_carries_the_telephone_band() -> None:
    gain = response_db(Telephone())
    assert float(gain[500:2500].abs().max()) < 0.1
    assert gain[[300, 3400]].tolist() == pytest.approx([-3, -3], abs=0.3)
    assert float(gain[:100].max()) < -50
    assert float(gain[4200:].max()) < -40


def test_a_low_pass_loses_3_db_at_its_cutoff_and_falls_with_its_order() -> None:
    gain = response_db(LowPass(2000, order=4))
    assert float(gain[2000]) == pytest.approx(-3.01, abs=0.01)
    assert float(gain[:500].min()) > -0.01
    assert float(gain[4000]) < -24
    gentle = response_db(LowPass(7000, order=1))
    assert float(gentle[7000]) == pytest.approx(-3.01, abs=0.01)


def test_a_line_at_16_khz_keeps_what_lies_above_4_khz() -> None:
    hiss = torch.sin(2 * torch.pi * 6000 * torch.arange(16_000) / SAMPLE_RATE) * 0.3
    assert float(made(MuLaw(rate_hz=16_000), hiss).std()) == pytest.approx(float(hiss.std()), rel=0.01)
    assert float(made(MuLaw(), hiss)[1000:15_000].abs().max()) < 0.01


def test_mu_law_has_its_38_db() -> None:
    assert 35 < float(snr_db(SPEECH, made(MuLaw(rate_hz=16_000), SPEECH))) < 40


def lost_of(effect: PacketLoss, packets: int = 100_000) -> torch.Tensor:
    """Which packets of a constant sound were lost, shape (packets,)."""
    heard = made(effect, torch.ones(packets * 16))
    return heard.view(packets, 16)[:, 0] == 0


def bursts(lost: torch.Tensor) -> torch.Tensor:
    """How long each run of losses is."""
    edges = torch.nn.functional.pad(lost.int(), (1, 1)).diff()
    return (edges == -1).nonzero()[:, 0] - (edges == 1).nonzero()[:, 0]


@pytest.mark.parametrize(("percent", "burst"), [(5, None), (10, 1.0), (10, 3.0), (30, 8.0), (75, 3.0), (50, 1.0)])
def test_packets_are_lost_at_the_rate_and_in_bursts(percent: float, burst: float | None) -> None:
    lost = lost_of(PacketLoss(percent, burst, packet_ms=1))
    assert float(lost.float().mean()) == pytest.approx(percent / 100, rel=0.06)
    expected = burst or 1 / (1 - percent / 100)
    assert float(bursts(lost).float().mean()) == pytest.approx(expected, rel=0.06)


def test_the_first_packet_is_lost_as_often_as_any() -> None:
    original = Heard(torch.ones(6400), "a")
    tried = [[*applied(PacketLoss(40, 4.0), original, TOOLS, keyed(key)), original] for key in range(400)]
    heard = [asked[0].waveform for asked in tried]
    assert sum(float(waveform[0]) == 0 for waveform in heard) == pytest.approx(400 * 0.4, abs=40)


def test_a_lost_packet_is_the_one_before_again() -> None:
    steps = torch.arange(1, 201).float().div(200).repeat_interleave(320)[:-100]
    silent = made(PacketLoss(30, concealment="silence"), steps)
    repeated = made(PacketLoss(30, concealment="repeat"), steps)
    lost = silent == 0
    assert 0.2 < float(lost.float().mean()) < 0.4
    assert torch.equal(repeated[~lost], steps[~lost])
    last = torch.where(lost, 0.0, steps).cummax(dim=0).values
    assert torch.equal(repeated, last)


def test_nothing_lost_is_nothing_done() -> None:
    short = Heard(torch.ones(100), "a")
    tried = [applied(PacketLoss(10), short, TOOLS, keyed(key)) for key in range(100)]
    changed = sum(map(len, tried))
    assert 0 < changed < 30


@pytest.mark.parametrize(("gain_db", "measured"), [(2.0, 11.74), (-2.0, 13.74)])
def test_a_gain_is_measured_as_documented(gain_db: float, measured: float) -> None:
    assert float(snr_db(SPEECH, made(Gain(gain_db), SPEECH))) == pytest.approx(measured, abs=0.01)


def test_an_offset_moves_every_sample() -> None:
    assert (made(DcOffset(0.25), SPEECH) - SPEECH).tolist() == pytest.approx([0.25] * len(SPEECH), abs=1e-6)


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_dithered_steps_and_the_power_of_their_error(bits: int) -> None:
    steps = 2 ** (bits - 1)
    rounded = made(Dither(bits), SPEECH)
    assert torch.equal(rounded * steps, (rounded * steps).round())
    error = (rounded - SPEECH) * steps
    assert float(error.var()) == pytest.approx(1 / 4, rel=0.03)
    assert abs(float(error.mean())) < 0.01


def test_dither_keeps_what_lies_between_two_steps() -> None:
    assert float(made(Dither(4), torch.full((200_000,), 0.05)).mean()) == pytest.approx(0.05, abs=0.001)
