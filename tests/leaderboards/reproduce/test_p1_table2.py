"""P1's Table 2, from made records of its own figures and of other ones, and from a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.contracts.variants import P1S
from bench.evaluation.plans.options import Options
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.rows import optional_columns
from bench.scoring.records import CellRecords
from leaderboards.reproduce.p1_table2 import CONDITIONS, KS, asked, published, tables
from leaderboards.reproduce.searches import Under

SPEAKERS, EACH = 10, 100
RESTS = RestsOn("c", "n", "p1", 10.0, 25, "cpu", "code", {})


def searched(shares: Mapping[tuple[Under, int], float], spread: float = 0.0) -> Iterator[CellRecords]:
    """A cell for each condition: so many utterances of each speaker are attacked successfully within each k."""
    for under in CONDITIONS:
        corr, noises = under
        spec = f"boundary:corr={corr},noises={noises}"
        names = CellNames("v", "none", spec, Setting("c", "n", "activation3", "k-fold", None), 0, seed=0)
        about = Description(names, "boundary", corr, (noises,), {}, {}, RESTS, text="")
        rows = []
        for number in range(SPEAKERS):
            more = spread * (number - (SPEAKERS - 1) / 2) * (1 if corr else -1)
            for place in range(EACH):
                within = [k for k in KS if place < round((shares[under, k] + more) * EACH)]
                told = {
                    "utterance": f"{number}-{place}",
                    "speaker": f"s{number}",
                    "label_true": "a",
                    "label_before": "a",
                }
                rows.append({**told, "query": 0, "label_after": "a", "accepted": False, "imperceptible": None})
                last = {"query": within[0] if within else 25, "label_after": "b" if within else "a"}
                rows.append({**told, **last, "accepted": bool(within), "imperceptible": True})
        later = dict.fromkeys(column.name for column in optional_columns())
        yield CellRecords(spec, about, pd.DataFrame(rows).assign(**later))


PAPER = {(under, k): published(under, k) for under in CONDITIONS for k in KS}


def test_the_paper_has_twelve_cells() -> None:
    assert len(set(PAPER)) == 12
    assert (PAPER[(False, "imperceptible"), 5], PAPER[(True, "all"), 25]) == (0.22, 0.58)
    assert set(P1S) == {noises for _, noises in CONDITIONS}


def test_the_paper_s_own_figures_bear_out_its_three_claims() -> None:
    (table,) = tables(list(searched(PAPER)))
    assert [(row["Corr"], row["Noises"]) for row in table.rows] == [
        ("no", "imperceptible"),
        ("yes", "imperceptible"),
        ("no", "all"),
        ("yes", "all"),
    ]
    for row in table.rows:
        for k in KS:
            ours = row[f"Acc_att k={k}"]
            assert isinstance(ours, Estimate)
            assert ours.value == pytest.approx(row[f"published k={k}"])
    assert [claim.verdict for claim in table.claims] == ["holds"] * 8
    assert table.family == 8
    for claim in table.claims:
        assert claim.ours is not None
        assert claim.ours.value == pytest.approx(claim.published, abs=1e-3), claim.text


def test_the_other_way_round_two_of_them_do_not_hold() -> None:
    turned = {((not corr, "all" if noises == "imperceptible" else "imperceptible"), k): share
              for ((corr, noises), k), share in PAPER.items()}  # fmt: skip
    (table,) = tables(list(searched(turned)))
    assert [claim.verdict for claim in table.claims] == ["does not hold"] * 6 + ["holds"] * 2


def test_speakers_who_differ_leave_corr_undecided() -> None:
    (table,) = tables(list(searched(PAPER, spread=0.04)))
    assert [claim.verdict for claim in table.claims[3:6]] == ["not decided"] * 3
    assert [claim.verdict for claim in table.claims[:3]] == ["holds"] * 3


def test_a_condition_that_was_not_run_is_not_told() -> None:
    cells = [cell for cell in searched(PAPER) if not cell.description.corr]
    (table,) = tables(cells)
    assert table.rows[1]["Acc_att k=5"] is None
    assert {claim.verdict for claim in table.claims} == {"not tested"}


def test_it_asks_for_the_main_job() -> None:
    (found,) = asked(Options(victims=("cnn_gru",), attacks=("x",), ks=(1,), corr="no", noises="all"))
    both = ("boundary", "boundary:shift=level,step_db=5.0")
    assert (found.attacks, found.ks, found.corr, found.noises) == (both, (5, 15, 25), "both", "both")


def test_a_run_gives_the_table(bench_here: Any, tiny_job: Callable[..., list[str]], tmp_path: Path) -> None:
    keep = ("--victim", "--corpus", "--noise-", "--out")
    job = ["reproduce", "p1_table2", "--task", "ahsn", "--fold", "0", "--limit", "6"]
    job += [word for word in tiny_job(out=tmp_path / "run") if word.startswith(keep)]
    done = bench_here(*job, "--json", tmp_path / "table.json")
    assert done.code == 0, done.err
    assert "P1, Table 2" in done.out
    table, older = json.loads((tmp_path / "table.json").read_text())["tables"]
    assert table["paper"] != older["paper"], "two readings of what it shifts to"
    assert len(table["rows"]) == len(older["rows"]) == 4
    for row in table["rows"] + older["rows"]:
        figures = [row[f"Acc_att k={k}"]["value"] for k in KS]
        assert figures == sorted(figures), "it never falls as k grows"
    assert all("2 speakers: no test is possible" in claim["why"] for claim in table["claims"])
