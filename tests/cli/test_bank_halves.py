"""`bench run --bank-halves`: two more searches, with disjoint sounds, and the first one's records as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.core.showing.progress import SILENT
from bench.core.types import Half
from bench.data.noises.folder import Folder
from bench.scoring.records import Store


def clips_in(rows: pd.DataFrame) -> set[str]:
    recipes = (json.loads(one) for one in rows["recipe"].dropna())
    return {part["overlay"] for recipe in recipes for part in recipe if "overlay" in part}


def test_either_half_is_searched_with_its_own_sounds(
    bench_here: Callable, tiny_job: Callable, tiny_noises: Path, tmp_path: Path
) -> None:
    words = tiny_job(
        attack=["boundary", "white_noise"], corr="yes", noises="all", limit=8, k="2,4", out=tmp_path / "run"
    )
    assert bench_here(*words).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run" / "cells").iterdir()}
    said = bench_here(*words, "--bank-halves", f"--json={tmp_path}/scores.json")
    assert said.code == 0, said.err
    assert said.err.count("Attacking with boundary:corr=true ...") == 2, (
        "one search, with either half; what asks once has its sounds as clusters"
    )
    cells = list(Store(tmp_path / "run").cells())
    assert len(cells) == 4
    assert all(path.read_bytes() == content for path, content in before.items())
    test = Folder(tiny_noises).read(SILENT).part("test")
    found: dict[Half | None, set[str]] = {}
    for cell in cells:
        if cell.description.attack_base == "boundary":
            found[cell.description.names.half] = clips_in(cell.rows)
    assert set(found) == {None, "first", "second"}
    assert not found["first"] & found["second"]
    for half in ("first", "second"):
        assert found[half]
        assert found[half] <= {clip.id for clip in test.half(half).clips}
    entry = next(one for one in json.loads((tmp_path / "scores.json").read_text())["pooled"] if one["bank_halves"])
    assert entry["attack"] == "boundary"
    assert [one["k"] for one in entry["bank_halves"]] == [2, 4]
    again = bench_here("show", tmp_path / "run")
    for one in entry["bank_halves"]:
        for half in ("first", "second"):
            low, high = one[half]["ci95"]
            assert f"{one[half]['acc_att']:.2f} [{low:.2f}, {high:.2f}]" in again.out
    assert "second half" in again.out
    assert max(map(len, again.out.splitlines()[4:12])) <= 80


def test_a_bank_that_cannot_be_halved_is_refused_before_anything_is_trained(
    bench_here: Callable, tiny_job: Callable, tiny_noises: Path, tmp_path: Path, own_cache: Path
) -> None:
    for category in ("natural", "human"):
        (tmp_path / "few" / category).mkdir(parents=True)
        for number in range(2):
            sound = (tiny_noises / category / f"{number}.wav").read_bytes()
            (tmp_path / "few" / category / f"{number}.wav").write_bytes(sound)
    said = bench_here(*tiny_job(noise_root=tmp_path / "few", out=tmp_path / "run"), "--bank-halves")
    assert said.code == 2
    assert "one for either half" in said.err
    assert not (own_cache / "victims").exists()
