"""`bench account`, from nothing to its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
PAGE = Path(__file__).parents[2] / "docs" / "defenses" / "account.md"


def fields_of(page: str, heading: str) -> set[str]:
    """The fields in the table under a heading."""
    section = page.split(f"### `{heading}`", 1)[1].split("\n### ", 1)[0]
    return set(re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def account(tiny_corpus: Path, tiny_noises: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("account")
    corpus = ["--corpus", "emodb", "--corpus-root", str(tiny_corpus), "--fold", "0", "--k", "2,4"]
    noises = ["--noise-bank", "folder", "--noise-root", str(tiny_noises), "--out", str(out / "run"), "--white-box", "2"]
    defense = [
        "--victim",
        SMALL,
        "--defense",
        "multi_condition:categories=natural",
        "--json",
        str(out / "account.json"),
    ]
    return ["account", *corpus, *noises, *defense]


def test_the_tables_and_the_json(account: list[str], bench_here: Callable[..., Any]) -> None:
    done = bench_here(*account)
    assert done.code == 0, done.err
    for text in ("clean UAR", "prevented", "through", "seen", "unseen", "unaware", "multi_condition"):
        assert text in done.out, text
    told = json.loads(Path(account[-1]).read_text())
    (found,) = told["accounts"]
    bare, defended = found["lines"]
    assert [one["defense"] for one in told["strongest"]] == ["none", *["multi_condition:categories=natural"] * 2]
    assert "The strongest attack on each defence" in done.out
    assert 0 <= defended["white_box"]["value"] <= defended["attacks"][0]["at"][-1]["robust_accuracy"]["ci95"][1]
    assert "white box (its own gradient, no attack here): robust accuracy" in done.out
    assert [attack["role"] for attack in bare["attacks"]] == ["through"]
    assert [attack["role"] for attack in defended["attacks"]] == ["through", "seen", "unseen", "unaware"]
    assert defended["cost"]["fit_s"] > 0
    assert defended["cost"]["parameters"] == bare["cost"]["parameters"] > 0
    assert [at["k"] for at in defended["attacks"][0]["at"]] == [2, 4]
    page = PAGE.read_text(encoding="utf-8")
    assert set(found) == fields_of(page, "accounts[]")
    assert set(told["strongest"][0]) == fields_of(page, "strongest[]")
    assert set(defended) == fields_of(page, "lines[]")
    assert set(defended["cost"]) == fields_of(page, "cost")
    assert set(defended["clean"]) == fields_of(page, "clean")
    assert set(defended["attacks"][0]) | set(defended["attacks"][0]["at"][0]) == fields_of(page, "attacks[]")


def test_the_tables_fit_eighty_columns(account: list[str], bench_here: Callable[..., Any]) -> None:
    tables = [line for line in bench_here(*account).out.splitlines() if not line.startswith("victim")]
    assert max(map(len, tables)) <= 80
    assert "…" not in "".join(tables)


def test_it_goes_on_where_it_stopped(account: list[str], bench_here: Callable[..., Any]) -> None:
    again = bench_here(*account)
    assert again.code == 0
    assert "Attacking" not in again.err


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--corr", "both"], "--corr"),
        (["--defense", "multi_conditio"], "did you mean"),
        (["--noises", "x"], "--noises"),
    ],
)
def test_bad_input_is_named(account: list[str], bench_here: Callable[..., Any], wrong: list[str], named: str) -> None:
    done = bench_here(*account, *wrong)
    assert done.code == 2
    assert named in done.err
    assert "Traceback" not in done.err


def test_a_victim_that_can_have_none_of_the_defences_is_not_attacked_first(
    bench_here: Callable[..., Any], tmp_path: Path
) -> None:
    wanting = ["--corpus", "emodb", "--corpus-root", str(tmp_path / "nothing")]
    done = bench_here("account", "--victim", "bert_text", "--defense", "rnnoise", *wanting)
    assert done.code == 2
    assert done.err.startswith("bench: defense 'rnnoise': found a victim that perceives text alone")
    assert not done.out


def test_a_defence_that_fails_leaves_the_others(
    account: list[str], bench_here: Callable[..., Any], tmp_path: Path
) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text(
        "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Broken:\n    '''Fails.'''\n\n"
        "    def fit(self, victim, train, valid, context):\n        raise RuntimeError('no')\n\n"
        "    def load(self, victim, folder, context):\n        raise RuntimeError('no')\n\n\n"
        "COMPONENTS = {'defenses': {'broken': Broken}}\n"
    )
    done = bench_here(*account, "--defense", "broken", "--plugin", str(plugin))
    assert done.code == 1
    assert "RuntimeError: no" in done.err
    (found,) = json.loads(Path(account[-1]).read_text())["accounts"]
    assert [line["defense"] for line in found["lines"]] == ["none", "multi_condition:categories=natural"]
