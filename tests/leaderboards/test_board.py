"""Leaderboards: who is ranked against whom, ties, and text from outside that stays text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.bells import NAMED, Ring
from bench.scoring.figures.conditions import Score
from bench.scoring.inference.estimates import Estimate
from bench.scoring.pooling import CleanScores
from bench.scoring.record_files.candidates import Candidates
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.names import Setting
from bench.scoring.results import PooledScores, Results
from leaderboards.board import as_csv, write_board
from leaderboards.ranking import BOARD, Board, boards

NAMES = PooledScores(
    victim="v",
    defense="none",
    attack="boundary",
    setting=Setting("emodb", "folder", "ahsn", "k-fold", None),
    n=16,
    speakers=2,
    folds=(0, 1),
    seeds=(0,),
    repeats=1,
    clean=CleanScores(Estimate(0.6, 0.5, 0.7, 16), Estimate(0.6, 0.0, 1.0, 16)),
    scores=(),
    validity_gap=(),
    tests=(),
    perturbed=None,
    candidates=Candidates(400, 400, 200, 90, 10.0),
    bells=(),
    rests_on=RestsOn("c0ffee", "decade", "p1", 10.0, 25, "cpu", "code", {}),
)


def entry(victim: str, robust: float = 0.5, uar: float = 0.6, **changes: Any) -> PooledScores:
    """One pooled entry with one score, under the bells that are named."""
    score = {"corr": False, "noises": "all", "k": 5}
    setting = {name: changes[name] for name in ("corpus", "noise_bank", "task", "split", "limit") if name in changes}
    own = {name: changes[name] for name in ("defense", "attack") if name in changes}
    condition = score | {name: changes[name] for name in score if name in changes}
    told = Score(**condition, acc_att=figure(changes.get("acc_att", 0.25)), robust_accuracy=figure(robust))
    clean = CleanScores(Estimate(uar, uar - 0.1, uar + 0.1, 16), NAMES.clean.war)
    named = replace(NAMES, victim=victim, setting=replace(NAMES.setting, **setting), **own)
    bells = tuple(Ring(NAMED[name], 1.0, changes.get("says", "it rings")) for name in changes.get("bells", ()))
    return replace(named, clean=clean, scores=(told,), bells=bells)


def figure(share: float) -> Estimate:
    return Estimate(share, 0.0, 1.0, 16)


def ranking(*entries: PooledScores) -> list[tuple[int | None, str]]:
    (board,) = boards(Results(pooled=entries))
    return [(None if line.rank is None else line.rank.value, line.victim) for line in board.lines]


def test_the_highest_robust_accuracy_is_first_whatever_acc_att_is() -> None:
    found = ranking(entry("a", 0.5, acc_att=0.1), entry("b", 0.1, acc_att=0.0), entry("c", 0.9, acc_att=0.2))
    assert found == [(1, "c"), (2, "a"), (3, "b")]


def test_a_constant_answer_has_no_rank_and_chance_stands_below_the_others() -> None:
    found = ranking(
        entry("constant", 0.9, bells=["constant-answer", "chance-level"]),
        entry("guesses", 0.8, bells=["chance-level", "few-speakers"]),
        entry("good", 0.2, bells=["few-speakers"]),
        entry("poor", 0.1),
    )
    assert found == [(1, "good"), (2, "poor"), (3, "guesses"), (None, "constant")]
    alone = ranking(entry("constant", 0.9, bells=["constant-answer"]))
    assert alone == [(None, "constant")], "not even where there is nobody else"


def test_equal_figures_share_a_rank() -> None:
    """The one that is better when nobody attacks stands above, and the next rank counts both."""
    found = ranking(entry("a", 0.5, 0.5), entry("b", 0.5, 0.7), entry("c", 0.3), entry("d", 0.8))
    assert found == [(1, "d"), (2, "b"), (2, "a"), (4, "c")]


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 1.0]), st.sampled_from([0.3, 0.6])), min_size=1))
def test_a_rank_is_one_more_than_the_number_of_better_ones(figures: list[tuple[float, float]]) -> None:
    found = ranking(*(entry(f"v{number}", *figure) for number, figure in enumerate(figures)))
    assert len(found) == len(figures)
    for rank, victim in found:
        own = figures[int(victim[1:])][0]
        assert rank == 1 + sum(other > own for other, _ in figures)


@pytest.mark.parametrize(
    "change",
    [
        {"attack": "fade_in"},
        {"corpus": "synthetic"},
        {"noise_bank": "embedded"},
        {"task": "valence3"},
        {"limit": 10},
        {"corr": True},
        {"noises": "imperceptible"},
        {"k": 25},
    ],
    ids=str,
)
def test_only_the_same_setting_is_compared(change: dict[str, Any]) -> None:
    assert set(change) <= set(BOARD)
    found = boards(Results(pooled=(entry("a"), entry("b", **change))))
    assert [[line.victim for line in board.lines] for board in found] == [["a"], ["b"]]
    assert len({board.title for board in found}) == 2, "and the titles say so"


def test_who_had_heard_what_is_attacked_is_not_compared_with_others() -> None:
    """A defence that keeps what it is enrolled with is nearly unbeatable as P1 enrols."""
    other = entry("keeps", 0.9)
    halves = replace(entry("a"), rests_on=replace(NAMES.rests_on, enrolment="halves"))
    found = boards(Results(pooled=(halves, other)))
    assert [[line.victim for line in board.lines] for board in found] == [["a"], ["keeps"]]
    assert ["enrolment paper" in board.title for board in found] == [False, True]


def test_a_defended_victim_is_another_line() -> None:
    (board,) = boards(Results(pooled=(entry("a", 0.2), entry("a", 0.5, defense="multi_condition"))))
    assert [(str(line.rank), line.defense) for line in board.lines] == [
        ("1 [1–2]", "multi_condition"),
        ("2 [1–2]", "none"),
    ]


def test_csv_holds_unrounded_figures() -> None:
    third = 1 / 3
    (line,) = csv.DictReader(io.StringIO(as_csv(boards(Results(pooled=(entry("a", third, acc_att=2 / 3),))))))
    assert float(line["robust_accuracy"]) == third
    assert float(line["acc_att"]) == 2 / 3
    assert (line["n"], line["speakers"], line["folds"], line["seeds"]) == ("16", "2", "2", "1")
    assert line["limit"] == ""


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b\nc",
    "{{ 7 * 7 }}{% raw %}",
    "</td></table><!--",
    "&lt;b&gt;",
    "émotion–7 ✓",
)


RINGS = ("few-speakers",)


class Seen(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["victim", "defense", "attack", "corpus", "noise_bank", "says"])
def test_text_from_outside_stays_text(tmp_path: Path, hostile: str, field: str) -> None:
    plain = entry("plain", bells=RINGS)
    spoilt = replace(plain, victim=hostile) if field == "victim" else entry("plain", bells=RINGS, **{field: hostile})
    written = write_board(Results(pooled=(plain,)), tmp_path / "plain")
    write_board(Results(pooled=(spoilt,)), tmp_path / "hostile")
    pages = [Seen(), Seen()]
    for page, folder in zip(pages, ("plain", "hostile"), strict=True):
        page.feed((tmp_path / folder / "index.html").read_text(encoding="utf-8"))
    assert pages[0].tags == pages[1].tags
    assert hostile in pages[1].text
    (line,) = csv.DictReader(io.StringIO((tmp_path / "hostile" / "leaderboard.csv").read_text(encoding="utf-8")))
    assert line.get(field, hostile) == hostile
    markdown = [(tmp_path / folder / "leaderboard.md").read_text(encoding="utf-8") for folder in ("plain", "hostile")]
    assert len(markdown[0].splitlines()) == len(markdown[1].splitlines())
    rows = [next(row for row in text.splitlines() if row.startswith("| 1")) for text in markdown]
    assert rows[0].count(" | ") == rows[1].count(" | ")
    assert "<" not in markdown[1], "Markdown is rendered as HTML, tags and all"
    assert [path.name for path in written] == ["leaderboard.md", "leaderboard.csv", "index.html"]


def test_nothing_to_rank(tmp_path: Path) -> None:
    for path in write_board(Results(), tmp_path):
        assert path.read_text(encoding="utf-8")
    assert as_csv([]).startswith(",".join(BOARD))
    assert as_csv([]) == as_csv(boards(Results(pooled=(entry("a"),)))).splitlines(keepends=True)[0]


def test_a_title_says_what_is_shared() -> None:
    (board,) = boards(Results(pooled=(entry("a", limit=7, corr=True),)))
    assert isinstance(board, Board)
    for part in ("boundary", "Corr yes", "all noises", "k = 5", "ahsn", "emodb", "folder", "7 utterances"):
        assert part in board.title
