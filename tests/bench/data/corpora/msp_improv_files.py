"""A tiny copy of MSP-IMPROV in the published layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.core.showing.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.msp_improv import MspImprov

EVALUATION = """UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.000000; V:3.500000; D:3.000000 ; N:NaN;
session1-part7; Neutral; Neutral,; A:3.0; V:3.0; D:3.0; N:NaN;
WORKER_12; Happy; Happy,Excited (a bit; really),; A:3.0; V:4.0; D:NaN; N:NaN;
WORKER_12; Happy; Happy,Excited (a bit; really),; A:3.0; V:4.0; D:NaN; N:NaN;

UTD-IMPROV-S01A-F01-T-MF01.avi; A; A:1.250000; V:1.500000; D:4.000000 ; N:4.500000;
WORKER_12; Angry; Angry,Frustrated,; A:1.0; V:1.0; D:4.0; N:5.0;

UTD-IMPROV-S01A-M02-S-MF03.avi; X; A:NaN; V:2.000000; D:NaN ; N:3.0;

UTD-IMPROV-S20H-M06-R-MM01.avi; H; A:2.0; V:4.75; D:3.0;
"""
SOUNDS = {
    "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav": ("M01", "improvised"),
    "session1/S01A/T/MSP-IMPROV-S01A-F01-T-MF01.wav": ("F01", "improvised"),
    "session2/S01A/S/MSP-IMPROV-S01A-M02-S-MF03.wav": ("F02", "improvised"),
    "session6/S20H/R/MSP-IMPROV-S20H-M06-R-MM01.wav": ("M06", "scripted"),
}
FIRST, TARGET, DISPUTED, READ = (Path(name).stem for name in SOUNDS)


def made_root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    root = tmp_path / "MSP-IMPROV"
    for index, name in enumerate(SOUNDS):
        sound(root / name, 200.0 + 30 * index, rate=48_000)
    (root / "Evalution.txt").write_bytes(EVALUATION.replace("\n", "\r\n").encode("utf-8-sig"))
    said = root / "Human_transcriptions" / "All_human_transcriptions"
    said.mkdir(parents=True)
    (said / f"{FIRST}.txt").write_bytes(b"How can I\r\nnot? Na\xefve.\r\n")
    (said / f"{TARGET}.txt").write_bytes(b"")
    (said / "MSP-IMPROV-S09N-F01-S-FM09.txt").write_text("Nobody's.")
    strays(
        root / "session1" / "._S01A",
        root / "session1" / "S01A" / "P" / f"._{FIRST}.wav",
        root / "session1" / "S01A" / "P" / f"{FIRST}.avi",
        root / "session1" / "S01A" / ".DS_Store",
        said / f"._{FIRST}.txt",
        root / "readme.txt",
    )
    return root


def read(root: Path | None, **options: Any) -> Dataset:
    return MspImprov(root, **options).read(Silent())


def by_id(root: Path, **options: Any) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root, **options).utterances}


def change(root: Path, old: str, new: str) -> Path:
    path = root / "Evalution.txt"
    assert old in EVALUATION
    path.write_text(EVALUATION.replace(old, new))
    return path
