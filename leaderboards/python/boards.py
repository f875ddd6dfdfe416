"""Leaderboards of finished runs, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.api.arguments import runs_of
from bench.api.plainly import plainly
from bench.core.errors import UsageError
from bench.core.keywords import check_typed
from bench.studies.shown_tables import html_table, text_table

if TYPE_CHECKING:
    import pandas as pd

    from leaderboards.ranking import Board

_COLUMNS = ("rank", "victim", "defence", "robust accuracy", "Acc_att", "clean UAR or CCC", "n", "bells")


@plainly("bench.leaderboard")
def leaderboard(
    runs: str | Path | Sequence[str | Path], out: str | Path | None = None, *, build: bool = False
) -> Leaderboard:
    """Rank victims under their defences by robust accuracy: `bench leaderboard` from Python.

    Args:
        runs: the folder of one run, or of several; a board stands for its entries.
        out: where the files go: `leaderboard.md`, `leaderboard.csv` and `index.html`; None writes none.
        build: write a whole site in their place.

    Returns:
        The boards, one for each attack, Corr, Noises and k; `to_frame()` has them as one table.

    Raises:
        bench.core.errors.BenchError: there is no such run, or two of them call different figures by the same name.
    """
    from bench.evaluation.plans.options import check_writable
    from bench.evaluation.runs import read_results
    from bench.scoring.entries.fates import NotedFates
    from leaderboards.board import write_board
    from leaderboards.ranking import boards
    from leaderboards.receipts import folders_in
    from leaderboards.site.build import build_site
    from leaderboards.site.facts import Gathered
    from leaderboards.sources import check_distinct

    check_typed("bench.leaderboard", {"build": build}, {"build": bool})
    folders = folders_in(runs_of("bench.leaderboard", runs))
    if out is None and build:
        raise UsageError("bench.leaderboard, out", "None", "a folder for the site", "for example out='site'")
    if out is not None:
        check_typed("bench.leaderboard", {"out": out}, {"out": (str, Path)})
        check_writable(Path(out))
    noted = NotedFates()
    results = read_results(folders, noted=noted)
    check_distinct(results, folders)
    gathered = Gathered.of(folders, noted)
    files: list[Path] = []
    if out is not None:
        where = Path(out)
        files = build_site(results, gathered, where) if build else write_board(results, where)
    return Leaderboard(tuple(boards(results)), tuple(files))


@dataclass(frozen=True, repr=False)
class Leaderboard:
    """Boards of one or more runs, as tables in a notebook.

    Args:
        boards: rankings: victims are ranked against each other only where all else agrees.
        files: that were written.
    """

    boards: tuple[Board, ...]
    files: tuple[Path, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a line of a board: what `leaderboard.csv` says."""
        import io

        import pandas as pd

        from leaderboards.board import as_csv

        return pd.read_csv(io.StringIO(as_csv(self.boards)), keep_default_na=False, na_values=[""])

    def _rows(self, board: Board) -> list[tuple[str, ...]]:
        return [
            (
                *("–" if line.rank is None else str(line.rank), line.victim, line.defense),
                *map(str, (line.score.robust_accuracy, line.score.acc_att, line.entry.clean.main)),
                *(str(line.score.acc_att.n), line.bells),
            )
            for line in board.lines
        ]

    def __str__(self) -> str:
        return "\n\n".join(f"{one.title}\n\n{text_table(_COLUMNS, self._rows(one))}" for one in self.boards)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return "".join(html_table(_COLUMNS, self._rows(one), one.title) for one in self.boards)
