"""`bench reproduce claims`: what several tables judged, in one table, corrected together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaderboards.reproduce.all_claims import read_all


def stated(claim: str, p: float | None, supported: bool | None = True, **more: Any) -> dict[str, Any]:
    """A claim as a table's JSON has it."""
    ours = None if p is None else {"value": 0.1, "ci95": [0.05, 0.15]}
    why = "2 speakers: no test is possible below 6" if p is None else None
    return {"claim": claim, "published": 0.2, "ours": ours, "p": p, "supported": supported, "why": why} | more


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write the JSON of a table with some claims."""

    def write(name: str, *claims: dict[str, Any], corpus: str = "emodb") -> Path:
        about = {"victim": "cnn_gru", "corpus": corpus, "noise_bank": "esc50", "task": "ahsn", "split": "k-fold"}
        pooled = {"folds": [0, 1], "seeds": [0, 1, 2], "speakers": 10, "n": 60}
        table = {"paper": f"P1, {name}", **about, "limit": None, **pooled, "claims": list(claims)}
        (tmp_path / f"{name}.json").write_text(json.dumps({"schema": 2, "tables": [table]}))
        return tmp_path / f"{name}.json"

    return write


def test_all_claims_are_one_family(written: Callable[..., Path]) -> None:
    first = written("one", stated("louder costs more", 0.02), stated("nothing to test", None, None))
    assert [one.verdict for one in read_all([first])] == ["holds", "not tested"]
    second = written("two", stated("it gains", 0.03), stated("it loses", 0.0001, supported=False))
    found = read_all([first, second])
    assert [one.p_holm for one in found] == pytest.approx([0.04, None, 0.04, 0.0003])
    assert [one.verdict for one in found] == ["holds", "not tested", "holds", "does not hold"]
    third = written("three", *(stated(f"claim {number}", 0.04) for number in range(3)))
    assert read_all([first, second, third])[0].verdict == "not decided", "the more is claimed"


def test_the_table(written: Callable[..., Path], bench_here: Callable) -> None:
    files = [written("one", stated("louder | costs <b>more</b>", 0.02)), written("two", stated("it gains", None, None))]
    said = bench_here("reproduce", "claims", *files)
    assert said.code == 0, said.err
    assert "1 holds · 0 does not hold · 0 not decided · 1 not tested" in said.out
    assert "fold 0, 1 · seed 0, 1, 2 · 60 utterances of 10 speakers" in said.out
    page = bench_here("reproduce", "claims", *files, "--markdown").out
    row = next(line for line in page.splitlines() if "louder" in line)
    assert row.count("|") - row.count("\\|") == 7
    assert "<b>" not in row
    told = json.loads(bench_here("reproduce", "claims", *files, "--json", "-").out)
    assert told["verdicts"]["holds"] == 1
    assert told["claims"][0]["ours"] == {"value": 0.1, "ci95": [0.05, 0.15]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[]", "a JSON object"),
        ('{"tables": 3}', "field tables with a whole number"),
        ('{"tables": [{"claims": []}, 7]}', "a list of other things"),
        ('{"tables": [{"paper": "P1", "claims": [{}]}]}', "no field tables[0]."),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_table_is_named(text: str, said: str, tmp_path: Path, bench_here: Callable) -> None:
    (tmp_path / "x.json").write_text(text)
    done = bench_here("reproduce", "claims", tmp_path / "x.json")
    assert done.code == 2
    assert said in done.err
    assert "x.json" in done.err
    assert "Traceback" not in done.err


def test_a_claim_counts_once(written: Callable[..., Path], bench_here: Callable) -> None:
    file = written("one", stated("louder costs more", 0.02))
    done = bench_here("reproduce", "claims", file, file)
    assert done.code == 2
    assert "twice" in done.err
    other = written("one", stated("louder costs more", 0.02), corpus="synthetic")
    assert bench_here("reproduce", "claims", other).code == 0
