"""Plans of grids: what they say, and the line of what is wrong in them."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from bench.cli.reproduce_tables import OFFERS, Offer
from bench.core.errors import UsageError
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.plan_file import KEYS, read_plan

PLANS = sorted((Path(__file__).parents[4] / "plans").glob("*.yaml"))
WHOLE = """\
# a comment
victim: [cnn_gru, "cnn_gru:hidden=8"]
attack:
  - boundary
  - fade_in
k: 5,15
corr: yes
fold: all
seeds: [0, 1]
noise-root: [a/b, c]
limit: 7
out: here
"""


def plan(tmp_path: Path, text: str, **instead: object) -> list[Options]:
    (tmp_path / "plan.yaml").write_text(text)
    return read_plan(tmp_path / "plan.yaml", **instead)


def wrong(tmp_path: Path, text: str) -> tuple[int, str]:
    """The line that is named, and all that is said."""
    with pytest.raises(UsageError) as caught:
        plan(tmp_path, text)
    where = caught.value.where
    assert where.startswith(f"{tmp_path / 'plan.yaml'}, line ")
    return int(where.split("line ")[1].partition(":")[0]), str(caught.value)


def test_what_it_says_in_the_words_of_a_run(tmp_path: Path) -> None:
    (found,) = plan(tmp_path, WHOLE)
    assert found == Options(
        victims=("cnn_gru", "cnn_gru:hidden=8"),
        attacks=("boundary", "fade_in"),
        ks=(5, 15),
        corr="yes",
        folds=(),
        seeds=(0, 1),
        noise_roots=(Path("a/b"), Path("c")),
        limit=7,
        out=Path("here"),
    )


def test_every_option_of_a_run_can_stand_in_it() -> None:
    from bench.cli.run import RUN

    assert set(KEYS) == set(RUN)
    assert {name: field for name, (field, _) in KEYS.items()} == {name: one.field for name, one in RUN.items()}


def test_a_block_says_what_differs(tmp_path: Path) -> None:
    text = "victim: cnn_gru\nattack: boundary\nk: 25\nout: o\ncells:\n- defense: none\n- {attack: fade_in, k: 1}\n"
    first, second = plan(tmp_path, text)
    assert (first.attacks, first.defenses, first.ks) == (("boundary",), ("none",), (25,))
    assert (second.attacks, second.defenses, second.ks) == (("fade_in",), ("none",), (1,))


def test_a_list_is_written_once(tmp_path: Path) -> None:
    text = "victim: cnn_gru\ncells:\n- attack: &some [gain, dither]\n- attack: *some\n  k: 1\n"
    assert [one.attacks for one in plan(tmp_path, text)] == [("gain", "dither")] * 2


def test_what_is_given_stands_in_the_place_of_what_is_written(tmp_path: Path) -> None:
    (found,) = plan(tmp_path, WHOLE.replace("boundary", "no_such"), attacks=("gain",), limit=2)
    assert (found.attacks, found.limit) == (("gain",), 2)


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("corr: yes", "cor: yes"), 7, "key 'cor'; expected one of victim, defense, attack, k"),
        (("corr: yes", "cor: yes"), 7, "did you mean 'corr'?"),
        (("noise-root", "noise-rot"), 10, "did you mean 'noise-root'?"),
        (("limit: 7", "k: 3"), 11, "key 'k' again, first in line 6"),
        (("k: 5,15", "k: 5,x"), 6, "k: found 'x' in '5,x'"),
        (("limit: 7", "limit: many"), 11, "limit: found 'many'"),
        (("limit: 7", "limit: 0"), 11, "--limit: found 0"),
        (("limit: 7", "limit: [1, 2]"), 11, "limit: found 2 values"),
        (("limit: 7", "limit: {a: 1}"), 11, "limit: found a mapping"),
        (("limit: 7", "limit:"), 11, "limit: found nothing"),
        (("seeds: [0, 1]", "seeds: []"), 9, "an empty list"),
        (("  - fade_in", "  - fade_inn"), 5, "did you mean 'fade_in'?"),
        (("hidden=8", "hiden=8"), 2, "did you mean 'hidden'?"),
        (("corr: yes", "corr: perhaps"), 7, "--corr: found 'perhaps'"),
        (("fold: all", "task: ahsm"), 8, "did you mean 'ahsn'?"),
        (("limit: 7", "cells:\n- defense: non\n"), 12, "--defense: found 'non'"),
        (("limit: 7", "cells:\n- out: there\n"), 12, "out: found it within cells"),
        (("limit: 7", "cells:\n- cells: [1]\n"), 12, "key 'cells'"),
        (("limit: 7", "cells: [1]"), 11, "found '1'; expected a mapping"),
        (("limit: 7", "limit: [7"), 12, "no YAML"),
        (("limit: 7", "\tlimit: 7"), 11, "expected key: value, indented with spaces, not with tabs"),
        (("out: here", "out: 'here"), 13, "no YAML"),
    ],
)
def test_the_line_that_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], line: int, said: str) -> None:
    assert change[0] in WHOLE
    found, message = wrong(tmp_path, WHOLE.replace(*change))
    assert said in message
    assert found == line
    assert "\n" not in message


def test_what_is_missing_is_named_where_it_is_missing(tmp_path: Path) -> None:
    assert wrong(tmp_path, "victim: cnn_gru\n") == (1, wrong(tmp_path, "victim: cnn_gru\n")[1])
    assert "no attack" in wrong(tmp_path, "victim: cnn_gru\n")[1]
    line, said = wrong(tmp_path, "attack: gain\ncells:\n- victim: cnn_gru\n- k: 1\n")
    assert (line, "no victim" in said) == (4, True)


BOMB = b"a: &a [x, x]\n" + b"".join(b"%c: &%c [%s]\n" % (c, c, b"*%c," % (c - 1) * 99) for c in b"bcdef")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"- a\n- b\n", b"just a text", b"[" * 10_000, b"k: &a [*a]", BOMB]
)
def test_what_is_no_plan_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=str(tmp_path / "plan.yaml")):
        read_plan(tmp_path / "plan.yaml")
    with pytest.raises(UsageError, match="nowhere"):
        read_plan(tmp_path / "nowhere.yaml")


# ---- the plans of the papers

Cells = set[tuple[str, str, str, str, int]]


def cells(options: Options) -> Cells:
    """Victim, defence, attack, split and budget of what is asked for; the task is the papers' own."""
    parts = (options.victims, options.defenses, options.attacks)
    return {(*one, options.split, max(options.ks)) for one in product(*parts)}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.name)
