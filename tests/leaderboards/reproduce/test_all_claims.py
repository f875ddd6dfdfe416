"""`bench reproduce claims`: what several tables judged, in one table, corrected together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.scoring.record_files.names import Setting
from bench.scoring.statistics import SpeakerTest, westfall_young
from leaderboards.reproduce.all_claims import read_all
from leaderboards.reproduce.claims import Claim, above, around, below, not_above
from leaderboards.reproduce.evidence import measured
from leaderboards.reproduce.shape import Table, TableSubject, judged


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
    assert [one.verdict for one in read_all([first]).claims] == ["holds", "not tested"]
    second = written("two", stated("it gains", 0.03), stated("it loses", 0.0001, supported=False))
    found = read_all([first, second]).claims
    assert [one.p_own for one in found] == pytest.approx([0.02, None, 0.03, 0.0002])
    assert [one.p_adjusted for one in found] == pytest.approx([0.04, None, 0.04, 0.0003])
    assert [one.verdict for one in found] == ["holds", "not tested", "holds", "does not hold"]
    third = written("three", *(stated(f"claim {number}", 0.04) for number in range(3)))
    assert read_all([first, second, third]).claims[0].verdict == "not decided", "the more is claimed"


def test_claims_of_several_tables_stand_in_one(written: Callable[..., Path], bench_here: Callable) -> None:
    files = [written("one", stated("louder | costs <b>more</b>", 0.02)), written("two", stated("it gains", None, None))]
    said = bench_here("reproduce", "claims", *files)
    assert said.code == 0, said.err
    assert "1 holds · 0 does not hold · 0 not decided · 1 not tested" in said.out
    assert "fold 0, 1 · seed 0, 1, 2 · 60 utterances of 10 speakers" in said.out
    page = bench_here("reproduce", "claims", *files, "--markdown").out
    row = next(line for line in page.splitlines() if "louder" in line)
    assert row.count("|") - row.count("\\|") == 8
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


def of_speakers(mean: float, seed: int, speakers: int = 10) -> Claim:
    """A claim about speakers who agree more or less."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(speakers), 40)
    hits = (rng.random(len(who)) < 0.5 + mean + 0.02 * rng.normal(size=speakers)[who]).astype(float)
    apart: dict[str, Any] = {
        "strata": 0 * who,
        "weights": np.full(len(who), 1 / len(who)),
        "units": np.arange(len(who)),
    }
    figure = measured(hits, 1 - hits, [f"s{one}" for one in who], **apart)
    says = (above, below, not_above, around)[seed % 4]
    return says(f"claim {seed} of {mean}", figure)


def table_of(paper: str, *claims: Claim, corpus: str = "emodb") -> Table:
    about = TableSubject("v", None, Setting(corpus, "esc50", "ahsn", "k-fold", None), (0,), (0, 1), speakers=10, n=400)
    return Table(paper, about, (), claims)


def kept(tmp_path: Path, name: str, tables: list[Table]) -> Path:
    (tmp_path / name).write_text(json.dumps({"schema": 2, "tables": [one.to_json() for one in tables]}))
    return tmp_path / name


def test_sums_of_speakers_go_through_files_and_leave_signs_to_be_flipped_together(tmp_path: Path) -> None:
    tables = [
        table_of("one", *(of_speakers(0.2 * (seed % 2), seed) for seed in range(20))),
        table_of("two", *(of_speakers(-0.2 * (seed % 3 == 0), seed) for seed in range(20, 40))),
    ]
    whole = judged(tables)
    files = [kept(tmp_path, f"{number}.json", judged([one])) for number, one in enumerate(tables)]
    found = read_all(files)
    assert (found.rule, found.without_sums) == ("westfall-young", ())
    assert [one.p_adjusted for one in found.claims] == [one.p_adjusted for table in whole for one in table.claims]
    apart = [judged([one])[0] for one in tables]
    assert [one.p_own for one in found.claims] == [one.p_adjusted for table in apart for one in table.claims]
    decided = [one.verdict for one in found.claims]
    assert {"holds", "does not hold", "not decided"} <= set(decided), "of forty claims, with ten speakers"
    for one in found.claims:
        assert one.p is not None
        assert one.p_own is not None
        assert one.p_adjusted is not None
        assert one.p <= one.p_own <= one.p_adjusted + 1e-12


def test_speakers_of_another_corpus_are_others(tmp_path: Path) -> None:
    tables = [
        judged([table_of("one", of_speakers(0.2, 0), corpus=corpus)]) for corpus in ("emodb:a=1", "emodb", "meld")
    ]
    one, same, other = (kept(tmp_path, f"{number}.json", table) for number, table in enumerate(tables))
    together = [claim.p_adjusted for claim in read_all([one, same]).claims]
    assert together == [claim.p_adjusted for claim in read_all([one]).claims] * 2, "the same test twice is one test"
    apart = [claim.p_adjusted for claim in read_all([one, other]).claims]
    assert all(p is not None and p > q for p, q in zip(apart, together, strict=True) if q is not None)


def test_files_without_sums_leave_holm_s_rule_and_it_says_so(
    written: Callable[..., Path], tmp_path: Path, bench_here: Callable
) -> None:
    new = kept(tmp_path, "new.json", judged([table_of("one", of_speakers(0.2, 0), of_speakers(0.2, 4))]))
    old = written("old", stated("louder costs more", 0.02))
    assert (
        "by signs flipped together (Westfall and Young) over the 2 claims" in bench_here("reproduce", "claims", new).out
    )
    found = read_all([new, old])
    assert (found.rule, found.without_sums) == ("holm", (old,))
    said = bench_here("reproduce", "claims", new, old).out
    assert "p after Holm over the 3 claims with a test: an older version wrote" in said
    assert "old.json" in said


def test_sums_of_unlike_length_are_named(tmp_path: Path, bench_here: Callable) -> None:
    file = kept(tmp_path, "x.json", judged([table_of("one", of_speakers(0.2, 0))]))
    told = json.loads(file.read_text())
    told["tables"][0]["claims"][0]["by_speaker"]["sums"].pop()
    file.write_text(json.dumps(told))
    done = bench_here("reproduce", "claims", file)
    assert done.code == 2
    assert "by_speaker" in done.err


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sums", float("nan"), "the number NaN"),
        ("sums", float("inf"), "the number Infinity"),
        ("speakers", "s1", "a speaker twice"),
        ("student", -0.5, "a number from 0 to 1"),
        ("p", 7.0, "a number from 0 to 1"),
    ],
)
def test_sums_that_are_none_are_named(
    field: str, value: object, said: str, tmp_path: Path, bench_here: Callable
) -> None:
    path = kept(tmp_path, "x.json", judged([table_of("one", of_speakers(0.2, 1))]))
    told = json.loads(path.read_text())
    claim = told["tables"][0]["claims"][0]
    if field in claim["by_speaker"]:
        claim["by_speaker"][field][0] = value
    else:
        claim["lines"][0][field] = value
    path.write_text(json.dumps(told))
    done = bench_here("reproduce", "claims", path)
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert said in done.err
    assert "x.json" in done.err


def test_thousands_of_speakers_take_little_memory() -> None:
    speakers = tuple(f"s{number}" for number in range(3000))
    sums = tuple(np.random.default_rng(0).normal(0.1, 1, len(speakers)).tolist())
    found = westfall_young([SpeakerTest(speakers, sums, 1e-6), SpeakerTest(speakers[:40], sums[:40], 0.9)])
    assert found[0] < 0.01
    assert found[1] > 0.5
