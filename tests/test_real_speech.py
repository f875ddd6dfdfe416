"""The main job on real speech and real noise, where they stand beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import run

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="no recordings beside the checkout")]


def test_one_fold_of_emodb_under_esc10_noise(tmp_path: Path) -> None:
    frame = run(
        "cnn_gru:max_epochs=12",  # it knows what is asked of it by then
        "boundary",
        (5, 15, 25),
        corpus="emodb",
        corpus_root=DATA / "emodb",
        noise_bank="folder",
        noise_root=DATA / "esc10",
        fold=3,
        limit=12,
        corr="no",
        out=tmp_path / "run",
    )
    assert len(frame) == 6
    assert frame["clean_uar"].iloc[0] > 0.7  # chance is 0.25
    for _, curve in frame.groupby(["corr", "noises"]):
        assert curve.sort_values("k")["acc_att"].is_monotonic_increasing
        assert curve["acc_att"].max() > 0.5
    kept = sorted((tmp_path / "run" / "cells").iterdir())
    assert len(kept) == 2
    assert json.loads((tmp_path / "run" / "run.json").read_text())["k"] == [5, 15, 25]
