"""RNNoise: aligned to the sample, the same for an utterance whatever is beside it, and better speech in noise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench import SAMPLE_RATE, UsageError
from bench.audio.signal import fit_length, mix, snr_db
from bench.data.speech.espeak import Voice, speak_all
from bench.defending import denoiser
from bench.defending.denoiser import Denoiser

DENOISER = Denoiser("test")


@pytest.fixture(scope="module")
def speech() -> list[Tensor]:
    """Two sentences by two voices, shape (t,)."""
    requests = [
        ("Nobody knows what happened to the old house.", Voice("m3")),
        ("It was a wonderful day!", Voice("f2", pitch=60)),
    ]
    return [torch.from_numpy(said.samples).float() for said in speak_all(requests)]


def alone(waveform: Tensor) -> Tensor:
    return DENOISER.purify(waveform[None], torch.tensor([len(waveform)]))[0]


def hiss(length: int, colour: float) -> Tensor:
    white = torch.randn(length + 1, generator=torch.Generator().manual_seed(7))
    return white[1:] - colour * white[:-1]


@pytest.mark.parametrize("colour", [0.0, -0.9], ids=["white", "low"])
@pytest.mark.parametrize("asked_db", [0.0, 5.0, 10.0])
def test_stationary_noise_is_taken_out(speech: list[Tensor], colour: float, asked_db: float) -> None:
    for waveform in speech:
        noisy = mix(waveform, hiss(len(waveform), colour), asked_db)
        assert float(snr_db(waveform, alone(noisy))) > asked_db + 1.5


def test_what_comes_out_lies_where_it_was(speech: list[Tensor]) -> None:
    for waveform in speech:
        cleaned, most = alone(waveform), 40
        agreement = [float(waveform[most:-most] @ torch.roll(cleaned, lag)[most:-most]) for lag in range(-most, most)]
        assert agreement.index(max(agreement)) - most == 0
        assert float(snr_db(waveform, cleaned)) > 8


@pytest.mark.parametrize("hertz", [60.0, 1_000.0, 5_000.0, 7_000.0])
def test_the_way_to_48_khz_and_back_changes_nothing(hertz: float) -> None:
    tone = torch.sin(torch.arange(8_000) * (2 * torch.pi * hertz / SAMPLE_RATE)) * torch.hann_window(8_000)
    back = torch.from_numpy(denoiser.narrowed(denoiser.widened(tone.numpy())))
    assert back.shape == tone.shape
    assert float(snr_db(tone, back)) > 55


def test_the_same_whatever_is_beside_it_and_however_many_threads(speech: list[Tensor]) -> None:
    waveforms = [*speech, speech[0][:5_000], speech[1][:100], fit_length(speech[0], 90_000)]
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    padded = torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True)
    before, threads = padded.clone(), torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        together = DENOISER.purify(padded, lengths)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(padded, before)
    for row, waveform in zip(together, waveforms, strict=True):
        assert torch.equal(row[: len(waveform)], alone(waveform))
        assert not row[len(waveform) :].any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2_000), st.floats(0.0, 1.0))
def test_any_length_and_level_gives_as_many_finite_samples(length: int, level: float) -> None:
    cleaned = alone(level * hiss(length, 0.0).clamp(-1, 1))
    assert cleaned.shape == (length,)
    assert cleaned.dtype == torch.float32
    assert bool(cleaned.isfinite().all())


def test_silence_stays_silence() -> None:
    assert not alone(torch.zeros(16_000)).any()


def test_an_empty_batch_is_one() -> None:
    assert DENOISER.purify(torch.zeros(0, 5), torch.zeros(0, dtype=torch.int64)).shape == (0, 5)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_number_never_reaches_the_library(speech: list[Tensor], wrong: float) -> None:
    broken = speech[0].clone()
    broken[1_000] = wrong
    padded = torch.nn.utils.rnn.pad_sequence([broken, speech[1]], batch_first=True)
    cleaned = DENOISER.purify(padded, torch.tensor([len(broken), len(speech[1])]))
    assert bool(cleaned[0, : len(broken)].isnan().all())
    assert torch.equal(cleaned[1, : len(speech[1])], alone(speech[1]))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrnnoise", None)
    for ask in (DENOISER.fingerprint, lambda: alone(torch.zeros(9))):
        with pytest.raises(UsageError, match=r"test: found no package pyrnnoise.*serbench\[rnnoise\]"):
            ask()


def test_a_damaged_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "librnnoise.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(denoiser, "library_path", lambda where: broken)
    with pytest.raises(UsageError, match=r"librnnoise\.so: found no usable library"):
        alone(torch.zeros(9))


def test_the_fingerprint_changes_with_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = DENOISER.fingerprint()
    assert before == Denoiser("elsewhere").fingerprint()
    other = tmp_path / "librnnoise.so"
    other.write_bytes(b"another")
    monkeypatch.setattr(denoiser, "library_path", lambda where: other)
    assert DENOISER.fingerprint() != before
