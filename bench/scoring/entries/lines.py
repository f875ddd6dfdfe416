"""One score with everything that is said beside it: a line of the DataFrame, of a board and of its CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.scoring.figures.conditions import Score
from bench.scoring.figures.contrasts import PairedTest
from bench.scoring.figures.halves import BankHalves
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.inference.p_values import shown_p

if TYPE_CHECKING:
    from bench.scoring.entries.scored import Scored

COLUMNS = (
    *("robust_accuracy", "robust_accuracy_low", "robust_accuracy_high", "acc_att_pcm"),
    *("uar_after", "uar_after_low", "uar_after_high", "uar_before", "applied"),
    *("validity_gap", "validity_gap_low", "validity_gap_high", "p_corr", "p_noises"),
    *("candidates", "candidates_above", "bells", "acc_att_first_half", "acc_att_second_half"),
    *("clean_ccc", "clean_ccc_low", "clean_ccc_high", "ccc", "ccc_low", "ccc_high", "ccc_after", "ccc_before"),
)
"""What the DataFrame and a board's CSV say beside Acc_att and clean UAR."""


def lines(entry: Scored, names: dict[str, object]) -> Iterator[dict[str, object]]:
    """Lay out an entry as flat lines, one for each of its scores: the rows of the DataFrame.

    Args:
        entry: of one cell, or pooled.
        names: what comes first in each line.
    """
    uar = entry.clean.uar
    clean = {
        "clean_uar": None if uar is None else uar.value,
        "clean_war": entry.clean.war.value,
        "speakers": entry.speakers,
    }
    for score in entry.scores:
        condition = {
            "threat_model": str(entry.threat_model),
            "corr": score.corr,
            "noises": score.noises,
            "k": score.k,
            "acc_att": score.acc_att.value,
        }
        interval = {"ci95_low": score.acc_att.low, "ci95_high": score.acc_att.high, "n": score.acc_att.n}
        yield {**names, **clean, **condition, **interval, **columns(entry, score)}


def columns(entry: Scored, score: Score) -> dict[str, object]:
    """Return what is said beside Acc_att and clean UAR, by the names of columns; None where there is nothing to say.

    Args:
        entry: what the score belongs to.
        score: one of its scores.
    """
    pcm, gap, told = score.acc_att_pcm, gap_of(entry, score), entry.perturbed
    tests = {test.compared: test.p_holm for test in tests_of(entry, score)}
    halves = halves_of(entry, score)
    uar, ccc = (None, None) if told is None else (told.uar, told.ccc)
    after = (
        *_spread(None if uar is None else uar.after),
        *(None if uar is None else uar.before, None if told is None else told.applied),
    )
    clean_ccc = None if entry.clean.numbers is None else entry.clean.numbers.ccc
    values = (
        *(*_spread(score.robust_accuracy), None if pcm is None else pcm.value),
        *after,
        *(*_spread(gap), tests.get("corr"), tests.get("noises")),
        *(entry.candidates.asked, entry.candidates.above, ", ".join(ring.bell.name for ring in entry.bells)),
        *((None, None) if halves is None else (halves.acc_att["first"].value, halves.acc_att["second"].value)),
        *(*_spread(clean_ccc), *_spread(score.ccc)),
        *((None, None) if ccc is None else (ccc.after.value, ccc.before)),
    )
    return dict(zip(COLUMNS, values, strict=True))


def gap_of(entry: Scored, score: Score) -> Difference | None:
    """Return the validity gap under a score's Corr at its k; None where the attack was not run with both noises.

    Args:
        entry: what the score belongs to.
        score: one of its scores.
    """
    return next((one.gap for one in entry.validity_gap if (one.corr, one.k) == (score.corr, score.k)), None)


def halves_of(entry: Scored, score: Score) -> BankHalves | None:
    """Return what a score's search found with either half of its sounds; None where it was not run with them.

    Args:
        entry: what the score belongs to.
        score: one of its scores.
    """
    where = (score.corr, score.noises, score.k)
    return next((one for one in entry.bank_halves if (one.corr, one.noises, one.k) == where), None)


def tests_of(entry: Scored, score: Score) -> list[PairedTest]:
    """Return the tests that a score takes part in: of Corr under its noises, of noises under its Corr, at its k.

    Args:
        entry: what the score belongs to.
        score: one of its scores.
    """
    here = [test for test in entry.tests if test.k == score.k]
    of_corr = [test for test in here if test.compared == "corr" and test.noises == score.noises]
    compared = score.noises in ("all", "imperceptible")
    return of_corr + [test for test in here if test.compared == "noises" and compared and test.corr == score.corr]


def plain_p(p: float | None) -> str:
    """Write a p-value as tables print it: without a sign of relation unless it is needed, and never as 0.

    >>> plain_p(0.04), plain_p(0.0), plain_p(None)
    ('0.040', '< 0.001', '–')
    """
    return "–" if p is None else shown_p(p).removeprefix("= ")


def _spread(figure: Estimate | None) -> tuple[float | None, ...]:
    """A figure and its interval as three columns."""
    return (None,) * 3 if figure is None else (figure.value, *figure.ci95)
