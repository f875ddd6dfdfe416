"""Examples to hear: taken from a run's folder where they are what records say, and left out by name where not."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.audio.writing import wav_file as wav
from bench.core.errors import DataError
from bench.core.storage.png import png
from leaderboards.site.build import build_site
from leaderboards.site.exchange.files import SiteOptions
from leaderboards.site.facts import CellFacts, Gathered
from leaderboards.site.sounds import examples
from leaderboards.site.spectrogram import GREYS, HEIGHT, WIDEST, spectrogram
from tests.leaderboards.made_site import RUN, made

RATE = 16_000
HEADER = "file,utterance,speaker,label_true,label_before,label_after,query,snr_db,source,recipe\n"


def tone(seconds: float, hz: float, loud: float = 0.3) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (32767 * loud * np.sin(2 * np.pi * hz * time)).astype(np.int16)


ORIGINAL = tone(0.5, 440)
ATTACKED = ORIGINAL + tone(0.5, 3000, 0.03)


@pytest.fixture
def cells(tmp_path: Path) -> Sequence[CellFacts]:
    """Facts of a run that kept the sounds of the first utterance that fell in each cell."""
    _, gathered = made(tmp_path / "run", replace(RUN, victims={"good": 0.95}, defenses={"none": 0.0}))
    for cell in gathered.cells:
        if not cell.fell["all"].any():
            continue
        place = int(np.argmax(cell.fell["all"] > 0))
        assert cell.sounds is not None
        cell.sounds.mkdir(parents=True)
        row = f"001-a-attacked.wav,{cell.utterances[place]},x,x,x,<b>\u202e,{cell.fell['all'][place]},1,x,x\n"
        (cell.sounds / "sounds.csv").write_text(HEADER + row, encoding="utf-8")
        (cell.sounds / "001-a-original.wav").write_bytes(wav(ORIGINAL, RATE))
        (cell.sounds / "001-a-attacked.wav").write_bytes(wav(ATTACKED, RATE))
    return gathered.cells


def heard(cells: Sequence[CellFacts], told: list[DataError], most: int = 3) -> list:
    return examples(cells, ["boundary"], most, told.append)


def test_what_is_heard_is_what_was_kept(cells: Sequence[CellFacts]) -> None:
    told: list[DataError] = []
    first, *_ = found = heard(cells, told)
    assert told == []
    assert len(heard(cells, told, most=1)) == 1
    assert len({one.utterance for one in found}) == len(found)
    assert first.snr_db == pytest.approx(20, abs=0.01)
    assert first.difference is not None
    assert np.array_equal(first.original + first.difference, first.attacked)
    files = dict(first.files())
    assert {*files} == {f"{name}.{kind}" for name in ("original", "attacked", "difference") for kind in ("wav", "png")}
    assert files["original.wav"] == wav(ORIGINAL, RATE)
    longer = replace(first, attacked=np.pad(ATTACKED, (0, 9)))
    assert (longer.difference, longer.snr_db) == (None, None)


def link(folder: Path) -> None:
    (folder / "001-a-attacked.wav").rename(folder / "elsewhere.wav")
    (folder / "001-a-attacked.wav").symlink_to("elsewhere.wav")


def pipe(folder: Path) -> None:
    (folder / "sounds.csv").unlink()
    os.mkfifo(folder / "sounds.csv")


def cell_text(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        table = folder / "sounds.csv"
        table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


def with_sound(content: bytes, kind: str = "attacked") -> Callable[[Path], None]:
    return lambda folder: (folder / f"001-a-{kind}.wav").write_bytes(content) and None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (link, "a link"),
        (pipe, "a pipe"),
        (lambda folder: (folder / "001-a-original.wav").unlink(), "no file"),
        (lambda folder: (folder / "sounds.csv").write_bytes(b"\xff"), "no CSV"),
        (lambda folder: (folder / "sounds.csv").write_text(HEADER + "\n1,2" * 10_001), "lines"),
        (cell_text("001-a-attacked.wav", "../../001-a-attacked.wav"), "the line"),
        (cell_text("<b>\u202e,", "<b>\u202e,999999"), "a query at which it fell"),
        (cell_text(",x,x,x", "0,x,x,x"), "the line"),
        (with_sound(b"RIFF"), "no sound"),
        (with_sound(wav(ATTACKED, 48_000)), "the original's 16000 Hz"),
        (with_sound(wav(np.zeros(0, np.int16), RATE)), "no samples"),
        (with_sound(wav(np.zeros((9, 2), np.int16), RATE)), "one channel"),
        (with_sound(wav(np.zeros(61 * 8000, np.int16), 8000)), "at most 60 s"),
    ],
)
def test_what_is_none_is_left_out_by_name(
    cells: Sequence[CellFacts], change: Callable[[Path], None], says: str
) -> None:
    told: list[DataError] = []
    only = [one for one in cells if one.about.attack_base == "boundary"][:1]
    assert only[0].sounds is not None
    change(only[0].sounds)
    assert heard(only, told) == []
    assert says in str(told[0])


def test_a_page_has_its_examples_and_their_names_are_text(cells: Sequence[CellFacts], tmp_path: Path) -> None:
    results, _ = made(tmp_path / "again", replace(RUN, victims={"good": 0.95}, defenses={"none": 0.0}))
    build_site(results, Gathered(tuple(cells)), tmp_path / "site", SiteOptions(sounds=2))
    (page,) = (tmp_path / "site" / "entries").iterdir()
    text = page.read_text(encoding="utf-8")
    assert text.count("<audio ") == 6
    assert "<b>" not in text
    assert "\u202e" not in text
    for kind in ("original.wav", "attacked.wav", "difference.png"):
        assert (tmp_path / "site" / "sounds" / page.stem / f"1-{kind}").is_file()
    build_site(results, Gathered(tuple(cells)), tmp_path / "silent")
    assert not (tmp_path / "silent" / "sounds").exists(), "speech is published where somebody asked for it"


def test_a_spectrogram_shows_a_tone_where_it_is() -> None:
    grey = spectrogram(tone(0.5, 2000))
    assert grey.shape[0] == HEIGHT
    middle = grey[:, grey.shape[1] // 2]
    assert abs(int(middle.argmin()) - (HEIGHT - 1 - int(2000 / 8000 * HEIGHT))) <= 1
    assert middle.min() < 30
    assert middle.max() == 255
    assert spectrogram(tone(20.0, 100)).shape[1] <= WIDEST
    assert (spectrogram(np.zeros(1, np.int16)) == 255).all()


def test_a_png_has_its_pixels() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    written = png(grey, GREYS)
    assert struct.unpack(">II", written[16:24]) == (4, 3)
    start = written.index(b"IDAT") + 4
    lines = zlib.decompress(written[start : written.index(b"IEND") - 8])
    assert np.array_equal(np.frombuffer(lines, np.uint8).reshape(3, 5)[:, 1:], grey)
