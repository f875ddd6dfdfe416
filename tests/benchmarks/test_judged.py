"""Tables of attacks beside each other: what a row shows, and of which column."""

from __future__ import annotations

from typing import Any

from benchmarks.judged import latest, tables


def cell(attack: str, allowed: str, scores: dict[tuple[str, int], float], defense: str = "none") -> dict[str, Any]:
    own = [
        {"noises": noises, "k": k, "acc_att": figure, "ci95": [figure - 0.1, figure + 0.1]}
        for (noises, k), figure in scores.items()
    ]
    return {
        "victim": "v",
        "defense": defense,
        "attack": attack,
        "threat_model": {"answers": "fooled", "allowed": allowed},
        "clean": {"uar": 0.8, "uar_ci95": [0.7, 0.9]},
        "n": 40,
        "speakers": 4,
        "folds": [0, 1],
        "seeds": [0],
        "scores": own,
    }


def test_each_defence_has_a_table_and_each_attack_the_column_of_what_it_may_try() -> None:
    fair = cell("a", "imperceptible", {("imperceptible", 1): 0.25, ("imperceptible", 5): 0.5})
    wide = cell("b", "additive", {("imperceptible", 1): 0.0, ("additive", 1): 0.5, ("additive", 5): 0.75})
    told = cell("c", "additive", {("all", 1): 0.5}, "d")
    more = cell("e", "additive", {("all", 1): 0.5}, "d") | {"seeds": [0, 1]}
    first, second = "\n".join(tables([fair, told, wide, more], [5])).split("### `v`, `d`")
    assert first.startswith(
        "### `v`, `none`\n\nClean UAR 0.80 [0.70, 0.90]; n = 40 utterances of 4 speakers, folds 0, 1"
    )
    assert "| `a` | fooled | imperceptible | 0.25 | 0.50 [0.40, 0.60] |" in first
    assert "| `b` | fooled | additive | 0.50 | 0.75 [0.65, 0.85] |" in first
    assert "| `c` | fooled | additive | 0.50 |" in second
    assert "| `e`, seeds 0, 1 | fooled | additive | 0.50 |" in second


def test_of_several_runs_the_last_one_s_figures_are_shown() -> None:
    old, new, other = (
        cell(name, "additive", {("all", 1): figure}) for name, figure in (("a", 0.1), ("a", 0.2), ("b", 0.3))
    )
    assert latest([[old, other], [new]]) == [new, other]
