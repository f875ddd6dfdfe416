"""Sound decoded once: the cache of samples, and what it does when files change, fail, or stop half-way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import bench.audio.decoding
import bench.core.storage.digests
from bench.audio.decoding import read_many, read_with_rates
from bench.audio.reading import rate_of, read_audio
from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Silent


def written(folder: Path, count: int, rate: int = 8_000) -> list[Path]:
    """Files of 20 ms and more, no two alike."""
    paths = []
    for number in range(count):
        paths.append(folder / f"{number:03}.wav")
        soundfile.write(paths[-1], np.random.default_rng(number).uniform(-0.5, 0.5, 160 + number), rate)
    return paths


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded from here on."""
    names: list[str] = []

    def counting(path: Path) -> torch.Tensor:
        names.append(path.name)
        return read_audio(path)

    monkeypatch.setattr(bench.audio.decoding, "read_audio", counting)
    return names


def test_samples_are_those_of_the_files(tmp_path: Path, own_cache: Path) -> None:
    paths = written(tmp_path, 70)[::-1]
    waves = read_many([*paths, paths[3]], workers=2)
    assert all(torch.equal(wave, read_audio(path)) for wave, path in zip(waves, [*paths, paths[3]], strict=True))
    assert read_many([]) == ()
    for workers in (1, 3):
        again = read_many(paths, workers=workers)
        assert all(torch.equal(one, other) for one, other in zip(waves, again, strict=False))


def test_a_second_start_decodes_nothing(tmp_path: Path, own_cache: Path, decoded: list[str]) -> None:
    paths = written(tmp_path, 40)
    read_many(paths)
    assert len(decoded) == 40
    read_many(paths)
    read_many([path.rename(path.with_suffix(".WAV")) for path in paths])
    assert len(decoded) == 40


def test_a_changed_file_costs_its_shard_alone(tmp_path: Path, own_cache: Path, decoded: list[str]) -> None:
    paths = written(tmp_path, 300)
    before = read_many(paths)
    decoded.clear()
    soundfile.write(paths[150], np.full(200, 0.25), 16_000)
    after = read_many(paths)
    assert "150.wav" in decoded
    assert len(decoded) <= 2 * bench.audio.decoding.MOST
    assert float(after[150][0]) == 0.25
    assert torch.equal(after[149], before[149])
    assert torch.equal(after[151], before[151])


def test_a_change_within_the_clock_s_grain_is_seen(tmp_path: Path, own_cache: Path) -> None:
    path = tmp_path / "a.wav"
    for level in (0.25, 0.5, 0.75):  # the same size and, where the clock is coarse, the same time
        soundfile.write(path, np.full(200, level), 16_000)
        assert float(read_many([path])[0][0]) == level


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path, own_cache: Path) -> None:
    path = tmp_path / "a.wav"
    hour_ago = tmp_path.stat().st_mtime - 3600
    for level in (0.25, 0.5):
        soundfile.write(path, np.full(200, level), 16_000)
        os.utime(path, (hour_ago, hour_ago))
        assert float(read_many([path])[0][0]) == level


def test_writing_to_a_sound_changes_no_other_copy(tmp_path: Path, own_cache: Path) -> None:
    paths = written(tmp_path, 3)
    read_many(paths)[0].zero_()
    assert torch.equal(read_many(paths)[0], read_audio(paths[0]))


def test_the_first_bad_file_is_named_and_finished_shards_stay(
    tmp_path: Path, own_cache: Path, decoded: list[str]
) -> None:
    paths = written(tmp_path, 200)
    paths[150].write_bytes(b"x" * 9_000)
    paths[180].write_bytes(b"y" * 9_000)
    with pytest.raises(DataError, match=r"150\.wav"):
        read_many(paths, workers=1)
    assert len(decoded) > bench.audio.decoding.LEAST
    paths[150].unlink()
    paths[180].unlink()
    decoded.clear()
    good = [path for path in paths if path.exists()]
    read_many(good)
    assert "000.wav" not in decoded
    with pytest.raises(DataError, match=r"180\.wav"):
        read_many(paths[180:])
    assert not list(own_cache.rglob("*.tmp"))


