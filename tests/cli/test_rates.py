"""`bench run` on a corpus of another rate than 16 kHz: what lives on as a file is found at the corpus's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import soundfile

from bench.audio.signal.filters import at_rate


def test_a_run_says_at_which_rate_its_successes_live_on(
    bench_here: Callable, tiny_job: Callable, tiny_corpus: Path, tmp_path: Path
) -> None:
    import torch

    (tmp_path / "telephone" / "wav").mkdir(parents=True)
    for file in sorted((tiny_corpus / "wav").iterdir()):
        samples = at_rate(torch.from_numpy(soundfile.read(file, dtype="float32")[0]), 8_000)[::2]
        soundfile.write(tmp_path / "telephone" / "wav" / file.name, samples.numpy(), 8_000, subtype="PCM_16")
    words = tiny_job(corpus_root=tmp_path / "telephone", corr="no", noises="all", k="4,8", out=tmp_path / "run")
    said = bench_here(*words, f"--json={tmp_path}/scores.json")
    assert said.code == 0, said.err
    (cell,) = json.loads((tmp_path / "scores.json").read_text())["cells"]
    assert cell["rests_on"]["pcm_hz"] == [8_000]
    (records,) = (tmp_path / "run" / "cells").iterdir()
    won = pd.read_parquet(records).query("accepted")
    assert len(won)
    assert won["survives_pcm"].notna().all()
    again = bench_here(*words)
    assert "PCM: at 8 kHz, the corpus's own rate." in again.out
