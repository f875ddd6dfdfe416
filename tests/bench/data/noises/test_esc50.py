"""ESC-50 in its published layout, ESC-10 in its own, and every way in which table and files can disagree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.data.noises.esc50 import Esc50
from bench.data.noises.naming import ESC50

DATA = Path(__file__).parents[5] / "shared" / "data"
HEADER = "filename,fold,target,category,esc10,src_file,take"
ESC10 = {0, 1, 10, 11, 12, 20, 21, 38, 40, 41}


def line(fold: int, source: int, take: str, target: int) -> str:
    esc10 = target in ESC10
    return f"{fold}-{source}-{take}-{target}.wav,{fold},{target},{ESC50[target][0]},{esc10},{source},{take}"


@pytest.fixture
def esc50(tmp_path: Path, sound: Callable, litter: Callable) -> Path:
    """Two clips of each class, every other pair from one recording."""
    root = tmp_path / "ESC-50-master"
    lines = []
    for target in range(50):
        for take in "AB":
            source = 1000 + target if target % 2 else 2000 + 10 * target + ord(take)
            lines.append(line(1 + target % 5, source, take, target))
            sound(root / "audio" / lines[-1].split(",")[0], hertz=200 + 10 * target + ord(take), rate=44_100)
    (root / "meta").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join([HEADER, *sorted(lines), ""]))
    (root / "meta" / "esc50-human.xlsx").write_bytes(b"PK")
    litter(root)
    (root / "audio" / "._1-1001-A-1.wav").write_bytes(b"\0\5\26\7")
    return root


def read(root: Path | None, esc10: bool = False) -> NoiseSet:
    return Esc50(root, esc10).read(Silent())


def edited(root: Path, old: str, new: str) -> None:
    table = root / "meta" / "esc50.csv"
    text = table.read_text()
    assert re.search(old, text)
    table.write_text(re.sub(old, new, text, count=1))


def test_the_published_layout(esc50: Path) -> None:
    noises = read(esc50)
    assert noises.name == "esc50"
    assert Counter(clip.category for clip in noises.clips) == {
        "natural": 40,
        "human": 20,
        "interior": 20,
        "exterior": 20,
    }
    assert Counter(clip.label for clip in noises.clips) == {name: 2 for name, _ in ESC50}
    laughing = noises.heard("laughing")
    assert [clip.id for clip in laughing] == sorted(f"2-{2260 + ord(take)}-{take}-26" for take in "AB")
    assert laughing[0].category == "human"
    assert {clip.source for clip in noises.heard("rooster")} == {"freesound-1001"}
    assert len(noises.clips[0].waveform) == 1_600
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
    assert noises.fingerprint == read(esc50).fingerprint


def test_esc_10_is_the_subset_that_it_names(esc50: Path) -> None:
    noises = read(esc50, esc10=True)
    assert {clip.label for clip in noises.clips} == {ESC50[target][0] for target in ESC10}
    assert noises.fingerprint != read(esc50).fingerprint


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("filename", "file", "no column filename"),
        (",take\n", "\n", "no column take"),
        (",dog,", ",cat,", "'cat' with target '0'"),
        (",50?,dog,|,0,dog,", ",51,dog,", "target '51'"),
        (r",dog,True", ",dog,False", "esc10 'False' for dog"),
        (r",cat,False", ",cat,perhaps", "esc10 'perhaps' for cat"),
        (r"wav,1,0,", "wav,2,0,", "its cells tell '2-"),
        (r",True,(\d+),A", r",True,7\1,A", "its cells tell"),
        (r",A\n", ",A,A\n", "cells"),
        (r",A\n", "\n", "cells"),
        ("(?s)\n.*", "\n", "no lines"),
        ("^", '"', "no table"),
    ],
)
def test_a_table_that_is_wrong(esc50: Path, refusal: Callable, old: str, new: str, said: str) -> None:
    edited(esc50, old, new)
    message = refusal(Esc50(esc50))
    assert "esc50.csv" in message
    assert said in message


def test_a_table_that_is_not_there_or_not_text(esc50: Path, refusal: Callable) -> None:
    (esc50 / "meta" / "esc50.csv").write_bytes(b"\xff\xfe")
    assert "no table" in refusal(Esc50(esc50))
    (esc50 / "meta" / "esc50.csv").unlink()
    assert "esc50.csv: found no such file" in refusal(Esc50(esc50))


def test_files_that_the_table_does_not_have_or_that_are_missing(
    esc50: Path, refusal: Callable, sound: Callable
) -> None:
    sound(esc50 / "audio" / "5-9-A-0.wav")
    assert "5-9-A-0.wav, which esc50.csv does not name" in refusal(Esc50(esc50))
    (esc50 / "audio" / "5-9-A-0.wav").unlink()
    for file in sorted((esc50 / "audio").glob("[1-5]-*-A-*.wav"))[:7]:
        file.unlink()
    message = refusal(Esc50(esc50))
    assert "and 2 more (7 of 100 files missing)" in message
    assert "1-1005-A-5.wav" in message


def test_a_file_that_is_told_twice(esc50: Path, refusal: Callable) -> None:
    edited(esc50, r"(1-1005-A-5.*\n)", r"\1\1")
    assert "two lines for 1-1005-A-5.wav" in refusal(Esc50(esc50))


def test_a_silent_clip(esc50: Path, refusal: Callable, sound: Callable) -> None:
    sound(esc50 / "audio" / "1-1005-A-5.wav", hertz=0.0)
    message = refusal(Esc50(esc50))
    assert "1-1005-A-5.wav" in message
    assert "silence" in message


def test_esc10s_layout(tmp_path: Path, sound: Callable, litter: Callable, refusal: Callable) -> None:
    for name in ("001 - Dog bark", "004 - Baby cry", "010 - Fire crackling"):
        for file in ("1-100-A", "1-100-B", "2-200-A"):
            sound(tmp_path / name / f"{file}.ogg", rate=44_100)
    litter(tmp_path)
    noises = read(tmp_path)
    assert Counter(clip.label for clip in noises.clips) == {"dog": 3, "crying_baby": 3, "crackling_fire": 3}
    assert Counter(clip.category for clip in noises.clips) == {"natural": 6, "human": 3}
    assert noises.clips[0].id == "001 - Dog bark/1-100-A"
    assert noises.clips[0].source == noises.clips[1].source == "freesound-100"
    assert len(read(tmp_path, esc10=True).clips) == 9
    (tmp_path / "007 - Helicopter").mkdir()
    assert "007 - Helicopter" in refusal(Esc50(tmp_path))
    sound(tmp_path / "007 - Helicopter" / "mine.ogg")
    assert "mine.ogg" in refusal(Esc50(tmp_path))
    (tmp_path / "007 - Helicopter").rename(tmp_path / "011 - Kettle")
    assert "011 - Kettle" in refusal(Esc50(tmp_path))


def test_no_class_of_the_subset(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    sound(tmp_path / "102 - Pig" / "1-100-A.ogg")
    assert [clip.label for clip in read(tmp_path).clips] == ["pig"]
    assert "no class of ESC-10" in refusal(Esc50(tmp_path, esc10=True))


def test_no_folder(tmp_path: Path, refusal: Callable) -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        read(None)
    assert "no such folder" in refusal(Esc50(tmp_path / "nowhere"))
    (tmp_path / "README.md").write_text("x")
    message = refusal(Esc50(tmp_path))
    assert "README.md" in message
    assert "meta/esc50.csv" in message


@pytest.mark.skipif(not (DATA / "esc10").is_dir(), reason="the real recordings are not here")
def test_esc10_as_it_stands() -> None:
    noises = read(DATA / "esc10")
    assert Counter(clip.category for clip in noises.clips) == {"natural": 200, "human": 80, "interior": 40}
    assert Counter(clip.label for clip in noises.clips)["crying_baby"] == 40
    for part in ("train", "test"):
        assert noises.part(part).categories == ("human", "interior", "natural")
