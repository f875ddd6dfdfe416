"""eGeMAPS by the real openSMILE, and what is remembered of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import Batch, UsageError
from bench.modelling.features import egemaps
from bench.modelling.features.egemaps import WIDTHS, Level, extract, heard, remembered, version
from bench.testing import sample_utterances

opensmile = pytest.importorskip("opensmile")

LEVELS: tuple[Level, ...] = ("lld", "functionals")
WHERE = "victim 'tested'"


def waves(count: int = 4) -> list[torch.Tensor]:
    return [utterance.waveform for utterance in sample_utterances(1, 1)[:count]]


@pytest.mark.parametrize("level", LEVELS)
def test_they_are_what_opensmile_gives(level: Level) -> None:
    levels = opensmile.FeatureLevel
    chosen = levels.Functionals if level == "functionals" else levels.LowLevelDescriptors
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, chosen)
    wave = waves()[0]
    expected = smile.process_signal(wave.numpy(), 16_000).to_numpy()
    (found,) = extract([wave], level, WHERE)
    assert found.shape[1] == WIDTHS[level]
    np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("level", LEVELS)
def test_one_never_depends_on_another(level: Level) -> None:
    sounds = waves()
    alone = [extract([sound], level, WHERE)[0] for sound in sounds]
    for together in (extract(sounds, level, WHERE, workers=3), extract(sounds[::-1], level, WHERE, workers=2)[::-1]):
        assert all(torch.equal(first, second) for first, second in zip(alone, together, strict=True))
    padded = heard(Batch.of(sample_utterances(1, 1)), level, WHERE)
    assert all(torch.equal(first, second) for first, second in zip(alone, padded, strict=True))


@settings(max_examples=25, deadline=None)
@given(samples=st.integers(0, 2_400), level=st.floats(0, 1), seed=st.integers(0, 9))
def test_any_sound_however_short_or_soft_has_features(samples: int, level: float, seed: int) -> None:
    noise = torch.from_numpy(np.random.default_rng(seed).uniform(-level, level, samples)).float()
    for kind in LEVELS:
        (found,) = extract([noise], kind, WHERE)
        assert len(found) >= 1
        assert found.isfinite().all()


def test_what_is_shorter_than_60_ms_is_padded_with_zeros() -> None:
    short = waves()[0][:500]
    padded = torch.nn.functional.pad(short, (0, egemaps.SHORTEST - 500))
    assert torch.equal(*extract([short, padded], "lld", WHERE))


def test_full_scale_does_not_wrap_around() -> None:
    wave = torch.sin(torch.arange(8_000) / 20).sign()
    just_below = wave.clamp(max=32767 / 32768)
    assert torch.equal(*extract([wave, just_below], "functionals", WHERE))


def test_what_is_not_a_number_counts_as_silence() -> None:
    wave = waves()[0]
    broken = wave.clone()
    broken[1_000:1_100] = float("nan")
    assert torch.equal(*extract([broken, broken.nan_to_num()], "lld", WHERE))


@pytest.mark.parametrize("level", LEVELS)
def test_what_was_heard_is_remembered_by_its_samples(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, level: Level
) -> None:
    sounds = waves()
    first = remembered(sounds[:2], level, WHERE)
    asked: list[int] = []

    def counting(waveforms: list[torch.Tensor], *rest: object) -> list[torch.Tensor]:
        asked.append(len(waveforms))
        return extract(waveforms, level, WHERE)

    monkeypatch.setattr(egemaps, "extract", counting)
    again = remembered([sounds[1].clone(), sounds[0], sounds[2], sounds[2]], level, WHERE)
    assert asked == [1]
    expected = [first[1], first[0], *extract([sounds[2]] * 2, level, WHERE)]
    assert all(torch.equal(one, other) for one, other in zip(again, expected, strict=True))


def test_the_levels_are_kept_apart(own_cache: Path) -> None:
    shapes = {level: remembered(waves(1), level, WHERE)[0].shape[1] for level in LEVELS}
    assert shapes == WIDTHS


def test_a_damaged_file_is_made_again(own_cache: Path) -> None:
    first = remembered(waves(), "lld", WHERE)
    (file,) = own_cache.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-7])
    again = remembered(waves(), "lld", WHERE)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    (mended,) = own_cache.rglob("*.safetensors")
    assert mended == file


def test_a_cache_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="a folder that can be written to"):
        remembered(waves(1), "lld", WHERE)


def test_a_full_disk_is_named(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bench.modelling.features.store.save_file", full)
    with pytest.raises(UsageError, match=r"No space left on device.*SERBENCH_CACHE"):
        remembered(waves(1), "lld", WHERE)
    assert not list(own_cache.rglob("*.tmp"))


def test_a_missing_opensmile_is_named_with_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    extract(waves(1), "lld", WHERE)
    monkeypatch.setitem(sys.modules, "opensmile", None)
    for use in (lambda: extract(waves(1), "lld", WHERE), lambda: version(WHERE), lambda: remembered([], "lld", WHERE)):
        with pytest.raises(UsageError, match=r"serbench\[opensmile\].*licence, which forbids commercial use"):
            use()
