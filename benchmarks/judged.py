"""Attacks beside each other as tables in Markdown, one for every defence: what docs/attacks/judged.md is made of.

    bench grid plans/judged.yaml --corpus-root DIR --noise-root DIR --seeds 0,1,2
    python -m benchmarks.judged judged

Of each attack the column of what it may try, or the widest that was scored. Figures are pooled over folds and seeds,
with 95 % intervals at the numbers of queries that --intervals names. Of several runs that hold the same attack against
the same victim the last one's figures are shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.api import show
from bench.contracts.threat_models import COUNTED

INTERVALS = (5, 25)


def tables(cells: Sequence[dict[str, Any]], intervals: Sequence[int] = INTERVALS) -> Iterator[str]:
    """Yield the lines of a table for every victim and defence, in the order of the run.

    Args:
        cells: scores as `bench show --json` writes them, pooled ones.
        intervals: at which k an interval is shown.
    """
    for name in dict.fromkeys(_name(cell) for cell in cells):
        own = [cell for cell in cells if _name(cell) == name]
        ks = list(dict.fromkeys(score["k"] for cell in own for score in cell["scores"]))
        clean = own[0]["clean"]
        low, high = clean["uar_ci95"]
        yield f"### {name}"
        yield ""
        yield f"Clean UAR {clean['uar']:.2f} [{low:.2f}, {high:.2f}]; {_rests_on(own[0])}."
        yield ""
        yield "| attack | told | noises | " + " | ".join(f"k = {k}" for k in ks) + " |"
        yield "|---|---|---|" + "---|" * len(ks)
        for cell in own:
            others = "" if cell["seeds"] == own[0]["seeds"] else f", {_listed(cell, 'seeds')}"
            yield _row(cell, others, ks, intervals)
        yield ""


def latest(runs: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Put the cells of several runs together, each attack on each victim once: as the last run has it.

    Args:
        runs: cells of each, pooled ones.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for cell in (cell for cells in runs for cell in cells):
        found[_name(cell), cell["attack"], str(cell["threat_model"])] = cell
    return list(found.values())


def _name(cell: dict[str, Any]) -> str:
    return f"`{cell['victim']}`, `{cell['defense']}`"


def _rests_on(cell: dict[str, Any]) -> str:
    measured = f"{_listed(cell, 'folds')}, {_listed(cell, 'seeds')}"
    return f"n = {cell['n']} utterances of {cell['speakers']} speakers, {measured}"


def _listed(cell: dict[str, Any], name: str) -> str:
    return f"{name} {', '.join(str(one) for one in cell[name])}"


def _row(cell: dict[str, Any], others: str, ks: Sequence[int], intervals: Sequence[int]) -> str:
    model = cell["threat_model"]
    scored = {score["noises"] for score in cell["scores"]}
    column = next(one for one in (model["allowed"], *reversed(COUNTED)) if one in scored)
    found = {score["k"]: score for score in cell["scores"] if score["noises"] == column}
    shown = (_figure(found[k], k in intervals) if k in found else "" for k in ks)
    return f"| `{cell['attack']}`{others} | {model['answers']} | {model['allowed']} | " + " | ".join(shown) + " |"


def _figure(score: dict[str, Any], with_interval: bool) -> str:
    low, high = score["ci95"]
    return f"{score['acc_att']:.2f}" + (f" [{low:.2f}, {high:.2f}]" if with_interval else "")


def main() -> None:
    """Score a run from its records, and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="the --out folder of a bench grid")
    parser.add_argument("--intervals", type=int, nargs="*", default=INTERVALS)
    given = parser.parse_args()
    scored: list[dict[str, Any]] = [show(run).to_json() for run in given.runs]
    print("\n".join(tables(latest([one["pooled"] or one["cells"] for one in scored]), given.intervals)))


if __name__ == "__main__":
    main()
