"""P4's Tables 5 and 6: training on clean speech, and with noise mix-up, tested on clean and noisy speech.

Source: the paper's Tables 5 and 6 (`p4_mixup.csv`).

Readings: P4's unweighted accuracy and its weighted recall are the same number in every row, so both are plain accuracy;
here UAR stands beside it. Claims are about accuracy, whose differences are paired. The splits are P4's own, which
leaks, and the speaker-independent one: a table for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from bench.data.splits import LEAKS, split_named
from bench.data.tasks import task_named
from bench.evaluation.plans.options import Options
from bench.scoring.clean_scores import clean_report
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, paired, read, sounds_of
from leaderboards.reproduce.claims import Claim, above, below
from leaderboards.reproduce.contrasts import Term, contrast
from leaderboards.reproduce.facts import facts, share
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P4, Tables 5 and 6: noise mix-up"
MIXUP = "noise_mixup"
TRAININGS = {"clean": BARE, "mixup": MIXUP}
TEST_SETS = {"15 dB": "mixup", "20 dB": "mixup:snr_db=20.0", "40 dB": "mixup:snr_db=40.0"}
"""The noisy test sets, and the attacks that make them, as records name them."""
_PUBLISHED = {"accuracy": "unweighted_accuracy", "precision": "weighted_precision", "F1": "weighted_f1"}
"""P4's columns, by ours."""
_NOTES = (
    "Accuracy is weighted recall, and what P4 calls unweighted accuracy; precision and F1 are weighted by class; "
    "UAR is the mean recall of the classes; [95 % interval].",
    "Published: accuracy, precision, F1, of P4's split and one classroom's noise.",
)


def asked(options: Options) -> list[Options]:
    """Select runs: the three noisy test sets, with both trainings; the clean one is in each of them."""
    return [replace(options, defenses=tuple(TRAININGS.values()), attacks=tuple(TEST_SETS.values()))]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim, task and split."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def _table(found: Answers, victim: str) -> Table:
    split = found.setting.split
    leaks = (f"Split {split}: {LEAKS}.",) if split_named(split).leaks else ()
    rows = tuple(_row(found, victim, training, test) for training in TRAININGS for test in ("clean", *TEST_SETS))
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), (*_NOTES, *leaks))


def _row(found: Answers, victim: str, training: str, test: str) -> dict[str, TableValue]:
    task = found.setting.task
    printed = printed_row(task, training, test)
    rows = _answers(found, victim, training, test)
    ours = scored(rows, "clean" if test == "clean" else "attacked", task_named(task).classes)
    figures: dict[str, TableValue] = {
        f"published {name}": share(printed[column]) if printed else None for name, column in _PUBLISHED.items()
    }
    figures |= {name: ours.get(name) for name in (*_PUBLISHED, "UAR")}
    told = applied(rows) if test != "clean" or rows is None else f"{len(rows)} of {len(rows)}"
    return {"training": training, "test set": test, **figures, "applied to": told}


def printed_row(task: str, training: str, test: str) -> dict[str, str] | None:
    """Return a row of P4's Tables 5 and 6; None where it has none.

    Args:
        task: "ahsn" or "aesn".
        training: "clean" or "mixup".
        test: "clean", "15 dB", "20 dB" or "40 dB".
    """
    wanted = (task.upper(), training, test)
    rows = facts("p4_mixup.csv")
    return next((row for row in rows if (row["dataset"], row["training"], row["test_set"]) == wanted), None)


def _answers(found: Answers, victim: str, training: str, test: str) -> pd.DataFrame | None:
    """The records of a test set; the clean one is in those of every attack."""
    attacks = TEST_SETS.values() if test == "clean" else [TEST_SETS[test]]
    runs = (found.get(victim, TRAININGS[training], attack) for attack in attacks)
    return next((rows for rows in runs if rows is not None), None)


def scored(rows: pd.DataFrame | None, column: str, classes: Sequence[str]) -> dict[str, Estimate]:
    """Estimate accuracy, weighted precision, weighted F1 and UAR; nothing where nothing was answered.

    Args:
        rows: of `Answers`; None where there is no such run.
        column: "clean" or "attacked".
        classes: of the task.
    """
    answered = None if rows is None else rows[rows[column].notna()]
    if answered is None or answered.empty:
        return {}
    told = clean_report(answered.assign(label_before=answered[column]), classes, sounds_of(answered, column))
    return {"accuracy": told.war, "precision": told.weighted_precision, "F1": told.weighted_f1, "UAR": told.uar}


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    def printed(training: str, test: str) -> float | None:
        row = printed_row(found.setting.task, training, test)
        return None if row is None else share(row["unweighted_accuracy"])

    def difference(later: float | None, earlier: float | None) -> float | None:
        return None if later is None or earlier is None else round(later - earlier, 4)

    for test in TEST_SETS:
        lost = Term(_answers(found, victim, "clean", test), "attacked", "clean")
        figure = difference(printed("clean", test), printed("clean", "clean"))
        yield below(f"clean training: noise at {test} costs accuracy", contrast([lost], "war"), figure)
    for test in ("clean", *TEST_SETS):
        both = paired(*(_answers(found, victim, training, test) for training in ("mixup", "clean")))
        columns = ("clean", "other_clean") if test == "clean" else ("attacked", "other_attacked")
        figure = difference(printed("mixup", test), printed("clean", test))
        text = f"mix-up gains accuracy on {'clean speech' if test == 'clean' else f'noise at {test}'}"
        yield above(text, contrast([Term(both, *columns)], "war"), figure)
    left = Term(_answers(found, victim, "mixup", "15 dB"), "attacked", "clean")
    figure = difference(printed("mixup", "15 dB"), printed("mixup", "clean"))
    yield below("mix-up training: noise at 15 dB still costs accuracy", contrast([left], "war"), figure)
