"""`bench leaderboard add` and `bench leaderboard round`: what others submit, and attacks that they do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.saying import say

rounds = typer.Typer(
    help="Make up a round of attacks that nobody knows beforehand.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


def add(
    board: Annotated[Path, typer.Argument(help="A folder that stands for its entries.", metavar="BOARD")],
    files: Annotated[list[Path], typer.Argument(help="What bench submit made.", metavar="FILE...")],
) -> None:
    """Take what others submitted, and bench verify has verified, on to a board."""
    from leaderboards.entries import add

    for file in files:
        added = add(board, file)
        said = "was there; it has this receipt now" if added.again else "added"
        say(f"{added.folder}: {said}: {added.receipt.says}")


@rounds.callback()
def _group() -> None:
    """Make up a round of attacks that nobody knows beforehand."""


@rounds.command("new", short_help="Draw attacks: a public file, and a secret one.")
def new(
    name: Annotated[str, typer.Argument(help="What the round is called.", metavar="NAME")],
    out: Annotated[Path, typer.Option(help="Where the round's two files go.", metavar="DIR")],
    attack: Annotated[list[str] | None, typer.Option(help="An attack that it draws from.", metavar="SPEC")] = None,
    draw: Annotated[int | None, typer.Option(help="How many attacks it draws; 2 by default.", metavar="N")] = None,
) -> None:
    """Make up a round: a public file with what will be drawn from, and a secret one with what was drawn."""
    from bench.contracts.registry import Registry
    from bench.sharing.entry.rounds import DRAWN, POOL, new_round

    Registry.discover().entries_of("attacks", attack or ())
    public, secret = new_round(name, out, tuple(attack or POOL), DRAWN if draw is None else draw)
    say(f"{public}: publish it now")
    say(f"{secret}: keep it to yourself until the round ends, then publish it")
