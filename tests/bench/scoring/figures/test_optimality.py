"""Which searches are held against each other: each of its own code, on all folds that they attacked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store
from bench.scoring.results import collect

BUDGET, NEVER = 8, 0


def searched(fell: Sequence[int], fold: int = 0) -> list[Row]:
    """Searches of which each fell at some query, or never."""
    rows = []
    for place, query in enumerate(fell):
        said = f"u{fold}-{place}", f"s{fold}-{place // 2}"
        rows.append(Row(*said, 0, "anger", "anger", "anger"))
        for number in range(1, (query or BUDGET) + 1):
            won = number == query
            heard = "neutral" if won else "anger"
            row = Row(*said, number, "anger", "anger", heard, 20.0, "noise", "human", "cough", True, won, additive=True)
            rows.append(row)
    return rows


def gaps(folder: Path, about: dict[str, Any], runs: Sequence[tuple[str, str, int, Sequence[int]]]) -> dict[str, float]:
    """By attack and code the gap, of runs of an attack by some code in some fold."""
    store, named = Store(folder), []
    for number, (attack, code, fold, fell) in enumerate(runs):
        told = {**about, "attack": attack, "attack_base": attack, "fold": fold, "attack_identity": {"code": code}}
        store.write(f"{number:02}", told, searched(fell, fold))
        named += [f"{attack} {code}"] if f"{attack} {code}" not in named else []
    found = collect([*store.cells()], [BUDGET]).optimality
    assert {one.among for one in found} == {len(named)}
    return dict(zip(named, (one.gap.value for one in found), strict=True))


def area(own: Sequence[int], every: Sequence[Sequence[int]]) -> float:
    """The area between the curve of the best and an attack's own, counted at each k."""
    best = [min((one for one in of if one != NEVER), default=NEVER) for of in zip(*every, strict=True)]
    shares = [np.mean([0 < one <= k for one in best]) - np.mean([0 < one <= k for one in own]) for k in range(1, 9)]
    return float(np.mean(shares))


def test_two_versions_of_an_attack_are_two_attacks(tmp_path: Path, about: dict[str, Any]) -> None:
    """In one folder, as after an update: of each utterance the quicker of both counted for the attack."""
    old, new, other = [1, 8, 1, 8, 3, 3], [8, 1, 8, 1, 3, NEVER], [4, 4, 4, 4, 4, 4]
    found = gaps(tmp_path, about, [("x", "1", 0, old), ("x", "2", 0, new), ("y", "1", 0, other)])
    wanted = {name: area(own, (old, new, other)) for name, own in (("x 1", old), ("x 2", new), ("y 1", other))}
    assert found == pytest.approx(wanted)
    assert found["x 1"] > 0


def test_a_fold_in_which_all_fell_at_the_first_query_counts(tmp_path: Path, about: dict[str, Any]) -> None:
    """It looked like an effect that asks once, and was left out of all curves."""
    fast, slow = ([1, 1, 1, 1], [2, 3, 4, NEVER]), ([5, 6, 7, 8], [2, 3, 4, 5])
    runs = [(name, "c", fold, own[fold]) for name, own in (("fast", fast), ("slow", slow)) for fold in (0, 1)]
    found = gaps(tmp_path, about, runs)
    both = [*fast[0], *fast[1]], [*slow[0], *slow[1]]
    assert found == pytest.approx({"fast c": area(both[0], both), "slow c": area(both[1], both)})
    assert found["slow c"] > 0.25
