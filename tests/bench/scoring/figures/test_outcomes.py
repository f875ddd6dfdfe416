"""Ranks of a board's entries: as `rank_intervals` has them, also where entries do not share all utterances."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.scoring.bells import NAMED, Ring
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.outcomes import Outcomes, rank_outcomes
from bench.scoring.inference.ranks import Rank, rank_intervals, ranks_of
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import CellRecords
from bench.scoring.results import collect
from leaderboards.ranking import boards

SPEAKERS = [f"s{number // 10}" for number in range(100)]
RESTS = RestsOn("fp", "np", "p1", 10.0, 5, "cpu", "c", {"harness": "h", "serbench": "0", "torch": "2"})


def drawn(shares: Sequence[float]) -> NDArray[np.bool_]:
    """A row an entry: whether each utterance withstood."""
    return np.random.default_rng(4).random((len(shares), len(SPEAKERS))) < np.array(shares)[:, None]


def outcomes(robust: NDArray[np.bool_], repeats: int = 1, sounds: Sequence[str] | None = None) -> Outcomes:
    """Those of one entry, measured so often; of an effect that asks once where there are sounds."""
    places = [{"fold": 0, "seed": 0, "repeat": repeat} for repeat in range(repeats)]
    rows = [
        {**place, "utterance": f"u{number}", "speaker": speaker, "robust": bool(hit)}
        for place in places
        for number, (speaker, hit) in enumerate(zip(SPEAKERS, robust, strict=False))
    ]
    found = pd.DataFrame(rows)
    asked = found.assign(query=1 if sounds else 2, source=[*(sounds or [None] * len(robust))] * repeats)
    held = np.where(found["robust"], "anger", "sadness")  # withstood: recognised, and never attacked successfully
    clean = asked.assign(query=0, source=None, label_true="anger", label_before=held, accepted=False)
    records = PooledRecords.of(pd.concat([clean, asked.assign(label_true="anger", label_before=held, accepted=False)]))
    return Condition(False, "all", records).outcomes(1, "fitted")


def test_ranks_are_those_of_rank_intervals() -> None:
    figures = drawn([0.2, 0.5, 0.55, 0.9])
    found = rank_outcomes(figures.mean(axis=1).tolist(), [outcomes(one) for one in figures], [0] * 4)
    assert found == rank_intervals(figures, SPEAKERS)
    assert [str(one) for one in found] == ["4", "3 [2–3]", "2 [2–3]", "1"]


def test_entries_with_one_sound_are_alike() -> None:
    """As for every other figure of an effect that asks once, the sounds are a sample too."""
    figures = drawn([0.4, 0.6])
    sounds = [f"n{number % 4}" for number in range(len(SPEAKERS))]
    by_sound = outcomes(figures[0], sounds=sounds).less(outcomes(figures[1], sounds=sounds))
    alone = outcomes(figures[0]).less(outcomes(figures[1]))
    assert by_sound is not None
    assert alone is not None
    assert by_sound.value == alone.value
    assert by_sound.freedom != alone.freedom


def test_repeats_of_one_are_averaged_and_pairs_meet_on_what_both_have() -> None:
    figures = drawn([0.3, 0.8])
    whole = outcomes(figures[0]).less(outcomes(figures[1], repeats=3))
    assert whole == outcomes(figures[0]).less(outcomes(figures[1]))
    part = outcomes(figures[0][:70]).less(outcomes(figures[1]))
    assert part == outcomes(figures[0][:70]).less(outcomes(figures[1][:70]))
    assert outcomes(figures[0][:50]).less(outcomes(figures[1])) is None, "five speakers"


def test_nobody_is_told_apart_against_the_figures_or_across_groups() -> None:
    figures = [outcomes(one) for one in drawn([0.1, 0.95])]
    assert [str(one) for one in rank_outcomes([0.1, 0.9], figures, [0, 0])] == ["2", "1"]
    assert [str(one) for one in rank_outcomes([0.9, 0.1], figures, [0, 0])] == ["1 [1–2]", "2 [1–2]"]
    assert [str(one) for one in rank_outcomes([0.1, 0.9], figures, [0, 1])] == ["1", "2"]
    assert rank_outcomes([], [], []) == []


def searched(victim: str, fooled: NDArray[np.bool_]) -> CellRecords:
    """A search that asks twice of each utterance, and succeeds at the second where it does."""
    rows = [
        Row(
            f"u{number}",
            speaker,
            query,
            "anger",
            "anger",
            "sadness" if query == 2 and hit else "anger",
            snr_db=12.0 if query else None,
            imperceptible=True if query else None,
            accepted=bool(query == 2 and hit),
        )
        for number, (speaker, hit) in enumerate(zip(SPEAKERS, fooled, strict=True))
        for query in range(3)
    ]
    names = CellNames(victim, "none", "a", Setting("c", "n", "ahsn", "k-fold", None), fold=0, seed=0)
    about = Description(names, "a", False, ("all",), {}, {}, RESTS, text=victim)
    return CellRecords(victim, about, as_table(rows).to_pandas())


def test_a_board_says_which_ranks_are_open() -> None:
    shares = {"poor": 0.9, "good": 0.5, "alike": 0.5, "best": 0.05}
    fooled = drawn([*shares.values()])
    found = collect([searched(victim, one) for victim, one in zip(shares, fooled, strict=True)], [2])
    few = replace(found, pooled=tuple(replace(entry, bells=()) for entry in found.pooled))
    (board,) = boards(few)
    assert [str(line.rank) for line in board.lines] == ["1", "2 [2–3]", "2 [2–3]", "4"]
    assert board.lines[0].victim == "best"
    chance = (Ring(NAMED["chance-level"], 0.0, ""),)
    guesses = tuple(replace(entry, bells=chance if entry.victim == "best" else ()) for entry in found.pooled)
    (board,) = boards(replace(few, pooled=guesses))
    assert [(str(line.rank), line.victim) for line in board.lines][-1] == ("4", "best")
    assert str(board.lines[0].rank) == "1 [1–2]"


def test_many_entries_are_ranked_as_one_pair_at_a_time_ranks_them() -> None:
    """Pairs on the same places are compared at once: also where sounds are a sample, or others were attacked."""
    rows = drawn((0.1, 0.2, 0.5, 0.55, 0.9, 0.95))
    sounds = [f"n{number % 4}" for number in range(len(SPEAKERS))]
    by_sound = (outcomes(rows[one], sounds=sounds) for one in (0, 3, 5))
    found: list[Outcomes | None] = [*map(outcomes, rows), None, outcomes(rows[0][:60]), *by_sound]
    figures = [*(float(row.mean()) for row in rows), 0.4, float(rows[0][:60].mean()), 0.12, 0.56, 0.99]
    groups = [0] * 7 + [1, 0, 0, 0]
    pairs, p_values = [], []
    for a, b in itertools.combinations(range(len(found)), 2):
        one, other = found[a], found[b]
        less = None if one is None or other is None or groups[a] != groups[b] else one.less(other)
        agree = less is not None and less.value * (figures[a] - figures[b]) > 0
        if groups[a] == groups[b]:
            pairs.append((a, b))
            p_values.append(less.p_value() if less is not None and agree else 1.0)
    alone = ranks_of([figure - group for figure, group in zip(figures, groups, strict=True)], pairs, p_values)
    at_once = rank_outcomes(figures, found, groups)
    assert at_once[7] == Rank(11, 11, 11)
    others = [(one, by) for place, (one, by) in enumerate(zip(at_once, alone, strict=True)) if place != 7]
    assert all((one.value, one.low, one.high + 1) == (by.value, by.low, by.high) for one, by in others)
    assert len({(one.low, one.high) for one in at_once}) > 3
