"""`bench victims` on real sound files: trained once, measured, handed on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.two_victims import QUICK, tables
from tests.conftest import TINY_VICTIM

SMALL = "channels=4,hidden=4,dense=4,max_epochs=2"


def test_what_is_trained_is_kept(told: Callable, own_cache: Path) -> None:
    asked = {"victim": f"cnn_gru:{SMALL}", "fold": "0,1", "defense": ["none", "multi_condition"], "seeds": "3"}
    first, again = told("train", **asked), told("train", **asked)
    assert first["failed"] == []
    assert [(one["fold"], one["defense"]) for one in first["victims"]] == [
        (fold, defense) for fold in (0, 1) for defense in ("none", "multi_condition")
    ]
    for one, other in zip(first["victims"], again["victims"], strict=True):
        assert one["seconds"] > 0
        assert other == one | {"seconds": None}
        assert (one["utterances"], one["speakers"], one["seed"]) == (48, 6, 3)
        assert (Path(one["folder"]) / "weights.safetensors").is_file()
        assert Path(one["folder"]).is_relative_to(own_cache)
    assert len({one["folder"] for one in first["victims"]}) == 4
    table = tables()
    assert set(first) == table["train {}"]
    assert set(first["victims"][0]) == table["victims[]"]


def test_the_training_table(victims: Callable, own_cache: Path) -> None:
    said = victims("train")
    assert f"victim {QUICK} · defense none\nkept in {own_cache / 'victims'}\n" in said.out
    assert re.search(r"ahsn +0 +0 +48 +6 +\d+\.\d +cnn_gru-\w{20} ", said.out), said.out
    assert "Training cnn_gru" in said.err
    again = victims("train")
    assert re.search(r"ahsn +0 +0 +48 +6 +kept +cnn_gru-\w{20} ", again.out), again.out
    assert "Training" not in again.err


def test_a_run_finds_what_was_trained(
    victims: Callable, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    assert victims("train").code == 0
    said = bench_here(*tiny_job(victim=QUICK, attack="fade_in", k="1", out=tmp_path / "run"))
    assert said.code == 0
    assert "Training" not in said.err


def test_one_that_fails_holds_nobody_up(victims: Callable, own_cache: Path) -> None:
    said = victims("train", victim=[f"broken:{SMALL}", f"cnn_gru:{SMALL}"], fold="all", json="-")
    assert said.code == 1
    found = json.loads(said.out)
    assert len(found["victims"]) == 9
    (failure,) = found["failed"]
    assert failure["error"] == "RuntimeError: no such luck"
    assert "raise RuntimeError" in failure["traceback"]
    assert f"fold {failure['fold']}, seed 0 failed: RuntimeError: no such luck" in said.err
    assert set(failure) == tables()["train failed[]"]


def test_an_interrupted_command_goes_on(
    victims: Callable, told: Callable, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stop").touch()
    asked: dict[str, Any] = {"victim": f"stopped:{SMALL}", "fold": "all"}
    said = victims("train", **asked)
    assert said.code == 130
    assert "interrupted; give the same command again" in said.err
    Path("stop").unlink()
    found = told("train", **asked)["victims"]
    assert [one["seconds"] is None for one in found] == [True, True, False, False, False]


def test_the_figures_are_those_of_a_run(told: Callable, finished_run: tuple) -> None:
    clean = json.loads((finished_run[0].parent / "scores.json").read_text())["cells"][0]["clean"]
    (cell,) = told("evaluate", victim=TINY_VICTIM)["cells"]
    assert {name: cell[name] for name in clean} == clean


def test_folds_and_seeds_are_put_together(told: Callable) -> None:
    found = told("evaluate", fold="all", seeds="0,1")
    (pooled,) = found["pooled"]
    assert [(cell["fold"], cell["seed"]) for cell in found["cells"]] == [(f, s) for s in (0, 1) for f in range(5)]
    assert (pooled["folds"], pooled["seeds"], pooled["n"], pooled["speakers"]) == ([0, 1, 2, 3, 4], [0, 1], 80, 10)
    for name in ("uar", "war", "weighted_precision", "weighted_recall", "weighted_f1", "macro_f1"):
        assert pooled[name] == pytest.approx(sum(cell[name] for cell in found["cells"]) / 10)
        low, high = pooled[f"{name}_ci95"]
        assert 0 <= low < pooled[name] < high <= 1
    counts = pooled["confusion"]["counts"]
    assert [sum(row) for row in counts] == [40] * 4, "each utterance once for each seed"
    assert pooled["war"] == pytest.approx(sum(counts[n][n] for n in range(4)) / 160)


def test_the_json_is_as_documented(told: Callable) -> None:
    found, table = told("evaluate", fold="0,1"), tables()
    cell, pooled = found["cells"][0], found["pooled"][0]
    assert table["evaluate {}"] == set(found)
    assert table["evaluate cells[]"] == set(cell)
    assert set(cell) - set(pooled) == {"fold", "seed"}
    assert set(pooled) <= set(cell)
    assert table["classes[]"] == set(cell["classes"][0])
    assert table["confusion"] == set(cell["confusion"])
    assert table["evaluate rests_on"] == set(cell["rests_on"])


def test_the_table_says_what_the_json_says(victims: Callable, told: Callable) -> None:
    found, said = told("evaluate", fold="0,1"), victims("evaluate", fold="0,1")
    assert "n = 32 utterances of 4 speakers" in said.out
    for entry in (*found["cells"], *found["pooled"]):
        for name in ("uar", "war", "weighted_precision", "weighted_f1", "macro_f1"):
            assert f"{entry[name]:.2f} [{entry[f'{name}_ci95'][0]:.2f}, {entry[f'{name}_ci95'][1]:.2f}]" in said.out
    for one, counts in zip(found["pooled"][0]["classes"], found["pooled"][0]["confusion"]["counts"], strict=True):
        assert re.search(rf"{one['label']} +{one['recall']:.2f} .* {' +'.join(map(str, counts))} ", said.out)


def test_another_corpus(victims: Callable, told: Callable, tmp_path: Path, tiny_corpus: Path) -> None:
    """All of it is tested; the corpus that was trained on is none."""
    other = Path(shutil.copytree(tiny_corpus, tmp_path / "other"))
    for file in (other / "wav").glob("1*"):
        file.unlink()
    found = told("evaluate", test_corpus="emodb", test_corpus_root=other, fold="0,1")
    assert [(cell["n"], cell["speakers"]) for cell in found["cells"]] == [(24, 3)] * 2
    (pooled,) = found["pooled"]
    assert (pooled["n"], sum(map(sum, pooled["confusion"]["counts"]))) == (24, 48)
    rests = pooled["rests_on"]
    assert rests["corpus_fingerprint"] != rests["test_corpus_fingerprint"]
    same = victims("evaluate", test_corpus="emodb", test_corpus_root=tiny_corpus)
    assert same.code == 2
    assert "found the corpus that the victims are trained on" in same.err


def test_one_that_cannot_be_asked_is_noted(victims: Callable) -> None:
    said = victims("evaluate", victim=f"broken:{SMALL}", fold="2")
    assert said.code == 1
    assert said.out == ""
    assert "no such luck" in said.err


@pytest.mark.parametrize("command", ["train", "evaluate", "export", "card"])
def test_help_is_whole(bench_here: Callable, command: str) -> None:
    said = bench_here("victims", command, "--help")
    assert said.code == 0
    assert "--noise-map" in said.out
