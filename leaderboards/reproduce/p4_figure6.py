"""P4's Figure 6: weighted F1 of noise mix-up beside other ways to train against noise, on three noisy test sets.

Source: the paper's Figure 6, a picture, and its text: mix-up leads the better of two other systems by 9, 6 and 5
points of F1 at 15, 20 and 40 dB (AHSN). Its own bars are Table 6's (`p4_mixup.csv`).

Readings: the two others are systems of their own, with features and networks of their own (Tiwari et al. 2020, noise
from a generative model; Pappagari et al. 2021, CopyPaste), and none of the two is built here: their rows stay empty,
and the claim of 9, 6 and 5 points is not tested. What can be built is what Tiwari et al. call multi-conditioning, on
P4's own victim and with sounds of the noise bank: `multi_condition`. It stands in a row of its own, under its own
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.data.tasks import task_named
from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import Answers, applied, paired, read
from leaderboards.reproduce.claims import Claim, above, untestable
from leaderboards.reproduce.contrasts import Term, contrast
from leaderboards.reproduce.facts import share
from leaderboards.reproduce.p4_mixup import MIXUP, TEST_SETS, printed_row, scored
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P4, Figure 6: mix-up beside other trainings against noise"
CONDITIONS = "multi_condition"
METHODS = {"mixup": MIXUP, "multi-condition": CONDITIONS, "Tiwari et al.": None, "CopyPaste": None}
"""The rows, and the defences that they are here; None is not built."""
LEADS = {"15 dB": 0.09, "20 dB": 0.06, "40 dB": 0.05}
"""By how much mix-up's F1 leads, in the text."""
_NOTES = (
    "F1 is weighted by class; [95 % interval]. Claims are about accuracy, whose differences are paired.",
    "multi-condition: sounds of the noise bank at 0 to 20 dB beside the clean speech, on the same victim; P4 has no "
    "such row. Tiwari et al. and CopyPaste are other systems, which are not built here.",
)


def asked(options: Options) -> list[Options]:
    """Select runs: the three noisy test sets, with both trainings that can be built."""
    return [replace(options, defenses=(MIXUP, CONDITIONS), attacks=tuple(TEST_SETS.values()))]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim, task and split."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, method, test) for method in METHODS for test in TEST_SETS)
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, method: str, test: str) -> dict[str, TableValue]:
    defense, task = METHODS[method], found.setting.task
    rows = None if defense is None else found.get(victim, defense, TEST_SETS[test])
    known = printed_row(task, "mixup", test) if method == "mixup" else None
    ours = scored(rows, "attacked", task_named(task).classes)
    return {
        "method": method,
        "test set": test,
        "published F1": share(known["weighted_f1"]) if known else None,
        "F1": ours.get("F1"),
        "accuracy": ours.get("accuracy"),
        "applied to": "not built" if defense is None else applied(rows),
    }


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    for test, attack in TEST_SETS.items():
        both = paired(found.get(victim, MIXUP, attack), found.get(victim, CONDITIONS, attack))
        text = f"mix-up recognises more than multi-condition training at {test}"
        yield above(text, contrast([Term(both)], "war"))
    for test, lead in LEADS.items():
        text = f"mix-up's F1 leads that of the better of Tiwari et al. and CopyPaste at {test}"
        yield untestable(text, "their systems are not built here", lead)
