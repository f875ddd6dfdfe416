"""`bench data`: the corpora and noise banks on the user's disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Plugins
from bench.cli.data_fetch import fetch

if TYPE_CHECKING:
    from rich.table import Table

    from bench.studies.data_report import Report

CANNOT_BE_USED = 2
_LEAST_WIDTH = 100
_BAR = 40
_WARNINGS = 20
"""Of one kind, that are printed: a corpus has thousands of files."""

app = typer.Typer(
    help="Get sounds, and check those that you have.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Get sounds, and check those that you have."""


app.command("fetch", short_help="Download what anybody may download.")(fetch)


@app.command("check", short_help="Say what is there, and everything that is wrong with it.")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A corpus or noise bank of bench list, or its spec.")],
    root: Annotated[Path | None, typer.Option(metavar="DIR", help="Its folder, where it is not embedded.")] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write it as JSON to this file; - is standard output.")
    ] = None,
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Say what is there, and everything that is wrong with it at once.

    For example: bench data check emodb --root path/to/emodb, or, of noises
    of your own, bench data check folder:map=noises.csv --root path/to/noises.

    Exit code 0: it can be used, whatever the warnings. Exit code 2: it cannot.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)

    from bench.contracts.registry import Registry
    from bench.core.showing.progress import for_terminal
    from bench.studies import datacheck

    found = datacheck.check(name, root, Registry.discover(plugin), for_terminal())
    if write_json(found.to_json(), json):
        show(found)
    if not found.usable:
        raise typer.Exit(CANNOT_BE_USED)


def show(found: Report) -> None:
    """Print a report: what there is, the balance of its labels, its tasks, its problems, and whether it can be used."""
    from bench.cli.tables import print_table
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    for line in (*headline(found), "", *balance(found)):
        console.print(line, soft_wrap=True)
    for table in _tables(found):
        print_table(console, table)
    for line in problems(found):
        console.print(line, soft_wrap=True)


def headline(found: Report) -> Iterator[str]:
    """Say in a few lines what there is."""
    kind = "corpus" if found.kind == "corpora" else "noise bank"
    yield f"{kind} {found.name}" + (f" in {found.root}" if found.root else ", embedded")
    if found.files is None:
        yield "sound files: none of yours are read, so there are none to check"
    else:
        yield f"sound files: {found.files:,}, {found.file_hours or 0:.2f} h"
        yield "rates: " + (_several({f"{rate} Hz": count for rate, count in found.rates.items()}) or "none")
        yield "formats: " + (_several(found.formats) or "none")
    held = found.contents
    if held.hours is None:
        return
    if found.kind == "noise_banks":
        yield f"clips: {held.clips:,}, {held.hours:.2f} h"
        return
    yield f"utterances: {held.utterances:,} of {_count(held.speakers, 'speaker')}, {held.hours:.2f} h"
    yield f"transcripts: {_share(held.transcripts, held.utterances)}"
    yield f"word times: {_share(held.word_times, held.utterances)}"
    if not held.sessions:
        yield "sessions: none"


def _several(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.items())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.0f} %)" if whole else "0"


def balance(found: Report) -> Iterator[str]:
    """Draw a bar of text for every emotion, or category of noise."""
    held = found.contents
    clips = {name: category.clips for name, category in held.categories.items()}
    counts = held.labels if found.kind == "corpora" else clips
    width = max((len(name) for name in counts), default=0)
    most = max(counts.values(), default=1)
    for name, count in counts.items():
        yield f"  {name:{width}} {'█' * max(1, round(_BAR * count / most))} {count:,}"


def _tables(found: Report) -> Iterator[Table]:
    from rich import box
    from rich.table import Table

    held = found.contents
    if held.sessions:
        table = Table("session", "speakers", "utterances", *held.labels, box=box.SIMPLE_HEAD)
        for name, session in held.sessions.items():
            cells = [session.speakers, session.utterances, *(session.labels.get(k, 0) for k in held.labels)]
            table.add_row(name, *map(str, cells))
        yield table
    if held.tasks:
        table = Table("task", "classes", "speakers", "five subject-independent folds", box=box.SIMPLE_HEAD)
        for name, task in held.tasks.items():
            possible = "yes" if task.five_folds else f"no: {task.reason}"
            table.add_row(name, ", ".join(f"{k} {n:,}" for k, n in task.classes.items()), str(task.speakers), possible)
        yield table
        for name, task in held.tasks.items():
            if task.served and task.sessions:
                table = Table(f"{name} by session", *task.classes, box=box.SIMPLE_HEAD)
                for place, counts in task.sessions.items():
                    table.add_row(place, *map(str, counts.values()))
                yield table
    if held.categories:
        table = Table("category", "clips", "sources", "minutes", box=box.SIMPLE_HEAD)
        for name, category in held.categories.items():
            table.add_row(name, str(category.clips), str(category.sources), f"{60 * category.hours:.1f}")
        yield table


def problems(found: Report) -> Iterator[str]:
    """Say every error, then the first warnings of each kind, and the verdict."""
    order = sorted(found.problems, key=lambda one: (one.level != "error", one.kind))
    for (level, kind), some in groupby(order, key=lambda one: (one.level, one.kind)):
        alike = list(some)
        shown = alike if level == "error" else alike[:_WARNINGS]
        for problem in shown:
            yield f"{level}: {kind}: {problem.file}: found {problem.found}"
        if len(shown) < len(alike):
            yield f"{level}: {kind}: and {len(alike) - len(shown):,} more: --json FILE has them all"
    errors = sum(problem.level == "error" for problem in found.problems)
    warnings = _count(len(found.problems) - errors, "warning")
    yield f"can be used; {warnings}" if found.usable else f"cannot be used; {_count(errors, 'error')}, {warnings}"
