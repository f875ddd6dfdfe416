"""`bench run --check`: cells attacked again, in another order and other batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[1] / "bench" / "referee" / "forgetful.py"


def test_finished_cells_are_attacked_again(tiny_job: Callable, bench_here: Callable, tmp_path: Path) -> None:
    job = tiny_job(
        victim="contrary",
        attack=["boundary:corr=false,noises=all", "keeps_globally"],
        plugin=PLUGIN,
        k="3",
        out=tmp_path / "run",
        limit=8,
    )
    plain = bench_here(*job)
    assert (plain.code, "again" in plain.err) == (0, False)
    said = bench_here(*job, "--check", "--check-limit", "6")
    assert said.code == 1
    assert said.err.count("checked: 6 utterances again, same (victim contrary") == 1, "finished before: checked as well"
    (failed,) = [line for line in said.err.splitlines() if line.startswith("bench: a cell failed: ")]
    for words in ("attack 'keeps_globally' on utterance '", "query 1: found recipe '", "docs/threat_model.md#rounds"):
        assert words in failed
    assert "keeps_globally" not in said.out, "it has no figures"
    assert "attack boundary" in said.out
    shown = bench_here("show", tmp_path / "run")
    assert "attack 'keeps_globally' on utterance" in shown.err
    assert "victim contrary · defense none · attack keeps_globally" not in shown.out


def test_all_utterances_are_attacked_again_where_asked(
    tiny_job: Callable, bench_here: Callable, tmp_path: Path
) -> None:
    job = tiny_job(victim="contrary", attack="fade_in", plugin=PLUGIN, k="1", out=tmp_path / "run")
    said = bench_here(*job, "--check", "--check-limit", "all")
    assert said.code == 0, said.err
    assert "checked: 16 utterances again, same" in said.err


@pytest.mark.parametrize("limit", ["0", "some"])
def test_how_many_is_a_number_or_all(limit: str, tiny_job: Callable, bench_here: Callable) -> None:
    said = bench_here(*tiny_job(), "--check", "--check-limit", limit)
    assert said.code == 2
    assert "--check-limit" in said.err
    assert "or all" in said.err


def test_the_help_says_what_it_is_for(bench_here: Callable) -> None:
    said = bench_here("run", "--help")
    assert "--check" in said.out
    assert "--no-check" not in said.out
    assert "Attack again in another order" in " ".join(said.out.split())
