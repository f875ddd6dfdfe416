"""A tiny copy of FAU Aibo in the published layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.core.showing.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.fau_aibo import FIVE, TWO, WORDS, FauAibo

NAMES = ["Mont_01_000_00", "Mont_25_001_00", "Ohm_01_000_00", "Ohm_01_000_01", "Ohm_32_117_02"]
FIVE_TEXT = "Mont_01_000_00 N 1\nMont_25_001_00 R 0.5\nOhm_01_000_00 A 0.6\nOhm_01_000_01 P 0.8\nOhm_32_117_02 E 0.7\n"
TWO_TEXT = "Mont_01_000_00 IDL 1\nMont_25_001_00 IDL 0.5\nOhm_01_000_00 NEG 0.9\nOhm_32_117_02 NEG 0.7\n"
WORDS_TEXT = (
    "Ohm_01_000_00_00 Aibo T T A N X\n"
    "Ohm_01_000_00_01 stopp T R T N E\n"
    "Ohm_01_000_01_00 gut M M J N N\n"
    "Ohm_01_000_01_01 so X M N X X\n"
    "Ohm_32_117_02_00 X X X X X\n"
    "Ohm_31_000_00_00 geh N N N N N\n"
)
SAID = (
    b"Ohm_01_000_00 Aibo stopp\r\nOhm_01_000_01 gut so l\xe4uft\r\n"
    b"# a remark\r\nOhm_01_000_02 nein\r\nMont_01_000_00\r\n"
)


def label_file(root: Path, name: str) -> Path:
    return root / "labels" / "IS2009EmotionChallenge" / name


def made_root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    root = tmp_path / "IS2009EmotionChallenge"
    for folder in ("wav", "labels/IS2009EmotionChallenge", "labels/CEICES", "transliteration", "segmentation"):
        (root / folder).mkdir(parents=True)
    for index, name in enumerate(NAMES):
        sound(root / "wav" / f"{name}.wav", 200.0 + 30 * index)
    label_file(root, FIVE).write_bytes(FIVE_TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    label_file(root, TWO).write_text(TWO_TEXT)
    (root / "labels" / WORDS).write_text(WORDS_TEXT)
    (root / "transliteration" / "transliteration.txt").write_bytes(SAID)
    strays(
        root / "wav" / "._Ohm_01_000_00.wav",
        root / "wav" / ".DS_Store",
        root / "wav" / "filelist.txt",
        label_file(root, f"._{FIVE}"),
        root / "labels" / "CEICES" / "chunk_labels_4cl_aibo_chunk_set.txt",
        root / "segmentation" / "segmentation.txt",
    )
    return root


def read(root: Path | None, **options: Any) -> Dataset:
    return FauAibo(root, **options).read(Silent())


def by_id(root: Path, **options: Any) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root, **options).utterances}
