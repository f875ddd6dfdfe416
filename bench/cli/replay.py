"""`bench replay`: what a run's attacks found, brought to other victims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import DATA, DEFENSE, MACHINE, PERCEPTION, VICTIM, Json, K, Offered, asking

if TYPE_CHECKING:
    from bench.evaluation.options import Options
    from bench.studies.replaying import Replay

_REPLAY: Offered = {
    "victim": replace(VICTIM, help="Who it is brought to, see bench list; may be given several times."),
    "defense": DEFENSE,
    "k": replace(K, help="Recipes of each utterance that are brought, at most.", default="1,5"),
    **DATA,
    "perception": PERCEPTION,
    **MACHINE,
}


@asking(_REPLAY, attacks=("transfer",))
def replay(
    options: Options,
    run: Annotated[Path, typer.Argument(help="The --out folder of a bench run.", metavar="RUN")],
    json: Json = None,
) -> None:
    """Bring what a run's attacks found to other victims: no attack runs, its recipes are rendered again.

    Every finished cell of the run and every --victim and --defense, on the cell's task, fold and seed. The corpus and
    the noises are to be those of the run. What is not trained yet is trained first.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.core.progress import for_terminal
    from bench.scoring.results import SCHEMA
    from bench.studies.replaying import replays

    check_json_target(json)
    found = replays(run, options, for_terminal())
    if write_json({"schema": SCHEMA, "replays": [one.to_json() for one in found]}, json):
        _print(found, options.ks)


def _print(found: list[Replay], ks: tuple[int, ...]) -> None:
    from bench.cli.tables import narrow_table
    from bench.core.consoles import PlainConsole

    console = PlainConsole()
    if not console.is_terminal:
        console.width = max(console.width, 120)
    for victim, defense, attack, noises in dict.fromkeys(one.source for one in found):
        console.print(f"\nfound by {attack} on {victim}, defence {defense}; noises {noises}")
        table = narrow_table("brought to", "defence", *(f"Acc_att, {k} brought" for k in ks), "n")
        for one in found:
            if one.source == (victim, defense, attack, noises):
                figures = [str(one.acc_att[k]) for k in ks]
                table.add_row(one.victim, one.defense, *figures, str(one.acc_att[ks[0]].n))
        console.print(table)
    console.print(
        "Share of utterances that one of the recipes brought attacks successfully. [95 % interval], clustered"
    )
    console.print("by speaker; folds and seeds are pooled.")
