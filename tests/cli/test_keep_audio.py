"""`bench run --keep-audio`: adversarial sounds as WAV files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from bench.evaluation.kept_audio import first_successes


def test_the_first_successes_are_kept_with_their_originals(
    finished_run: tuple[Path, Any], tiny_job: Callable, bench_here: Callable, tmp_path: Path, tiny_corpus: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished_run[0], out)
    job = tiny_job(out=out, corr="no", noises="all")
    said = bench_here(*job, "--keep-audio", "2")
    assert said.code == 0, said.err
    (folder,) = (out / "audio").iterdir()
    assert f"kept 2 adversarial sounds in {folder}" in said.err, "of a cell that was done before"
    assert (out / "cells" / f"{folder.name}.parquet").is_file()
    with (folder / "sounds.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert len(told) == 2
    assert len(list(folder.glob("*.wav"))) == 4
    for line in told:
        assert line["label_before"] != line["label_after"]
        attacked, rate = soundfile.read(folder / line["file"])
        original, same = soundfile.read(folder / line["file"].replace("attacked", "original"))
        assert rate == same == 16_000
        recorded, _ = soundfile.read(tiny_corpus / "wav" / f"{line['utterance']}.wav")
        assert np.array_equal(original, recorded)
        if not line["snr_db"]:
            assert len(attacked) != len(original), "what changes the length has no SNR"
            continue
        snr_db = 10 * np.log10(np.square(original).sum() / np.square(attacked - original).sum())
        assert snr_db == pytest.approx(float(line["snr_db"]), abs=0.05)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    damaged = folder / told[0]["file"]
    damaged.write_bytes(damaged.read_bytes()[:-2])
    assert bench_here(*job, "--keep-audio", "2").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_number_of_at_least_one(tiny_job: Callable, bench_here: Callable) -> None:
    said = bench_here(*tiny_job(), "--keep-audio", "0")
    assert said.code == 2
    assert "--keep-audio: found 0; expected at least 1" in said.err


def test_which_rows_are_successes() -> None:
    rows = pd.DataFrame(
        [
            ("b", 1, False, None),
            ("b", 2, True, False),
            ("b", 3, True, True),
            ("b", 4, True, True),
            ("a", 1, True, None),
            ("c", 2, True, True),
            ("d", 1, False, None),
        ],
        columns=["utterance", "query", "accepted", "survives_pcm"],
    )
    found = first_successes(rows, 2)
    assert list(zip(found["utterance"], found["query"], strict=True)) == [("b", 3), ("a", 1)]
    assert len(first_successes(rows, 9)) == 3
