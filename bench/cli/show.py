"""`bench show`: the scores of a run, from its records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The --out folder of a bench run.")],
    k: Annotated[
        str | None, typer.Option(help="Score at these numbers of queries; by default those of the run.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write the scores as JSON to this file; - is standard output.")
    ] = None,
    estimand: Annotated[
        str,
        typer.Option(
            help="What intervals are about: 'fitted', these fitted victims on other speakers; 'trainings', trainings "
            "like theirs too, for which it takes five seeds."
        ),
    ] = "fitted",
) -> None:
    """Show a run again, scored from its records; needs neither the victim nor the sound."""
    from bench.evaluation.options import parse_ks
    from bench.evaluation.runs import read_results

    ks = parse_ks(k) if k is not None else None

    from bench.cli.report import check_json_target, report
    from bench.scoring.dependence import estimand_named

    about = estimand_named(estimand)
    check_json_target(json)
    results = read_results([run], ks, about)
    report(results, json)
    for failure in results.failed:
        typer.echo(f"bench: a cell failed: {failure.error}", err=True)
