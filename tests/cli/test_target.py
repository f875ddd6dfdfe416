"""`bench run --target`: who is attacked, what is a success, and that no table mixes it with any other label."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bench.scoring.records import Store


def test_a_target_is_judged_and_told_apart(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    job = tiny_job(attack="fresh_noises", noises="imperceptible", limit=8, k="2,4", out=tmp_path / "run")
    assert bench_here(*job).code == 0
    said = bench_here(*job, "--target=neutral", "--check", f"--json={tmp_path}/scores.json")
    assert said.code == 0, said.err
    assert "utterances again, same" in said.err
    assert "wants 'neutral' as the answer" in " ".join(said.out.split())
    cells = list(Store(tmp_path / "run").cells())
    free, aimed = sorted(cells, key=lambda cell: cell.description.threat_model.target)
    assert free.key != aimed.key
    assert "target" not in free.description.threat_model.to_json()
    assert aimed.description.threat_model.target == "neutral"
    rows = aimed.rows
    assert "neutral" not in set(rows["label_true"])
    there = set(rows[rows["label_before"] == "neutral"]["utterance"])
    assert set(rows[rows["query"] > 0]["utterance"]) == set(rows["utterance"]) - there
    assert set(rows[rows["accepted"]]["label_after"]) <= {"neutral"}
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert [one["threat_model"].get("target") for one in scores["pooled"]] == ["neutral"]
    again = bench_here("replay", str(tmp_path / "run"), *[word for word in job[1:] if word.startswith("--corpus") or
                       word.startswith(("--noise-", "--victim", "--device"))], "--k=2", "--json=-")  # fmt: skip
    assert again.code == 0, again.err


def test_a_target_that_is_no_class_is_named(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    said = bench_here(*tiny_job(out=tmp_path / "run"), "--target=neutrl")
    assert said.code == 2
    assert "did you mean 'neutral'?" in " ".join(said.err.split())
