"""P2's Figure 2: error against the percentage of adversarial examples in training.

Source: Latif, Rana, Qadir: Adversarial machine learning and speech emotion recognition, section 5.1. P2 shows the
curves as pictures and prints no figures: there is nothing to set beside ours but the claim.

Readings: as in [`p2_defences`][leaderboards.reproduce.p2_defences]; 0 % is the bare victim. P2 says that the error
decreases significantly with the percentage: that is the slope of the least-squares line through the errors at all
percentages that were trained with, from 10 to 100 %, and not the order of two points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.core.errors import DataError, UsageError
from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.curves import SCORES, Curve, CurveNames, Point, PointError
from leaderboards.reproduce.answers import BARE, Answers, error, level, paired, read
from leaderboards.reproduce.claims import Claim, above
from leaderboards.reproduce.contrasts import Term, contrast, slope
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.p2_defences import NOISES, attack
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P2, Figure 2: error against adversarial examples in training"
PERCENTS = tuple(range(10, 101, 10))
PARAMETER = "percent of adversarial examples"
_NOTES = (
    "Error: 1 − UAR under each noise at ε = 2; [95 % interval]. 0 % is the bare victim.",
    "Claims: the slope of UAR over the percentages, by how much the error falls from 0 to 100 % on the line.",
)


def defense(percent: int) -> str:
    """Name adversarial training at this percentage, as records name it.

    >>> defense(0), defense(30), defense(50)
    ('none', 'adversarial_training:percent=30.0', 'adversarial_training')
    """
    if percent == 0:
        return BARE
    return "adversarial_training" + (f":percent={float(percent)}" if percent != 50 else "")


def asked(options: Options, percents: Sequence[int] = PERCENTS) -> list[Options]:
    """Select runs: the three noises, at each percentage and without.

    Args:
        options: what else is asked for.
        percents: of adversarial examples in training.

    Raises:
        UsageError: a percentage is not from 1 to 100.
    """
    for percent in percents:
        if not 1 <= percent <= 100:
            remedy = "for example --percent 10 --percent 100"
            raise UsageError("--percent", str(percent), "whole numbers from 1 to 100", remedy)
    attacks = tuple(attack(category) for category in NOISES.values())
    return [replace(options, defenses=tuple(defense(percent) for percent in (0, *sorted(percents))), attacks=attacks)]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim and setting."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def curves(cells: Sequence[CellRecords]) -> list[Curve]:
    """Make a curve for each victim, setting and noise."""
    return [
        Curve(_names(found, victim, noise), points)
        for found in read(cells)
        for victim in found.victims()
        for noise, category in NOISES.items()
        if (points := _points(found, victim, category))
    ]


def draw(cells: Sequence[CellRecords], path: Path) -> None:
    """Draw the curves as a picture, as `bench curve` draws them.

    Args:
        cells: finished ones.
        path: a new file, .png, .svg or .pdf.

    Raises:
        DataError: the noises applied to no utterance.
    """
    from leaderboards.curve_plot import draw

    drawn = curves(cells)
    if not drawn:
        expected, remedy = "noise in the utterances, which real noise adds to", "choose a corpus of recorded speech"
        raise DataError("attack real_noise", "nothing to draw", expected, remedy)
    draw(drawn, PARAMETER, path)


def _names(found: Answers, victim: str, noise: str) -> CurveNames:
    """What a curve is called: the attack is the same in all three, and P2's name of the noise tells them apart."""
    return CurveNames(victim, "adversarial_training", attack("crowd"), noise, found.setting, data="")


def _points(found: Answers, victim: str, category: str) -> tuple[Point, ...]:
    rows = {percent: _run(found, victim, percent, category) for percent in _percents(found, victim)}
    return tuple(point for percent, answers in rows.items() if (point := _point(percent, answers)) is not None)


def _point(percent: int, rows: pd.DataFrame | None) -> Point | None:
    heard = None if rows is None else rows[rows["attacked"].notna()]
    if rows is None or heard is None or heard.empty:
        return None
    errors: dict[str, PointError] = {}
    for name in SCORES:
        after, before = (error(level(heard, when, name)) for when in ("attacked", "clean"))
        if after is not None and before is not None:
            errors[name] = PointError(after, before.value)
    return Point(float(percent), errors, applied=len(heard), of=len(rows))


def _run(found: Answers, victim: str, percent: int, category: str) -> pd.DataFrame | None:
    return found.get(victim, defense(percent), attack(category))


def _percents(found: Answers, victim: str) -> list[int]:
    """The percentages that were run, 0 among them."""
    known = {name for who, name, _ in found.of if who == victim}
    return [percent for percent in range(101) if defense(percent) in known]


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, percent) for percent in _percents(found, victim))
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, percent: int) -> dict[str, TableValue]:
    runs = {noise: _run(found, victim, percent, category) for noise, category in NOISES.items()}
    errors = {f"error, {noise}": error(level(rows, "attacked")) for noise, rows in runs.items()}
    return {"adversarial examples": f"{percent} %", **errors, "clean error": error(level(runs["cafe"], "clean"))}


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    trained = [percent for percent in _percents(found, victim) if percent]
    weights = slope([percent / 100 for percent in trained]) if len(trained) > 1 else []

    def trend(categories: Sequence[str]) -> Measured | None:
        """The slope of UAR; that of the bare victim stands in every term, and cancels out."""
        terms = [
            Term(paired(*(_run(found, victim, one, category) for one in (percent, 0))), times=weight / len(categories))
            for percent, weight in zip(trained, weights, strict=bool(weights))
            for category in categories
        ]
        return contrast(terms) if terms else None

    why = "a trend needs two percentages or more"
    text = "the error falls with the percentage of adversarial examples"
    claims = [above(f"{noise}: {text}", trend([category])) for noise, category in NOISES.items()]
    claims.append(above(f"mean of the three noises: {text}", trend(list(NOISES.values()))))
    yield from claims if weights else (replace(claim, untested=why) for claim in claims)
