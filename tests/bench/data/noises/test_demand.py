"""DEMAND as it is unpacked, from either release."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.data.noises.demand import Demand
from bench.data.noises.naming import DEMAND

CATEGORIES = {
    "natural": "NFIELD NPARK NRIVER",
    "interior": "DKITCHEN DLIVING DWASHING OHALLWAY OOFFICE",
    "exterior": "SPSQUARE STRAFFIC TBUS TCAR TMETRO",
    "crowd": "PCAFETER PRESTO SCAFE",
    "meeting": "OMEETING",
    "station": "PSTATION",
}
"""P2's café, meeting and station are crowd, meeting and station."""


@pytest.fixture
def demand(tmp_path: Path, sound: Callable, litter: Callable) -> Path:
    """Three environments of two minutes and a half, as the archives of three kinds unpack; sixteen microphones."""
    root = tmp_path / "DEMAND"
    for folder in ("OMEETING", "PSTATION_16k", "SCAFE_48k/SCAFE"):
        sound(root / folder / "ch01.wav", seconds=150, rate=8_000)
        for channel in range(2, 17):
            shutil.copyfile(root / folder / "ch01.wav", root / folder / f"ch{channel:02d}.wav")
        sound(root / folder / "ch05.wav", hertz=900, seconds=150, rate=8_000)
        (root / folder / "._ch01.wav").write_bytes(b"\0\5\26\7")
    litter(root)
    (root / "OMEETING_16k.zip").write_bytes(b"PK")
    (root / "DEMAND.pdf").write_bytes(b"%PDF")
    (root / "notes").mkdir()
    return root


def test_either_release_is_read_from_one_microphone_and_in_halves(demand: Path) -> None:
    noises = Demand(demand).read(Silent())
    assert noises.name == "demand"
    assert {clip.label: clip.category for clip in noises.clips} == {
        "OMEETING": "meeting",
        "PSTATION": "station",
        "SCAFE": "crowd",
    }
    ids = [f"OMEETING/ch01#{half}.{piece}" for half in (1, 2) for piece in (1, 2)]
    assert [clip.id for clip in noises.of("meeting")] == ids
    assert [clip.source for clip in noises.of("meeting")] == ["OMEETING#1"] * 2 + ["OMEETING#2"] * 2
    train, test = noises.part("train"), noises.part("test")
    assert train.categories == test.categories == ("crowd", "meeting", "station")
    assert not {clip.id for clip in train.clips} & {clip.id for clip in test.clips}


def test_another_microphone(demand: Path) -> None:
    first, fifth = (Demand(demand, channel).read(Silent()) for channel in (1, 5))
    assert fifth.clips[0].id == "OMEETING/ch05#1.1"
    assert first.fingerprint != fifth.fingerprint
    assert Demand(demand, 2).read(Silent()).fingerprint != first.fingerprint


@pytest.mark.parametrize("channel", [0, 17])
def test_a_microphone_that_there_is_not(channel: int) -> None:
    with pytest.raises(UsageError, match="'channel'"):
        Demand(channel=channel)


def test_every_environment_has_a_category(tmp_path: Path, sound: Callable) -> None:
    for name in DEMAND:
        sound(tmp_path / name.upper() / "ch01.wav")
    noises = Demand(tmp_path).read(Silent())
    assert {name: " ".join(clip.label for clip in noises.of(name)) for name in CATEGORIES} == CATEGORIES


def test_folders_that_are_wrong(demand: Path, sound: Callable, refusal: Callable) -> None:
    (demand / "OMEETING" / "ch03.wav").unlink()
    message = refusal(Demand(demand, 3))
    assert "OMEETING" in message
    assert "ch01.wav, ch02.wav, ch04.wav" in message
    (demand / "TBUS").mkdir()
    assert "TBUS: found no microphone" in refusal(Demand(demand))
    shutil.rmtree(demand / "TBUS")
    sound(demand / "kitchen" / "ch01.wav")
    assert "kitchen: found no environment of DEMAND; expected DKITCHEN" in refusal(Demand(demand))
    shutil.rmtree(demand / "kitchen")
    sound(demand / "OMEETING_48k" / "ch01.wav")
    assert "a second copy of OMEETING" in refusal(Demand(demand))


def test_a_silent_microphone(demand: Path, sound: Callable, refusal: Callable) -> None:
    sound(demand / "OMEETING" / "ch01.wav", hertz=0.0)
    message = refusal(Demand(demand))
    assert "ch01.wav" in message
    assert "silence" in message


def test_no_folder(tmp_path: Path, sound: Callable, refusal: Callable) -> None:
    with pytest.raises(UsageError, match="--noise-root"):
        Demand().read(Silent())
    assert "no such folder" in refusal(Demand(tmp_path / "nowhere"))
    assert "found nothing" in refusal(Demand(tmp_path))
    sound(tmp_path / "ch01.wav")
    assert "found ch01.wav; expected DEMAND" in refusal(Demand(tmp_path))
