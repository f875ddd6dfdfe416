"""Trained victims and their figures on clean speech, as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli.report import FEW_SPEAKERS, speakers, with_interval
from bench.data.splits import LEAKS, split_named

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LEAST_WIDTH = 120
_FIGURES = {"uar": "UAR", "war": "WAR", "weighted_precision": "weighted precision", "weighted_f1": "weighted F1"}


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    return console


def show_trained(victims: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each victim: what it was trained on, for how long, and where it is kept."""
    console = _console()
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in victims:
        home = str(Path(one["folder"]).parent)
        groups.setdefault((one["victim"], one["defense"], home), []).append(one)
    for (victim, defense, home), group in groups.items():
        for line in ("", f"victim {victim} · defense {defense}", f"kept in {home}"):
            console.print(line, markup=False, soft_wrap=True)
        console.print(_trainings(group))


def _trainings(group: Sequence[Mapping[str, Any]]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for title in ("task", "fold", "seed", "utterances", "speakers", "seconds", "folder"):
        table.add_column(title, overflow="fold", justify="left" if title in ("task", "folder") else "right")
    for one in group:
        seconds = "kept" if one["seconds"] is None else f"{one['seconds']:.1f}"
        counts = (str(one[name]) for name in ("fold", "seed", "utterances", "speakers"))
        table.add_row(escape(one["task"]), *counts, seconds, escape(Path(one["folder"]).name))
    return table


def show_reports(cells: Sequence[Mapping[str, Any]], pooled: Sequence[Mapping[str, Any]]) -> None:
    """Print for each victim, defence and task the figures on clean speech, and who was taken for whom.

    Args:
        cells: a report for each fold and seed.
        pooled: a report for all of them together.
    """
    console = _console()
    for entry in pooled:
        console.print()
        for line in headline(entry):
            console.print(line, markup=False, soft_wrap=True)
        console.print(_figures([one for one in cells if _same(one, entry)], entry))
        console.print(_classes(entry))
        for line in footnotes(entry):
            console.print(line, markup=False, soft_wrap=True)
    if pooled:
        console.print()
        for line in LEGEND:
            console.print(line, markup=False, soft_wrap=True)


LEGEND = (
    "[95 % interval], clustered by speaker. Weighted recall is WAR. Where several folds, seeds or repeats are put",
    "together, figures are their means, and the confusion matrix is their sum.",
)


def _same(cell: Mapping[str, Any], pooled: Mapping[str, Any]) -> bool:
    names = ("victim", "defense", "corpus", "test_corpus", "task", "split", "rests_on")
    return all(cell[name] == pooled[name] for name in names)


def headline(entry: Mapping[str, Any]) -> list[str]:
    """Say who was asked about what: the lines above a table."""
    other = entry["test_corpus"] != entry["corpus"]
    tested = f"trained on {entry['corpus']}, tested on {entry['test_corpus']}" if other else f"corpus {entry['corpus']}"
    folds, seeds = (",".join(map(str, entry[name])) for name in ("folds", "seeds"))
    return [
        f"victim {entry['victim']} · defense {entry['defense']}",
        f"{tested} · task {entry['task']} · {entry['split']} fold {folds} · seed {seeds} · "
        f"n = {entry['n']} utterances of {speakers(entry)}",
    ]


def _figures(cells: Sequence[Mapping[str, Any]], pooled: Mapping[str, Any]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("fold", "seed", *_FIGURES.values(), "n", "speakers", box=box.SIMPLE_HEAD)
    for entry in (*cells, *([pooled] if len(cells) > 1 else [])):
        figures = [with_interval(entry[name], entry[f"{name}_ci95"]) for name in _FIGURES]
        place = (str(entry["fold"]), str(entry["seed"])) if "fold" in entry else ("all", "all")
        table.add_row(*place, *figures, str(entry["n"]), str(entry["speakers"]))
    return table


def _classes(entry: Mapping[str, Any]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    confusion = entry["confusion"]
    said = [f"said {escape(name)}" for name in confusion["predicted"]]
    table = Table("class", "recall", "n", *said, box=box.SIMPLE_HEAD)
    for one, counts in zip(entry["classes"], confusion["counts"], strict=True):
        recall = "-" if one["recall"] is None else with_interval(one["recall"], one["ci95"])
        table.add_row(escape(one["label"]), recall, *map(str, (one["n"], *counts)))
    return table


def footnotes(entry: Mapping[str, Any]) -> list[str]:
    """Say what the figures rest on, and how far they carry."""
    rests, versions = entry["rests_on"], entry["rests_on"]["versions"]
    data = f"corpus {rests['corpus_fingerprint'][:8]}"
    if entry["test_corpus"] != entry["corpus"]:
        data += f", tested on {rests['test_corpus_fingerprint'][:8]}"
    software = f"serbench {versions['serbench']} (code {rests['code'][:8]}), torch {versions['torch']}"
    lines = [f"Rests on {data}; {software} on {rests['device']}."]
    if split_named(entry["split"]).leaks and entry["test_corpus"] == entry["corpus"]:
        lines.append(f"Split {entry['split']}: {LEAKS}.")
    if entry["speakers"] < FEW_SPEAKERS:
        lines.append(f"{speakers(entry)} can say little about others: --fold all tests every speaker.")
    return lines
