"""The tables of `bench replay`: one a cell that was brought, or one an attack, from each victim to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cli.tables import narrow_table, print_table
from bench.core.showing.consoles import PlainConsole

if TYPE_CHECKING:
    from bench.studies.replaying import Replay


def print_replays(found: list[Replay], ks: tuple[int, ...]) -> None:
    """Print for each victim and attack of the run what came of it elsewhere.

    Args:
        found: all of it.
        ks: how many recipes were brought.
    """
    console = PlainConsole()
    for source in dict.fromkeys(one.source for one in found):
        whom = f"{source.victim}, defence {source.defense}"
        console.print(f"\nfound by {source.attack} on {whom}; {source.counted}")
        table = narrow_table("brought to", "defence", *(f"Acc_att, {k} brought" for k in ks), "n")
        for one in found:
            if one.source == source:
                figures = [str(one.acc_att[k]) for k in ks]
                table.add_row(one.victim, one.defense, *figures, str(one.acc_att[ks[0]].n))
        print_table(console, table)
    console.print(
        "Share of utterances that one of the recipes brought attacks successfully. [95 % interval], clustered by "
        "speaker; folds and seeds are pooled."
    )


def print_matrices(found: list[Replay], ks: tuple[int, ...]) -> None:
    """Print for each attack, its noises and each k a matrix, from whom to whom.

    Args:
        found: all of it.
        ks: how many recipes were brought.
    """
    console, whom = PlainConsole(), list(dict.fromkeys((one.victim, one.defense) for one in found))
    for kind in dict.fromkeys(one.source[2:] for one in found):
        of_it = [one for one in found if one.source[2:] == kind]
        attack, counted = of_it[0].source.attack, of_it[0].source.counted
        for k in ks:
            console.print(f"\nAcc_att of what {attack} found, {k} brought of each; {counted}")
            table = narrow_table("found on", "defence")
            for number in range(1, len(whom) + 1):
                table.add_column(f"to {number}", justify="right", no_wrap=True)
            table.add_column("n", justify="right")
            for source in dict.fromkeys(one.source for one in of_it):
                figures = {(one.victim, one.defense): one.acc_att[k] for one in of_it if one.source == source}
                cells = [f"{figures[one].value:.2f}" if one in figures else "" for one in whom]
                table.add_row(*source[:2], *cells, str(next(iter(figures.values())).n))
            print_table(console, table)
    for number, (victim, defense) in enumerate(whom, 1):
        console.print(f"{number}: {victim}, defence {defense}")
    console.print("Share of utterances that one of the recipes brought attacks successfully; intervals: --json.")
