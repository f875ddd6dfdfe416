"""The synthesised bank: always the same, never silent nor clipped, and its categories really differ."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.noises import embedded, embedded_store
from bench.data.noises.embedded import Embedded, known
from bench.data.noises.embedded_store import EmbeddedCategory
from bench.data.noises.synthesis.recipes import recipes
from bench.evaluation.preparing.sounds_needed import EMBEDDED

CATEGORIES = ("crowd", "cry", "human", "interior", "laugh", "meeting", "natural", "station", "white")


def test_its_categories_are_known_before_it_is_made(noises: NoiseSet) -> None:
    assert noises.categories == EMBEDDED


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of its own; the bank in it is a copy from that of the test run, and made there if it is not in it."""
    folder = tmp_path_factory.mktemp("cache")
    Embedded().read(Silent())
    for category in CATEGORIES:
        own = embedded_store._folder(category)
        shutil.copytree(own, folder / "noises" / own.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERBENCH_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def noises(cache: Path) -> NoiseSet:
    return Embedded().read(Silent())


def bands(noises: NoiseSet, category: str) -> np.ndarray:
    """The share of power below 500, 2000, 4000 and 8000 Hz, mean over the clips."""
    shares = []
    for clip in noises.of(category):
        power = np.abs(np.fft.rfft(clip.waveform.numpy())) ** 2
        edges = (np.array([0, 500, 2000, 4000, 8000]) / 8000 * (len(power) - 1)).astype(int)
        shares.append([power[low:high].sum() / power.sum() for low, high in pairwise(edges)])
    return np.array(shares)


def same(one: NoiseSet, other: NoiseSet) -> bool:
    pairs = zip(one.clips, other.clips, strict=True)
    return all(np.array_equal(left.waveform.numpy(), right.waveform.numpy()) for left, right in pairs)


def swing(noises: NoiseSet, category: str) -> float:
    """How much the level of 25 ms frames varies, in dB, median over the clips."""
    spreads = []
    for clip in noises.of(category):
        frames = clip.waveform[: len(clip.waveform) // 400 * 400].reshape(-1, 400).numpy()
        spreads.append(np.std(10 * np.log10((frames**2).mean(axis=1) + 1e-10)))
    return float(np.median(spreads))


def calls_per_s(noises: NoiseSet, label: str) -> float:
    """The strongest rate, from 0.5 to 12 Hz, at which the level of a kind's clips rises and falls; their median."""
    rates = []
    for clip in noises.heard(label):
        frames = clip.waveform[: len(clip.waveform) // 160 * 160].reshape(-1, 160).numpy()
        level = np.sqrt((frames**2).mean(axis=1))
        power = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)), 4_096)) ** 2
        hertz = np.fft.rfftfreq(4_096, 0.01)
        rates.append(hertz[np.argmax(power * ((hertz > 0.5) & (hertz < 12.0)))])
    return float(np.median(rates))


def test_what_is_in_it(noises: NoiseSet) -> None:
    assert noises.name == "embedded"
    assert noises.categories == CATEGORIES
    assert set(Counter(clip.category for clip in noises.clips).values()) == {24}
    assert len({clip.id for clip in noises.clips}) == len({clip.source for clip in noises.clips}) == 9 * 24
    assert [clip.id for clip in noises.clips] == [recipe.id for recipe in recipes()]


def test_every_clip_is_a_sound_of_its_own(noises: NoiseSet) -> None:
    for clip in noises.clips:
        wave = clip.waveform.numpy()
        seconds, peak = len(wave) / 16_000, np.abs(wave).max()
        assert 4.0 <= seconds <= 6.0, clip.id
        assert 0.2 < peak < 0.95, clip.id
        assert np.sqrt(np.mean(wave**2)) > 1e-3, clip.id
        assert abs(wave.mean()) < 1e-3, clip.id
        assert clip.waveform.untyped_storage().nbytes() == wave.nbytes, clip.id
    assert len({clip.waveform.numpy().tobytes() for clip in noises.clips}) == len(noises.clips)
    assert len({len(clip.waveform) for clip in noises.clips}) > 100


