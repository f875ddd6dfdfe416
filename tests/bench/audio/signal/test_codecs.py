"""The codecs: against outside references, in time and in length."""

from __future__ import annotations

import io
import math
import sys

import numpy as np
import pytest
import soundfile
import torch
import torchaudio
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.amr import Amr
from bench import UsageError, keyed
from bench.audio.signal import codecs, snr_db
from bench.audio.signal.filters import at_rate

SECONDS = torch.arange(24_000, dtype=torch.float64) / 16_000
CHIRP = (0.3 * torch.sin(2 * torch.pi * (300 * SECONDS + 900 * SECONDS**2))).float()
"""From 300 to 3000 Hz: alike at one shift alone."""


def shift(before: torch.Tensor, after: torch.Tensor) -> int:
    """By how many samples `after` lies behind, where the two are most alike."""
    spectra = torch.fft.rfft(after, n=1 << 16) * torch.fft.rfft(before, n=1 << 16).conj()
    alike = torch.fft.irfft(spectra)
    at = int(alike.argmax())
    return at if at < 1 << 15 else at - (1 << 16)


def test_mu_law_is_g711_bit_for_bit() -> None:
    samples = np.arange(-32_768, 32_768).astype(np.int16)
    memory = io.BytesIO()
    soundfile.write(memory, samples, 8000, format="WAV", subtype="ULAW")
    memory.seek(0)
    expected, _ = soundfile.read(memory, dtype="int16")
    found = codecs.mu_law(torch.from_numpy(samples / 32_768).float()).mul(32_768)
    assert found.to(torch.int16).tolist() == expected.tolist()


@given(level=st.floats(-1, 1, width=32))
def test_mu_law_lies_within_half_a_step_of_each_of_its_logarithm(level: float) -> None:
    """The standard's straight segments, against the curve that they stand for."""
    one = torch.tensor([level])
    smooth = torchaudio.functional.mu_law_decoding(torchaudio.functional.mu_law_encoding(one, 256), 256)
    step = 2.0 ** (torch.frexp(one.abs() * 32_768 + 132).exponent.item() - 5) / 32_768
    step_of_curve = (1 / 255 + abs(level)) * math.log(256) * 2 / 255
    assert abs(float(codecs.mu_law(one) - smooth)) <= 1.02 * (step + step_of_curve) / 2


@settings(deadline=None, max_examples=30)
@given(kbps=st.sampled_from(codecs.MP3_KBPS), samples=st.integers(1, 24_000))
def test_mp3_keeps_the_length(kbps: int, samples: int) -> None:
    assert codecs.mp3(CHIRP[:samples], kbps).shape == (samples,)


@settings(deadline=None, max_examples=30)
@given(kbps=st.floats(*codecs.OPUS_KBPS), samples=st.integers(1, 24_000))
def test_opus_keeps_the_length(kbps: float, samples: int) -> None:
    assert codecs.opus(CHIRP[:samples], kbps).shape == (samples,)


@pytest.mark.parametrize("kbps", codecs.MP3_KBPS)
@pytest.mark.parametrize("samples", [3000, 24_000])
def test_mp3_moves_nothing_in_time(kbps: int, samples: int) -> None:
    assert shift(CHIRP[:samples], codecs.mp3(CHIRP[:samples], kbps)) == 0


@pytest.mark.parametrize("kbps", [6, 12, 24, 128])
@pytest.mark.parametrize("samples", [3000, 24_000])
def test_opus_moves_nothing_in_time(kbps: float, samples: int) -> None:
    assert abs(shift(CHIRP[:samples], codecs.opus(CHIRP[:samples], kbps))) <= 1


def test_more_bits_are_nearer_to_the_original() -> None:
    for codec, rates in ((codecs.mp3, (16, 32, 64, 128)), (codecs.opus, (6, 16, 32, 96))):
        measured = [float(snr_db(CHIRP, codec(CHIRP, rate))) for rate in rates]
        assert measured == sorted(measured), codec.__name__
        assert measured[-1] > 25, codec.__name__


def test_a_bit_rate_is_the_one_that_was_asked_for() -> None:
    noise = torch.from_numpy(keyed("noise").normal(0, 0.1, 160_000)).float()
    for codec, rates in ((codecs.mp3, (16, 64)), (codecs.opus, (12, 64))):
        for kbps in rates:
            sizes: list[int] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(codecs.io, "BytesIO", lambda sizes=sizes: _Counted(sizes))
                codec(noise, kbps)
            assert max(sizes) * 8 / 10_000 == pytest.approx(kbps, rel=0.45 if kbps == 12 else 0.12)


class _Counted(io.BytesIO):
    """Notes how much had been written when it was read."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self._sizes = sizes

    def seek(self, *where: int) -> int:
        self._sizes.append(len(self.getvalue()))
        return super().seek(*where)


class TestAmr:
    """With PyAV."""

    @pytest.fixture(autouse=True)
    def _needs_av(self) -> None:
        pytest.importorskip("av", reason="the extra `codecs`")

    @pytest.mark.parametrize("kbps", codecs.AMR_KBPS)
    def test_it_moves_nothing_in_time(self, kbps: float) -> None:
        coded = at_rate(CHIRP, codecs.AMR_RATE, lambda low: codecs.amr(low, kbps))
        assert coded.shape == CHIRP.shape
        assert abs(shift(CHIRP, coded)) <= 1

    @settings(deadline=None, max_examples=30)
    @given(samples=st.integers(1, 2000))
    def test_it_keeps_the_length(self, samples: int) -> None:
        assert codecs.amr(CHIRP[:samples], 7.4).shape == (samples,)

    @pytest.mark.parametrize(("kbps", "size"), [*zip(codecs.AMR_KBPS, (13, 14, 16, 18, 20, 21, 27, 32), strict=True)])
    def test_a_frame_has_its_mode_s_bytes(self, kbps: float, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """3GPP TS 26.101, and the byte before it that says which mode it is (RFC 4867)."""
        coded: list[bytes] = []
        packets = codecs._packets
        monkeypatch.setattr(codecs, "_packets", lambda *given: coded.extend(packets(*given)) or coded)
        codecs.amr(CHIRP[:8000], kbps)
        assert {len(packet) for packet in coded} == {size}

    def test_what_is_too_loud_is_cut_off_and_does_not_turn_over(self) -> None:
        loud = CHIRP[:4000] * 5
        assert torch.equal(codecs.amr(loud, 12.2), codecs.amr(loud.clamp(-1, 1), 12.2))

    def test_a_rate_between_the_modes_is_named(self) -> None:
        with pytest.raises(UsageError, match=r"found 8; expected 4\.75, 5\.15"):
            Amr(8)


def test_amr_without_its_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError, match=r"pip install 'serbench\[codecs\]'"):
        Amr()
