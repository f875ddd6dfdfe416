"""P2's Figure 1: error against the strength of the noise, ε from 0.1 to 2, and how often the attack succeeds.

Source: Latif, Rana, Qadir: Adversarial machine learning and speech emotion recognition, sections 3 and 4, Figure 1 and
its text (`latif2018_text.csv`). The curves are pictures; the text prints their ends.

Readings: error is 1 − UAR. Success is the share of the utterances that are recognised when nobody attacks, and are not
any more under the noise. P2's 72 and 79 % are of the 200 examples that its listeners heard, of which it does not say
how strong the noise was. An utterance without a noise floor has no noise to add to, and is counted as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from bench.evaluation.plans.options import Options
from bench.scoring.figures.dependence import estimated_share
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, error, level, read, sounds_of
from leaderboards.reproduce.claims import Claim, above, untestable
from leaderboards.reproduce.contrasts import Term, contrast, slope
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.figures import Measured
from leaderboards.reproduce.p2_defences import NOISES, attack
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P2, Figure 1: error against the strength of the noise"
EPSILONS = (0.1, 0.5, 1.0, 1.5, 2.0)
_CORPORA = ("FAU-AIBO", "IEMOCAP")


def asked(options: Options) -> list[Options]:
    """Select runs: the three noises at each ε, against the bare victim."""
    attacks = tuple(attack(category, epsilon) for category in NOISES.values() for epsilon in EPSILONS)
    return [replace(options, defenses=(BARE,), attacks=attacks)]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim and setting."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def published(quantity: str, corpus: str) -> float:
    """Return a figure of P2's text, as a share.

    Args:
        quantity: its name in `latif2018_text.csv`.
        corpus: "FAU-AIBO" or "IEMOCAP".

    >>> published("error_at_epsilon_2", "IEMOCAP")
    0.6687
    """
    rows = facts("latif2018_text.csv")
    found = next(row["value"] for row in rows if (row["corpus"], row["quantity"]) == (corpus, quantity))
    return round(float(found) / 100, 6)


def _table(found: Answers, victim: str) -> Table:
    strengths = [(0.0, "clean"), *((epsilon, noise) for noise in NOISES for epsilon in EPSILONS)]
    rows = tuple(_row(found, victim, noise, epsilon) for epsilon, noise in strengths)
    printed = [f"{published('attack_success', corpus):.0%} on {corpus}" for corpus in _CORPORA]
    notes = (
        "Error: 1 − UAR on the utterances to which the noise applied; success: of the utterances recognised without "
        "it, those that are not any more; [95 % interval].",
        f"P2 prints the ends of its curves alone, and a success of {' and '.join(printed)} for the examples of its "
        "listening test.",
    )
    return Table(PAPER, found.about(victim=victim, defense=BARE), rows, tuple(_claims(found, victim)), notes)


def _run(found: Answers, victim: str, noise: str, epsilon: float) -> pd.DataFrame | None:
    return found.get(victim, BARE, attack(NOISES[noise], epsilon))


def _row(found: Answers, victim: str, noise: str, epsilon: float) -> dict[str, TableValue]:
    clean = noise == "clean"
    runs = (_run(found, victim, one, end) for one in NOISES for end in EPSILONS)
    rows = next((run for run in runs if run is not None), None) if clean else _run(found, victim, noise, epsilon)
    quantity = {0.0: "clean_error", 2.0: "error_at_epsilon_2"}.get(epsilon)
    printed = {f"published {name}": published(quantity, name) if quantity else None for name in _CORPORA}
    return {
        "noise": noise,
        "epsilon": f"{epsilon:g}",
        **printed,
        "error": error(level(rows, "clean" if clean else "attacked")),
        "success": None if clean else _success(rows),
        "applied to": "" if clean else applied(rows),
    }


def _success(rows: pd.DataFrame | None) -> Estimate | None:
    right = None if rows is None else rows[rows["attacked"].notna() & (rows["clean"] == rows["label_true"])]
    if right is None or right.empty:
        return None
    lost = right.assign(lost=right["attacked"] != right["label_true"]).reset_index(drop=True)
    return estimated_share(lost, "lost", sounds_of(lost, "attacked"))


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    def trend(noises: Sequence[str]) -> Measured | None:
        """The slope of the error; clean speech stands in every term, and cancels out."""
        return contrast(
            [
                Term(_run(found, victim, noise, epsilon), "attacked", "clean", -weight / len(noises))
                for epsilon, weight in zip(EPSILONS, slope(EPSILONS), strict=True)
                for noise in noises
            ]
        )

    for noise in NOISES:
        yield above(f"{noise}: the error rises with ε", trend([noise]))
    strongest = [Term(_run(found, victim, noise, 2.0), "attacked", "clean", -1 / 3) for noise in NOISES]
    rises = [published("error_at_epsilon_2", name) - published("clean_error", name) for name in _CORPORA]
    text = "at ε = 2 the error is above that on clean speech, mean of the three noises"
    claim = above(text, contrast(strongest), round(sum(rises) / 2, 3))
    yield replace(claim, beside=tuple(zip(_CORPORA, (round(rise, 3) for rise in rises), strict=True)))
    heard = [published("indistinguishable_to_listeners", name) for name in _CORPORA]
    text = "listeners cannot tell the examples from the original"
    untested = untestable(text, "needs listeners: bench listen --study", round(sum(heard) / 2, 3))
    yield replace(untested, beside=tuple(zip(_CORPORA, heard, strict=True)))
