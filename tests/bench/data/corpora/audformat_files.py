"""A tiny database in audformat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.core.showing.progress import SILENT
from bench.core.types import Dataset
from bench.data.corpora.audformat_folder import Audformat

HEADER = """\
name: small
source: made up
usage: research
languages: [eng]
schemes:
  arousal: {dtype: float, minimum: -1, maximum: 1}
  emotion:
    dtype: str
    labels: [anger, joy, bemused, H]
  code:
    dtype: int
    labels: {0: Sad, 1: something else}
  session:
    dtype: str
    labels:
      s1: {speaker: Ann, room: big}
      s2: {speaker: Bob}
  speaker: {dtype: str, labels: people}
splits:
  dev: {type: dev}
tables:
  emotion:
    type: segmented
    split_id: dev
    columns:
      emotion: {scheme_id: emotion, rater_id: gold}
      arousal: {scheme_id: arousal}
      note: {}
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
      transcription: {}
misc_tables:
  people:
    levels: {speaker: str}
    columns:
      age: {}
"""
EMOTION = """\
file,start,end,emotion,arousal,note
audio/a.wav,0 days,0 days 00:00:00.500000,anger,-1.0,loud
audio/a.wav,0 days 00:00:00.500000,,joy,0.0,
audio/b.wav,0 days,,,0.5,
"""
FILES = "file,speaker,transcription\naudio/a.wav,Ann,Well.\naudio/b.wav,Bob,\n"
PEOPLE = "speaker,age\nAnn,30\nBob,31\n"


def made_root(tmp_path: Path, sound: Callable) -> Path:
    home = tmp_path / "database"
    sound(home / "audio" / "a.wav", 200, 1.0)
    sound(home / "audio" / "b.wav", 300, 0.5)
    for name, text in (("yaml", HEADER), ("emotion.csv", EMOTION), ("files.csv", FILES), ("people.csv", PEOPLE)):
        (home / f"db.{name}").write_text(text, encoding="utf-8")
    return home


def read(root: Path | None, **options: Any) -> Dataset:
    return Audformat(root, **options).read(SILENT)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
