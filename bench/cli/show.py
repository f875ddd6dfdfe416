"""`bench show`: the scores of a run, from its records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.score import About, Json, K, score_again


def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The --out folder of a bench run.")],
    k: K = None,
    json: Json = None,
    estimand: About = "fitted",
) -> None:
    """Show a run again, scored from its records; needs neither the victim nor the sound."""
    score_again([run], k, json, estimand)
