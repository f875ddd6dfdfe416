"""`bench replay`: what a run's attacks found, brought to other victims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import ACROSS, DATA, DEFENSE, MACHINE, PERCEPTION, VICTIM, Json, K, Offered, asking

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

_REPLAY: Offered = {
    "victim": replace(VICTIM, help="Who it is brought to, see bench list; may be given several times."),
    "defense": DEFENSE,
    "k": replace(K, help="Recipes of each utterance that are brought, at most.", default="1,5"),
    **DATA,
    **ACROSS,
    "perception": PERCEPTION,
    **MACHINE,
}


@asking(_REPLAY)
def replay(
    options: Options,
    run: Annotated[Path, typer.Argument(help="The --out folder of a bench run.", metavar="RUN")],
    matrix: Annotated[
        bool, typer.Option("--matrix", help="One table an attack and k: from each victim to each.")
    ] = False,
    json: Json = None,
) -> None:
    """Bring what a run's attacks found to other victims: no attack runs, its recipes are rendered again.

    Every finished cell of the run and every --victim and --defense, on the cell's task, fold and seed. The corpus and
    the noises are to be those of the run. What is not trained yet is trained first.
    """
    from bench.cli.replay_tables import print_matrices, print_replays
    from bench.cli.report import check_json_target, write_json
    from bench.core.showing.progress import for_terminal
    from bench.scoring.results import SCHEMA
    from bench.studies.replaying import replays

    check_json_target(json)
    found = replays(run, options, for_terminal())
    if write_json({"schema": SCHEMA, "replays": [one.to_json() for one in found]}, json):
        (print_matrices if matrix else print_replays)(found, options.ks)
