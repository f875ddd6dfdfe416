"""A leaderboard: scores of runs, ranked, as Markdown, CSV and plain HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bench.core.showing.plain_text import plain_text
from bench.core.storage.cache import appearing_file
from bench.scoring.entries.lines import COLUMNS, columns
from bench.scoring.results import Results
from leaderboards.outside_text import as_markdown, in_spreadsheet
from leaderboards.ranking import BOARD, Board, boards


def write_board(results: Results, folder: Path) -> list[Path]:
    """Write `leaderboard.md`, `leaderboard.csv` and `index.html` into a folder, each whole or not at all.

    Args:
        results: of one or more runs; folds and seeds are pooled.
        folder: made where it is missing.

    Returns:
        The files.
    """
    found = boards(results)
    texts = {"leaderboard.md": _rendered("leaderboard.md.jinja"), "leaderboard.csv": as_csv}
    written = []
    for name, render in (texts | {"index.html": _rendered("index.html.jinja")}).items():
        with appearing_file(folder / name) as temporary:
            temporary.write_text(render(found), encoding="utf-8")
        written.append(folder / name)
    return written


def as_csv(found: Sequence[Board]) -> str:
    """Write every line of every board as CSV, the setting repeated in each; figures unrounded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    spread = [f"{name}{end}" for name in ("robust_accuracy", "clean_uar", "acc_att") for end in ("", "_low", "_high")]
    more = [name for name in COLUMNS if name not in spread]
    writer.writerow(
        [
            *BOARD,
            "rank",
            "rank_low",
            "rank_high",
            "victim",
            "defense",
            *spread,
            "n",
            "speakers",
            "folds",
            "seeds",
            *more,
        ]
    )
    for board in found:
        for line in board.lines:
            shown = (line.score.robust_accuracy, line.entry.clean.uar, line.score.acc_att)
            values = [bound for one in shown for bound in ((None,) * 3 if one is None else (one.value, *one.ci95))]
            rests_on = [line.score.acc_att.n, line.entry.speakers, len(line.entry.folds), len(line.entry.seeds)]
            beside = columns(line.entry, line.score)
            shared = board.setting.columns().values()
            rank = (None,) * 3 if line.rank is None else (line.rank.value, line.rank.low, line.rank.high)
            told = [*shared, *rank, line.victim, line.defense, *values, *rests_on, *map(beside.get, more)]
            writer.writerow(map(in_spreadsheet, told))
    return text.getvalue()


def _rendered(template: str) -> Callable[[Sequence[Board]], str]:
    environment = Environment(
        loader=PackageLoader("leaderboards"),
        autoescape=select_autoescape(["html", "html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.filters["cell"] = as_markdown
    loaded = environment.get_template(template)
    version = metadata.version("serbench")
    return lambda found: loaded.render(boards=found, version=version)
