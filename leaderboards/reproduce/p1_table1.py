"""P1's Table 1: what each imperceptible noise costs a victim that was trained on clean speech.

Source and reading of the figures: [`p1_published`][leaderboards.reproduce.p1_published]. A change is **relative**: UAR
on noisy speech / UAR on the same utterances without noise − 1; the difference of UAR stands beside it.

Readings: P1 gives no level for the noises that start and fade out (St); 20 dB is taken, the softest of its others. The
claims are those of section 7.1, and what the figures of the table say of the order of the noises; of each a mean is
tested, not the order of points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bench.evaluation.plans.options import Options
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import Answers, applied, level, read
from leaderboards.reproduce.claims import Claim, below
from leaderboards.reproduce.contrasts import Term, contrast, relative
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.p1_noises import Wanted, environmental, lasting_at, mean_change, named, named_at
from leaderboards.reproduce.p1_published import CATEGORIES, PaperColumn, Published, column_of, published, told
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P1, Table 1: what each noise costs"
_BRITTLE = ("FadeIn", "FadeOut", "Reverb")
_MILD = ("SpeedSeg", "DropW")
_SYNTHETIC = ("SpeedSeg", "FadeIn", "FadeOut", "DropW", "DropLt")


def asked(options: Options) -> list[Options]:
    """Select runs: all the noises, with the defences that are asked for."""
    return [replace(options, attacks=tuple(row.attack for row in published()))]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim, defence and setting."""
    return judged(
        [
            _table(found, victim, defense)
            for found in read(cells)
            for victim, defense in dict.fromkeys((who, around) for who, around, _ in found.of)
        ]
    )


def _table(found: Answers, victim: str, defense: str) -> Table:
    column = column_of(found.setting.task)
    rows = tuple(_row(found, victim, defense, row) for row in published())
    runs = (found.get(victim, defense, row.attack) for row in published())
    clean = level(next((rows for rows in runs if rows is not None), None), "clean")
    notes = (
        f"Clean UAR {clean}. Relative: UAR on noisy speech / on the same utterances without noise − 1; as UAR: the "
        "difference. Over the utterances to which a noise applied; [95 % interval].",
        f"Published: P1's column for {column}, read as relative changes; as UAR: what they come to; read as UAR: the "
        "other reading, in which they are differences.",
        *_correlation(rows, column),
    )
    claims = tuple(_claims(found, victim, defense))
    return Table(PAPER, found.about(victim=victim, defense=defense), rows, claims, notes)


def _row(found: Answers, victim: str, defense: str, paper: Published) -> dict[str, TableValue]:
    rows = found.get(victim, defense, paper.attack)
    cost = [Term(rows, "attacked", "clean")]
    return {
        "noise": paper.noise,
        "SNR": paper.snr_db,
        **paper.change(column_of(found.setting.task)).columns(),
        "relative": relative(cost),
        "as UAR": contrast(cost),
        "applied to": applied(rows),
    }


def _correlation(rows: Sequence[Mapping[str, TableValue]], column: PaperColumn) -> Iterator[str]:
    """How alike the noises are ordered, by Spearman's rank correlation: a description, and no test."""
    both = [
        (ours.value, paper.changes[column])
        for row, paper in zip(rows, published(), strict=True)
        if isinstance(ours := row["relative"], Estimate)
    ]
    if len(both) > 2 and len({ours for ours, _ in both}) > 1:
        ranks = pd.DataFrame(both).rank()  # and not scipy.stats, which takes a second to be imported
        rho = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
        yield f"Rank correlation with P1's column for {column}, of {len(both)} noises: {rho:+.2f}. It is no test."


def _claims(found: Answers, victim: str, defense: str) -> Iterator[Claim]:
    task = found.setting.task

    def costs(wanted: Wanted, times: float = 1.0) -> list[Term]:
        """The mean relative change under those of the noises that applied; none where one of them was not run."""
        asked = [found.get(victim, defense, row.attack) for row in published() if wanted(row)]
        runs = [rows for rows in asked if rows is not None]
        heard = [rows for rows in runs if len(runs) == len(asked) and rows["attacked"].notna().any()]
        return [Term(rows, "attacked", "clean", times / len(heard)) for rows in heard]

    def less(one: Wanted, other: Wanted) -> tuple[Measured | None, float]:
        """By how much more the first kind costs than the second: the mean changes, and P1's."""
        first, second = costs(one), costs(other, -1.0)
        figure = round(mean_change(task, one) - mean_change(task, other), 3)
        return relative([*first, *second]) if first and second else None, figure

    def brittle(row: Published) -> bool:
        return environmental(row) or row.noise in _BRITTLE

    whole = costs(brittle)
    text = "environmental noise, fading and reverberation cost UAR, on average"
    claim = below(text, relative(whole) if whole else None, told("environmental_fading_reverberation", task))
    yield replace(claim, beside=(("mean of Table 1", mean_change(task, brittle)),))
    yield below("they cost more than faster segments and dropped words", *less(brittle, named(*_MILD)))
    for kind in CATEGORIES:
        loud, soft, start = named_at(f"{kind}Co", "0"), named_at(f"{kind}Co", "20"), named(f"{kind}St")
        yield below(f"{kind}: at 0 dB it costs more than at 20 dB", *less(loud, soft))
        yield below(f"{kind}: throughout at 20 dB it costs more than a start that fades out", *less(soft, start))
    synthetic = named(*_SYNTHETIC)
    text = "environmental noise at 20 dB costs more than the synthetic noises but reverberation, on average"
    yield below(text, *less(lasting_at("20"), synthetic))
    text = "reverberation costs more than the other synthetic noises, on average"
    yield below(text, *less(named("Reverb"), synthetic))
    dropped, others = named("DropLt"), named("SpeedSeg", "FadeIn", "FadeOut", "DropW")
    yield below("the other synthetic noises cost more than dropped letters, on average", *less(others, dropped))
