"""`bench leaderboard`: ranked tables from records, and a whole site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.core.errors import DataError
    from leaderboards.site.exchange.files import SiteOptions

BUILD, ADD, ROUND = "build", "add", "round"
_RUNS = (
    "The --out folders of bench runs, or boards; after build, a whole site; or add BOARD FILE..., or round new NAME."
)
_OUT = "Where leaderboard.md, leaderboard.csv and index.html, the site, or the round's two files go."

_FIGURES = Annotated[
    str,
    typer.Option(help="build: its pictures also as png, pdf or png,pdf; needs matplotlib.", metavar="FORMATS"),
]
_DATED = Annotated[
    str | None,
    typer.Option(help="build: when it is published; Every Eval Ever's files are written then.", metavar="YYYY-MM-DD"),
]
_SOUNDS = Annotated[
    int,
    typer.Option(
        help="build: examples to hear on each page, of bench run --keep-audio; publish only what you may.",
        min=0,
        metavar="N",
    ),
]
_ATTACK = Annotated[list[str] | None, typer.Option(help="round: an attack that it draws from.", metavar="SPEC")]
_DRAW = Annotated[int | None, typer.Option(help="round: how many attacks it draws; 2 by default.", metavar="N")]
_HUB = Annotated[
    str | None,
    typer.Option(
        help="build: a benchmark's dataset on the Hugging Face Hub, for .eval_results files.", metavar="OWNER/NAME"
    ),
]


def leaderboard(
    runs: Annotated[list[str], typer.Argument(help=_RUNS, metavar="[build|add|round] RUN...")],
    out: Annotated[Path | None, typer.Option(help=_OUT, metavar="DIR")] = None,
    figures: _FIGURES = "",
    dated: _DATED = None,
    sounds: _SOUNDS = 0,
    hub_dataset: _HUB = None,
    attack: _ATTACK = None,
    draw: _DRAW = None,
) -> None:
    """Rank victims under their defences by robust accuracy: what is recognised, and stays so under attack.

    bench leaderboard RUN... --out DIR writes three files; bench leaderboard build RUN... --out DIR writes a site with a
    ranked table a track, plots, a page an entry, and files in other formats, which works without a server.

    bench leaderboard add BOARD FILE... takes what others submitted, and bench verify has verified, on to a board: a
    folder that stands for its entries. bench leaderboard round new NAME --out DIR makes up a round: a public file, and
    a secret one.
    """
    from bench.core.errors import UsageError

    if runs[0] == ADD:
        _add(runs[1:])
    elif out is None:
        raise UsageError("--out", "nothing", "a folder", "for example --out board")
    elif runs[0] == ROUND:
        _round(runs[1:], out, attack, draw)
    else:
        from leaderboards.site.exchange.files import SiteOptions

        _ranked(runs, out, SiteOptions.of(figures, dated, hub_dataset, sounds))


def _ranked(runs: Sequence[str], out: Path, options: SiteOptions) -> None:
    from bench.cli.score import say_passed_over
    from bench.core.errors import UsageError
    from bench.evaluation.options import check_writable
    from leaderboards.receipts import folders_in

    whole = runs[0] == BUILD
    folders = folders_in([Path(run) for run in (runs[1:] if whole else runs)])
    if not folders:
        raise UsageError(
            "RUN", "none", "the --out folder of a bench run", "bench leaderboard build bench-run --out site"
        )
    check_writable(out)
    if not whole and options != type(options)():
        found = "--figures, --dated, --sounds or --hub-dataset without the word build"
        raise UsageError("bench leaderboard", found, "a site", "bench leaderboard build RUN... --out DIR --figures pdf")
    passed_over: list[DataError] = []
    made = _site(folders, out, options, passed_over) if whole else _board(folders, out, passed_over)
    for path in made:
        say(str(path))
    say_passed_over(passed_over)


def _add(words: Sequence[str]) -> None:
    from bench.core.errors import UsageError
    from leaderboards.entries import add

    if len(words) < 2:
        example = "bench leaderboard add board mine.serbench"
        raise UsageError("bench leaderboard add", f"{len(words)} words", "a board and one file or more", example)
    for word in words[1:]:
        added = add(Path(words[0]), Path(word))
        said = "was there; it has this receipt now" if added.again else "added"
        say(f"{added.folder}: {said}: {added.receipt.says}")


def _round(words: Sequence[str], out: Path, attacks: Sequence[str] | None, draw: int | None) -> None:
    from bench.contracts.registry import Registry
    from bench.core.errors import UsageError
    from bench.sharing.entry.rounds import DRAWN, POOL, new_round

    if len(words) != 2 or words[0] != "new":
        example = "bench leaderboard round new spring --out rounds"
        raise UsageError("bench leaderboard round", repr(" ".join(words)), "new and a name", example)
    Registry.discover().entries_of("attacks", attacks or ())
    public, secret = new_round(words[1], out, tuple(attacks or POOL), DRAWN if draw is None else draw)
    say(f"{public}: publish it now")
    say(f"{secret}: keep it to yourself until the round ends, then publish it")


def _board(folders: Sequence[Path], out: Path, passed_over: list[DataError]) -> list[Path]:
    from bench.evaluation.runs import read_results
    from bench.scoring.entries.fates import NotedFates
    from leaderboards.board import write_board
    from leaderboards.site.facts import Gathered
    from leaderboards.sources import check_distinct

    noted = NotedFates()
    results = read_results(folders, instead=passed_over.append, noted=noted)
    check_distinct(results, folders)
    Gathered.of(folders, noted)
    return write_board(results, out)


def _site(folders: Sequence[Path], out: Path, options: SiteOptions, passed_over: list[DataError]) -> list[Path]:
    from bench.evaluation.runs import read_results
    from bench.scoring.entries.fates import NotedFates
    from leaderboards.site.build import build_site
    from leaderboards.site.facts import Gathered
    from leaderboards.sources import check_distinct

    noted = NotedFates()
    results = read_results(folders, instead=passed_over.append, noted=noted)
    check_distinct(results, folders)
    return build_site(results, Gathered.of(folders, noted), out, options, passed_over.append)[:1]