def test_a_papers_plan_has_all_that_its_table_needs(offer: Offer) -> None:
    (path,) = (path for path in PLANS if path.name.startswith(offer.name[:2]))
    planned = read_plan(path)
    table = import_module(f"leaderboards.reproduce.{offer.name}")
    whole = Options(victims=offer.victims, attacks=("boundary",), ks=(1,), tasks=offer.tasks, folds=())
    splits = {one.split for one in planned} if offer.name.startswith("p3") else offer.splits
    asked = [one for split in splits for one in table.asked(replace(whole, split=split))]
    assert set().union(*map(cells, asked)) <= set().union(*map(cells, planned))


def test_there_is_a_plan_for_each_paper_and_for_the_boards() -> None:
    assert [path.name[:2] for path in PLANS] == ["bo", "em", "ju", "ju", "ju", "p1", "p2", "p3", "p4", "wh"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f'limit: "{"9" * 5_000}"', "a whole number of at least 1"),
        (f'max-requests: "{"9" * 5_000}"', "a whole number of at least 1"),
        ('plugin: "a\\0b"', "a NUL character"),
        ('out: "a\\0b"', "a NUL character"),
        (f'attack: "{"transfer:attack=" * 500}fade_in"', "components nested too deep"),
    ],
    ids=lambda text: text[:20],
)
def test_what_no_machine_can_take_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    rest = "victim: cnn_gru\n" + "attack: fade_in\n" * (not line.startswith("attack"))
    number, found = wrong(tmp_path, f"{rest}{line}\n")
    assert number == rest.count("\n") + 1
    assert said in found
