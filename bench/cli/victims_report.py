"""Trained victims and their figures on clean speech, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.cli.report import listed, speakers
from bench.cli.tables import narrow_table, print_table
from bench.data.splits import LEAKS, split_named
from bench.scoring.record_files.names import few_say_little

if TYPE_CHECKING:
    from rich.table import Table

    from bench.core.showing.consoles import PlainConsole
    from bench.scoring.clean_numbers import NumbersReport
    from bench.scoring.clean_scores import CleanReport
    from bench.studies.clean_scoring import CleanScoring
    from bench.studies.training_jobs import KeptVictim


def _console() -> PlainConsole:
    from bench.core.showing.consoles import PlainConsole

    return PlainConsole()


def show_trained(victims: Sequence[KeptVictim]) -> None:
    """Print a line for each victim: what it was trained on, for how long, and where it is kept."""
    console = _console()
    groups: dict[tuple[str, str, str], list[KeptVictim]] = {}
    for one in victims:
        groups.setdefault((one.victim, one.defense, str(one.folder.parent)), []).append(one)
    for (victim, defense, home), group in groups.items():
        for line in ("", f"victim {victim} · defense {defense}", f"kept in {home}"):
            console.print(line, soft_wrap=True)
        print_table(console, _trainings(group))


def _trainings(group: Sequence[KeptVictim]) -> Table:
    table = narrow_table()
    for title in ("task", "fold", "seed", "utterances", "speakers", "seconds", "folder"):
        table.add_column(title, overflow="fold", justify="left" if title in ("task", "folder") else "right")
    for one in group:
        seconds = "kept" if one.seconds is None else f"{one.seconds:.1f}"
        counts = map(str, (one.fold, one.seed, one.utterances, one.speakers))
        table.add_row(one.task, *counts, seconds, one.folder.name)
    return table


def show_reports(cells: Sequence[CleanScoring], pooled: Sequence[CleanScoring]) -> None:
    """Print for each victim, defence and task the figures on clean speech, and who was taken for whom.

    Args:
        cells: a report for each fold and seed.
        pooled: a report for all of them together.
    """
    console = _console()
    for entry in pooled:
        console.print()
        for line in headline(entry):
            console.print(line, soft_wrap=True)
        own = [one for one in cells if (one.names, one.rests_on) == (entry.names, entry.rests_on)]
        for table in _tables(own, entry):
            print_table(console, table)
        for line in footnotes(entry):
            console.print(line, soft_wrap=True)
    if pooled:
        console.print()
        for line in LEGEND:
            console.print(line, soft_wrap=True)


LEGEND = (
    "[95 % interval], clustered by speaker. Weighted recall is WAR. Where several folds, seeds or repeats are put",
    "together, figures are their means, and the confusion matrix is their sum.",
)


def headline(entry: CleanScoring) -> list[str]:
    """Say who was asked about what: the lines above a table."""
    names = entry.names
    both = f"trained on {names.corpus}, tested on {names.test_corpus}"
    tested = both if names.elsewhere else f"corpus {names.corpus}"
    folds = f"{names.split} fold {listed(entry.folds)} · seed {listed(entry.seeds)}"
    counts = f"n = {entry.report.n} utterances of {speakers(entry.report.speakers)}"
    return [
        f"victim {names.victim} · defense {names.defense}",
        f"{tested} · task {names.task} · {folds} · {counts}",
    ]


_BY_CLASS = ("weighted precision", "weighted F1", "macro F1")


def _tables(cells: Sequence[CleanScoring], pooled: CleanScoring) -> Iterator[Table]:
    """The figures of all cells, and of classes who was taken for whom."""
    from bench.scoring.clean_numbers import NumbersReport

    entries = (*cells, *([pooled] if len(cells) > 1 else []))
    placed = [(_place(entry), entry.report) for entry in entries]
    numbers = [(place, report) for place, report in placed if isinstance(report, NumbersReport)]
    if numbers:
        yield _numbers(numbers)
        return
    classes = [(place, report) for place, report in placed if not isinstance(report, NumbersReport)]
    yield from _figures(classes)
    yield _classes(classes[-1][1])


def _place(entry: CleanScoring) -> tuple[str, str]:
    return (listed(entry.folds), listed(entry.seeds)) if entry.of_one_cell else ("all", "all")


def _numbers(placed: Sequence[tuple[tuple[str, str], NumbersReport]]) -> Table:
    """A table of a dimensional task: right is no further from the rating than the task's shift, or in its bin."""
    table = narrow_table("fold", "seed")
    for title in ("CCC", "MAE", "RMSE", "right", "n", "speakers"):
        table.add_column(title, no_wrap=True)
    for place, own in placed:
        errors = (f"{own.numbers.mae:.2f}", f"{own.numbers.rmse:.2f}")
        table.add_row(*place, str(own.numbers.ccc), *errors, str(own.right), str(own.n), str(own.speakers))
    return table


def _figures(placed: Sequence[tuple[tuple[str, str], CleanReport]]) -> Iterator[Table]:
    """Two tables, that each fits 80 columns: recall, and what is weighted by class."""
    recall, weighted = narrow_table("fold", "seed"), narrow_table("fold", "seed")
    for table, titles in ((recall, ("UAR", "WAR", "n", "speakers")), (weighted, _BY_CLASS)):
        for title in titles:
            table.add_column(title, no_wrap=True)
    for place, own in placed:
        recall.add_row(*place, str(own.uar), str(own.war), str(own.n), str(own.speakers))
        weighted.add_row(*place, str(own.weighted_precision), str(own.weighted_f1), str(own.macro_f1))
    yield from (recall, weighted)


def _classes(report: CleanReport) -> Table:
    table = narrow_table()
    for title in ("class", "recall", "n"):
        table.add_column(title, no_wrap=True)
    for name in report.confusion.predicted:
        table.add_column(f"said {name}", overflow="fold")
    for one, counts in zip(report.classes, report.confusion.counts, strict=True):
        recall = "-" if one.recall is None else str(one.recall)
        table.add_row(one.label, recall, *map(str, (one.n, *counts)))
    return table


def footnotes(entry: CleanScoring) -> list[str]:
    """Say what the figures rest on, and how far they carry."""
    rests, versions, names = entry.rests_on, entry.rests_on.versions, entry.names
    data = f"corpus {rests.corpus_fingerprint[:8]}"
    if names.elsewhere:
        data += f", tested on {rests.test_corpus_fingerprint[:8]}"
    software = f"serbench {versions['serbench']} (code {rests.code[:8]}), torch {versions['torch']}"
    lines = [f"Rests on {data}; {software} on {rests.device}."]
    if split_named(names.split).leaks and not names.elsewhere:
        lines.append(f"Split {names.split}: {LEAKS}.")
    if caution := few_say_little(entry.report.speakers):
        lines.append(f"{caution}.")
    return lines
