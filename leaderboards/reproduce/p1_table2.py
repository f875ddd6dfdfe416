"""P1's Table 2: Acc_att of the decision-boundary attack, by Corr, Noises and k.

Source: section 7.4 and Table 2 (`best_practices_table2.csv`), the paper's headline. It is the main job of `bench run`,
in the paper's shape. What the attack shifts to once it has changed the label is a reading, and both stand in a table
of their own: other options of the category, and the same sound one level softer.

Readings: P1 prints one table and does not say whether it is of activation or of valence; it stands beside both. Its
three claims are tested as means: all noises against the imperceptible ones at each k, over both Corr; Corr against none
at each k, over both Noises; more queries against fewer, over all four. Acc_att cannot fall as k grows, since it is read
off one run: that claim says no more than that the additional queries are of use.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bench.contracts.variants import P1S
from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.claims import Claim, above
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.searches import Searches, Under, read
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P1, Table 2: the decision-boundary attack"
ATTACK = "boundary"
READINGS = {ATTACK: "shifts to other options", f"{ATTACK}:shift=level,step_db=5.0": "the same sound softer"}
"""By the attack's spec: what it does once the label has changed."""
KS = (5, 15, 25)
CONDITIONS: tuple[Under, ...] = tuple((corr, noises) for noises in reversed(P1S) for corr in (False, True))
"""Corr and Noises, in the order of the paper."""
_NOTES = (
    "Acc_att: share of utterances whose label was changed at an SNR above 10 dB within k label-only queries; higher is "
    "worse for the victim; [95 % interval].",
    "Published: IEMOCAP; P1 does not say whether activation or valence.",
)


def asked(options: Options) -> list[Options]:
    """Select runs: the attack with and without Corr, with all noises and the imperceptible ones, up to 25 queries,
    in both readings."""
    return [replace(options, attacks=tuple(READINGS), ks=KS, corr="both", noises="both")]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim, defence and setting, and each reading that was run."""
    return judged([_table(found, told) for attack, told in READINGS.items() for found in read(cells, attack)])


def published(under: Under, k: int) -> float:
    """Return a cell of the paper's table.

    Args:
        under: Corr and Noises.
        k: 5, 15 or 25.

    >>> published((True, "all"), 25)
    0.58
    """
    wanted = ("yes" if under[0] else "no", under[1], str(k))
    rows = facts("best_practices_table2.csv")
    return next(float(row["acc_att"]) for row in rows if (row["corr"], row["noises"], row["k"]) == wanted)


def _table(found: Searches, told: str) -> Table:
    rows = tuple(_row(found, under) for under in CONDITIONS)
    return Table(f"{PAPER} ({told})", found.about(), rows, tuple(_claims(found)), _NOTES)


def _row(found: Searches, under: Under) -> dict[str, TableValue]:
    names: dict[str, TableValue] = {"Corr": "yes" if under[0] else "no", "Noises": under[1]}
    printed: dict[str, TableValue] = {f"published k={k}": published(under, k) for k in KS}
    return names | printed | {f"Acc_att k={k}": found.acc_att(under, k) for k in KS}


def _claims(found: Searches) -> Iterator[Claim]:
    def difference(text: str, parts: Sequence[tuple[float, Under, int]]) -> Claim:
        figure = round(sum(times * published(under, k) for times, under, k in parts), 3)
        return above(text, found.contrast(parts), figure)

    def halves(k: int, positive: Callable[[Under], bool]) -> list[tuple[float, Under, int]]:
        return [(0.5 if positive(under) else -0.5, under, k) for under in CONDITIONS]

    for k in KS:
        parts = halves(k, lambda under: under[1] == "all")
        yield difference(f"k={k}: the attack succeeds more often with all noises than with imperceptible ones", parts)
    for k in KS:
        parts = halves(k, lambda under: under[0])
        yield difference(f"k={k}: it succeeds more often where the attacker knows what each noise costs (Corr)", parts)
    for fewer, more in itertools.pairwise(KS):
        parts = [(times, under, k) for times, k in ((0.25, more), (-0.25, fewer)) for under in CONDITIONS]
        yield difference(f"it succeeds more often within {more} queries than within {fewer}", parts)