def test_no_clip_has_half_a_second_of_nothing(noises: NoiseSet) -> None:
    for clip in noises.clips:
        halves = clip.waveform.numpy()[: len(clip.waveform) // 8_000 * 8_000].reshape(-1, 8_000)
        assert np.abs(halves).max(axis=1).min() > 1e-4, clip.id


def test_two_builds_give_the_same_bytes(noises: NoiseSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind the last clip, without those before it: so no clip depends on another, spoken or not."""
    last = list({(one.category, one.kind): one for one in recipes()}.values())
    monkeypatch.setattr("bench.data.noises.synthesis.recipes.recipes", lambda: iter(last))
    made = embedded._noises(embedded_store.made(CATEGORIES, Silent()), "")
    again = {clip.id: clip.waveform for clip in made.clips}
    before = {clip.id: clip.waveform for clip in noises.clips}
    assert {name.partition("/")[0] for name in again} == set(CATEGORIES)
    assert all(np.array_equal(wave.numpy(), before[name].numpy()) for name, wave in again.items())


def test_a_clip_does_not_depend_on_those_before_it(noises: NoiseSet) -> None:
    by_id = {clip.id: clip.waveform for clip in noises.clips}
    for recipe in [one for one in recipes() if not one.asks()][::-17]:
        assert (recipe.render([]) == np.rint(by_id[recipe.id].numpy() * 32768)).all(), recipe.id


def test_white_is_white_and_rain_is_not(noises: NoiseSet) -> None:
    white = bands(noises, "white").mean(axis=0)
    assert np.allclose(white, [1 / 16, 3 / 16, 1 / 4, 1 / 2], atol=0.02)
    for category in set(CATEGORIES) - {"white"}:
        assert np.abs(bands(noises, category).mean(axis=0) - white).max() > 0.2, category


def test_categories_differ_in_spectrum_or_in_movement(noises: NoiseSet) -> None:
    swings = {category: swing(noises, category) for category in CATEGORIES}
    assert swings["white"] < 1.0 < swings["crowd"] < swings["human"]
    assert swings["crowd"] < swings["meeting"]
    assert swings["station"] < swings["human"]
    speech = bands(noises, "crowd").mean(axis=0)
    assert speech[:2].sum() > 0.85
    assert bands(noises, "natural")[:, 2:].sum(axis=1).std() > 0.2
    assert bands(noises, "station").mean(axis=0)[0] > bands(noises, "natural").mean(axis=0)[0]


def test_kinds_are_told_apart_by_their_spectra(noises: NoiseSet) -> None:
    low = {
        clip.id.split("-")[0]: share for clip, share in zip(noises.of("natural"), bands(noises, "natural"), strict=True)
    }
    assert low["natural/wind"][0] > 0.8
    assert low["natural/thunder"][0] > 0.8
    assert low["natural/crickets"][2:].sum() > 0.5
    assert low["natural/birds"][2:].sum() > 0.5


def test_laughter_comes_in_short_calls_and_crying_in_long_ones(noises: NoiseSet) -> None:
    assert {clip.label for clip in noises.of("laugh")} == {"laughter", "giggle", "chuckle"}
    assert {clip.label for clip in noises.of("cry")} == {"sobbing", "baby-cry", "whimper"}
    assert len(noises.heard("laugh")) == len(noises.heard("cry")) == 24
    for first, second, low, high in (("laughter", "sobbing", 3.5, 7.0), ("giggle", "baby-cry", 5.0, 9.0)):
        assert low < calls_per_s(noises, first) < high
        assert calls_per_s(noises, second) < calls_per_s(noises, first)
    assert swing(noises, "laugh") > swing(noises, "crowd")
    assert swing(noises, "cry") > swing(noises, "crowd")


def test_parts_share_no_source(noises: NoiseSet) -> None:
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
    assert train.categories == test.categories == CATEGORIES
    assert {len(clips) for clips in (*train.by_category.values(), *test.by_category.values())} == {12}


def test_the_second_reading_is_from_the_cache(noises: NoiseSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_store, "made", lambda categories, progress: pytest.fail("made again"))
    started = time.process_time()
    again = Embedded().read(Silent())
    assert time.process_time() - started < 2.0
    assert again.fingerprint == noises.fingerprint
    assert same(again, noises)


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "index", "huge", "link", "another"])
def test_a_damaged_category_is_made_again_and_no_other(
    noises: NoiseSet, cache: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    folder = embedded_store._folder("natural")
    whole, made = embedded_store.kept(folder, "natural"), []
    assert whole is not None

    def make(categories: list[str], progress: Silent) -> list[EmbeddedCategory]:
        made.extend(categories)
        return [whole]

    monkeypatch.setattr(embedded_store, "made", make)
    names = sorted(path.name for path in (cache / "noises").iterdir())
    samples, index = folder / "clips.s16le", folder / "clips.json"
    if damage == "flip":
        samples.write_bytes(whole.samples[:9_999] + bytes([whole.samples[9_999] ^ 1]) + whole.samples[10_000:])
    elif damage == "cut":
        samples.write_bytes(whole.samples[:-2])
    elif damage == "gone":
        samples.unlink()
    elif damage == "index":
        index.write_text(index.read_text()[:-9])
    elif damage == "huge":
        index.write_text(re.sub(r"\d+\]", "1e999]", index.read_text(), count=1))
    elif damage == "link":
        shutil.rmtree(folder)
        folder.symlink_to(folder.name)
    else:
        shutil.rmtree(folder)
        shutil.copytree(embedded_store._folder("human"), folder)
    assert embedded_store.kept(folder, "natural") is None
    assert Embedded().read(Silent()).fingerprint == noises.fingerprint
    assert made == ["natural"]
    assert embedded_store.kept(folder, "natural") == whole
    assert sorted(path.name for path in (cache / "noises").iterdir()) == names


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(
        embedded_store, "made", lambda categories, progress: [EmbeddedCategory("a", (("b", 1),), b"\1\0")]
    )
    with pytest.raises(UsageError, match="file"):
        Embedded().read(Silent())


def test_what_is_known_of_the_bank_is_what_is_in_it(noises: NoiseSet) -> None:
    """Where the recipes were meant to change, `embedded.json` is to be written anew, of `as_known`."""
    found = embedded_store.kept_or_made(CATEGORIES, Silent())
    assert embedded.as_known(found) == known()
    assert noises.fingerprint == known()["fingerprint"]


def test_what_is_not_looked_for_is_not_made(noises: NoiseSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path))
    some = Embedded().read_only(["white", "chuckle", "signal", "no such sound"], Silent())
    assert [path.name.rpartition("-")[2] for path in sorted((tmp_path / "noises").iterdir())] == ["laugh", "white"]
    assert some.categories == ("laugh", "white")
    assert some.fingerprint == noises.fingerprint
    for part in ("train", "test"):
        for category in some.categories:
            ours, theirs = some.part(part).of(category), noises.part(part).of(category)
            assert [one.id for one in ours] == [one.id for one in theirs]
            pairs = zip(ours, theirs, strict=True)
            assert all(np.array_equal(one.waveform.numpy(), other.waveform.numpy()) for one, other in pairs)
    assert Embedded().read_only([], Silent()).clips == ()


def test_where_a_category_comes_out_otherwise_the_whole_bank_is_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = known()
    told = {**real, "categories": {**real["categories"], "white": {**real["categories"]["white"], "digest": "other"}}}
    monkeypatch.setattr(embedded, "known", lambda: {**told, "fingerprint": "of the other machine"})
    assert Embedded().read_only(["human"], Silent()).fingerprint == "of the other machine"
    for found in (Embedded().read_only(["white"], Silent()), Embedded().read(Silent())):
        assert found.categories == CATEGORIES
        assert found.fingerprint == real["fingerprint"], "what is in it is what it is known by"