def test_each_file_has_its_own_rate_from_the_cache_too(tmp_path: Path, own_cache: Path, decoded: list[str]) -> None:
    rates = (8_000, 44_100, 16_000, 48_000)
    paths = [tmp_path / f"{rate}.wav" for rate in rates]
    for path, rate in zip(paths, rates, strict=True):
        soundfile.write(path, 0.1 * np.sin(np.arange(rate // 10)), rate)
    for _ in range(2):
        found = read_with_rates(paths)
        assert tuple(one.rate_hz for one in found) == rates == tuple(map(rate_of, paths))
        assert all(torch.equal(one.waveform, read_audio(path)) for one, path in zip(found, paths, strict=True))
        assert all(len(one.waveform) == 1_600 for one in found)
    assert len(decoded) == len(rates), "the second time nothing is decoded"


def test_a_rate_that_cannot_be_is_named(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", np.full(80, 0.1), 500)
    (tmp_path / "text.wav").write_text("no sound")
    for name, found in (("slow.wav", "500 Hz"), ("text.wav", "no sound that can be decoded"), ("none.wav", "none.wav")):
        with pytest.raises(DataError, match=found):
            rate_of(tmp_path / name)


def test_silence_is_refused(tmp_path: Path, own_cache: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(800), 16_000)
    for _ in range(2):
        with pytest.raises(DataError, match="silence"):
            read_many([tmp_path / "silent.wav"])


def flip(file: Path, keep_time: bool) -> None:
    """Change one bit of one sample, and perhaps pretend that nothing happened."""
    status = file.stat()
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)
    if keep_time:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.mark.parametrize("damage", ["cut", "lengths", "index", "flipped", "flipped in secret", "a digest in the index"])
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, own_cache: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.core.storage.digests, "SETTLED_NS", -3_600_000_000_000)
    paths = written(tmp_path, 5)
    before = [wave.clone() for wave in read_many(paths)]
    for file in own_cache.rglob("*"):
        if damage == "cut" and file.name == "samples.f32":
            os.truncate(file, 100)
        if damage == "lengths" and file.name == "lengths.json":
            file.write_text("[1, 2")
        if damage == "index" and file.parent.name == "digests":
            file.write_text('{"a": 3, "b": [1]}')
        if damage.startswith("flipped") and file.name == "samples.f32":
            flip(file, keep_time=damage.endswith("secret"))
        if damage.startswith("a digest") and file.parent.name == "digests":
            file.write_text(file.read_text().replace('"]', '0"]'))
    told = Told()
    assert all(torch.equal(one, other) for one, other in zip(before, read_many(paths, told), strict=True))
    aside = list((own_cache / "damaged").glob("*"))
    assert len(aside) == len(told.lines) == (damage not in ("index", "a digest in the index"))
    assert all("set aside as" in line for line in told.lines)


def test_a_full_disk_is_named_and_leaves_nothing(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(path: Path) -> torch.Tensor:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bench.audio.decoding, "read_audio", full)
    with pytest.raises(UsageError, match=r"no space left on device, .* GB free"):
        read_many(written(tmp_path, 3))
    assert not list((own_cache / "sounds").iterdir())


def swapped(one: Path, other: Path) -> None:
    """Put a shard in the place of another with as many files."""
    shutil.rmtree(other)
    shutil.copytree(one, other)


def lying(one: Path, _: Path) -> None:
    """Of its samples nothing is wrong."""
    told = json.loads((one / "lengths.json").read_text())
    told["sounds"][0][1] += 1
    (one / "lengths.json").write_text(json.dumps(told))


def hidden(one: Path, _: Path) -> None:
    shutil.rmtree(one)
    one.write_text("mine")


@pytest.mark.parametrize("damage", [swapped, lying, hidden])
def test_what_a_shard_says_is_its_own(tmp_path: Path, own_cache: Path, damage: Callable[[Path, Path], None]) -> None:
    """A copied shard is whole; a rate decides how a sound is written as PCM."""
    both = [written(tmp_path, 3), [path.rename(path.with_suffix(".WAV")) for path in written(tmp_path, 6)[3:]]]
    before = [read_with_rates(paths) for paths in both]
    one, other = sorted((own_cache / "sounds").iterdir())
    damage(one, other)
    told = Told()
    after = [read_with_rates(paths, told) for paths in both]
    for those, these in zip(before, after, strict=True):
        assert [sound.rate_hz for sound in those] == [sound.rate_hz for sound in these]
        assert all(torch.equal(a.waveform, b.waveform) for a, b in zip(those, these, strict=True))
    assert len(told.lines) == len(list((own_cache / "damaged").iterdir())) == 1


def test_shards_of_before_they_said_whose_they_are_serve(tmp_path: Path, own_cache: Path, decoded: list[str]) -> None:
    paths = written(tmp_path, 3)
    read_many(paths)
    (file,) = (own_cache / "sounds").rglob("lengths.json")
    told = json.loads(file.read_text())
    del told["seal"]
    file.write_text(json.dumps(told))
    read_many(paths)
    assert len(decoded) == 3
