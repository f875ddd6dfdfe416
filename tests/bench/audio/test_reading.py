"""Sound files of every kind, and every way in which they can be bad."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.audio.decoding import read_many
from bench.audio.reading import doubt_about, is_audio, read_audio, refuse_silence
from bench.core.code.keys import fingerprint
from bench.core.errors import DataError
from bench.core.storage.digests import content_digests

RATE = 16_000


def sine(seconds: float = 0.5, rate: int = RATE, hertz: float = 440.0, peak: float = 0.5) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def written(path: Path, samples: np.ndarray, rate: int = RATE, **options: str) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read_audio(path)
    assert caught.value.where == str(path)
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_U8", 1 / 120),
        ("a.wav", "PCM_16", 1e-4),
        ("a.wav", "PCM_24", 1e-6),
        ("a.wav", "PCM_32", 1e-6),
        ("a.wav", "FLOAT", 1e-6),
        ("a.wav", "DOUBLE", 1e-6),
        ("a.wav", "ULAW", 0.03),
        ("a.flac", "PCM_16", 1e-4),
        ("a.flac", "PCM_24", 1e-6),
        ("a.aiff", "PCM_16", 1e-4),
        ("a.au", "PCM_16", 1e-4),
        ("a.ogg", "VORBIS", 0.05),
    ],
)
def test_every_sample_type_gives_the_same_sound(tmp_path: Path, name: str, subtype: str, tolerance: float) -> None:
    wave = read_audio(written(tmp_path / name, sine(), subtype=subtype))
    assert wave.dtype == torch.float32
    assert wave.shape == (8_000,)
    assert np.abs(wave.numpy() - sine()).max() < tolerance


@pytest.mark.parametrize("rate", [8_000, 11_025, 20_000, 44_100, 48_000, 96_000])
def test_any_rate_comes_out_at_16_khz(tmp_path: Path, rate: int) -> None:
    wave = read_audio(written(tmp_path / "a.wav", sine(1.0, rate), rate, subtype="FLOAT"))
    assert wave.shape == (RATE,)
    inner = slice(800, -800)
    assert np.abs(wave.numpy() - sine(1.0))[inner].max() < 2e-3


def test_nothing_above_8_khz_folds_down(tmp_path: Path) -> None:
    wave = read_audio(written(tmp_path / "a.wav", sine(1.0, 44_100, 12_000.0), 44_100, subtype="FLOAT"))
    assert wave[800:-800].abs().max() < 1e-3


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = sine(hertz=300.0), sine(hertz=700.0, peak=0.25)
    wave = read_audio(written(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT"))
    assert np.allclose(wave.numpy(), (left + right) / 2, atol=1e-6)


def test_small_overshoots_are_clipped_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    wave = read_audio(written(tmp_path / "a.wav", sine(peak=1.3), subtype="FLOAT"))
    assert np.allclose(wave.numpy(), np.clip(sine(peak=1.3), -1, 1), atol=1e-6)


def test_another_scale_is_an_error_that_names_the_peak(tmp_path: Path) -> None:
    error = refusal(written(tmp_path / "a.wav", sine(hertz=400.0, peak=16_384.0), subtype="FLOAT"))
    assert "16384" in error.found
    assert "[-1, 1]" in error.expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers(tmp_path: Path, bad: float) -> None:
    samples = sine()
    samples[77] = bad
    assert "NaN" in refusal(written(tmp_path / "a.wav", samples, subtype="FLOAT")).found


def test_missing_file_folder_and_text(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.wav").found
    (tmp_path / "folder.wav").mkdir()
    refusal(tmp_path / "folder.wav")
    (tmp_path / "text.wav").write_text("not a sound at all, but long enough to look at\n" * 9)
    assert "decoded" in refusal(tmp_path / "text.wav").found
    (tmp_path / "zero.wav").write_bytes(b"")
    refusal(tmp_path / "zero.wav")
    (tmp_path / "samples.raw").write_bytes(bytes(640))
    refusal(tmp_path / "samples.raw")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.wav", sine())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "permission denied" in refusal(path).found
    with pytest.raises(DataError, match="permission denied"):
        content_digests([path])


def test_a_file_without_a_sample_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "a.wav", np.zeros(0))).found == "no samples"
    assert "less than one" in refusal(written(tmp_path / "b.wav", np.full(1, 0.5), 48_000)).found


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.ogg"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_file_cut_short(tmp_path: Path, name: str, share: float) -> None:
    rng = np.random.default_rng(0)
    path = written(tmp_path / name, np.clip(0.2 * rng.standard_normal(3 * RATE), -1, 1))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


def test_an_ogg_stream_cut_between_pages(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = written(tmp_path / "a.ogg", np.clip(0.2 * rng.standard_normal(5 * RATE), -1, 1))
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"OggS")])
    assert "last page" in refusal(path).found


@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x7FFF_F000])
def test_a_wav_written_to_a_pipe_has_no_length_and_is_read_to_its_end(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "a.wav", sine(), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", length)
    path.write_bytes(bytes(content))
    assert read_audio(path).shape == (8_000,)


def test_an_unbelievable_rate(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", sine(), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 7)
    path.write_bytes(bytes(content))
    assert "7 Hz" in refusal(path).found


def test_silence_is_refused_where_a_sound_is_needed(tmp_path: Path) -> None:
    for name, samples in {"zeros.wav": np.zeros(800), "faint.wav": np.full(800, 1e-6)}.items():
        path = written(tmp_path / name, samples, subtype="FLOAT")
        with pytest.raises(DataError, match="silence"):
            refuse_silence(path, read_audio(path))
    opposite = np.stack([sine(), -sine()], axis=1)
    with pytest.raises(DataError, match="silence"):
        read_many([written(tmp_path / "opposite.wav", opposite, subtype="FLOAT")])
    quiet = written(tmp_path / "quiet.wav", sine(peak=1e-3))
    refuse_silence(quiet, read_audio(quiet))


def test_fingerprints_tell_contents_and_order_apart() -> None:
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])
    assert fingerprint(["a", "bc"]) != fingerprint(["ab", "c"])
    assert len(fingerprint([])) == 32


def test_names_that_promise_sound() -> None:
    assert is_audio(Path("a/b.WAV"))
    assert is_audio(Path("a.m4a"))
    assert not is_audio(Path("._b.wav"))
    assert not is_audio(Path("readme.txt"))


def attempt(path: Path) -> torch.Tensor | DataError:
    try:
        return read_audio(path)
    except DataError as error:
        return error


def container(kind: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sine(0.05), RATE, format=kind)
    return buffer.getvalue()


CONTAINERS = {kind: container(kind) for kind in ("WAV", "AIFF", "FLAC", "OGG")}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(CONTAINERS)),
    edits=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    cut=st.none() | st.integers(0, 400),
    more=st.binary(max_size=12),
)
def test_any_bytes_give_a_sound_or_a_named_error(
    tmp_path: Path, kind: str, edits: list[tuple[int, int]], cut: int | None, more: bytes
) -> None:
    content = bytearray(CONTAINERS[kind])
    for at, value in edits:
        content[at % len(content)] = value
    path = tmp_path / f"any.{kind.lower()}"
    path.write_bytes(bytes(content[:cut]) + more)
    outcome = attempt(path)
    if isinstance(outcome, DataError):
        assert outcome.where == str(path)
    else:
        assert outcome.dtype == torch.float32
        assert outcome.ndim == 1
        assert len(outcome) > 0
        assert bool((outcome.abs() <= 1.0).all())


def _wav(data: bytes, length: int | None = None, after: bytes = b"") -> bytes:
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    chunk = b"data" + struct.pack("<I", len(data) if length is None else length) + data
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(chunk) + len(after)) + b"WAVE" + head + chunk + after


@pytest.mark.parametrize(
    ("length", "after", "samples", "doubt"),
    [
        (None, b"", 800, None),
        (None, b"\0", 800, None),  # an odd byte
        (None, b"LIST" + struct.pack("<I", 4) + b"INFO", 800, None),
        (None, b"LIST" + struct.pack("<I", 400) + b"INFO", 800, None),  # cut off behind the sound
        (None, b"TAG" + b"a" * 125, 800, None),  # ID3v1
        (None, bytes(512), 800, None),  # padded to a block
        (0xFFFF_FFFF, b"", 800, None),  # into a pipe
        (0, b"", 800, "0 bytes of sound where 1600 follow: all of them are read"),
        (1_000, b"", 500, "600 bytes behind the 1000 bytes of sound that its header gives: they are not read"),
    ],
)
def test_a_length_that_is_doubtful(
    tmp_path: Path, length: int | None, after: bytes, samples: int, doubt: str | None
) -> None:
    data = np.round(9_000 * np.sin(np.arange(800) / 5)).astype("<i2").tobytes()
    (tmp_path / "a.wav").write_bytes(_wav(data, length, after))
    heard = read_audio(tmp_path / "a.wav")
    assert torch.equal(heard, torch.from_numpy(np.frombuffer(data, "<i2").astype(np.float32) / 32_768)[:samples])
    found = doubt_about(tmp_path / "a.wav")
    assert (found or "").endswith(doubt or ""), found
    assert (found is None) == (doubt is None)


def test_a_sound_of_more_hours_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may decode to hours; it is given up where it goes on for too long, not at its end."""
    monkeypatch.setattr("bench.audio.reading.LONGEST_S", 2)
    monkeypatch.setattr("bench.audio.reading._BLOCK", 4_000)
    written(tmp_path / "a.flac", sine(2.0))
    assert len(read_audio(tmp_path / "a.flac")) == 32_000
    written(tmp_path / "b.flac", sine(2.1))
    with pytest.raises(DataError, match=r"more than .* hours; expected at most .* hours; cut it into pieces"):
        read_audio(tmp_path / "b.flac")
