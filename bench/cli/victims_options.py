"""What the commands of `bench victims` have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.studies.training_jobs import Failed

_LICENCE = "Of the weights, as Hugging Face spells it: apache-2.0, cc-by-4.0, other."
Licence = Annotated[str, typer.Option("--licence", "--license", metavar="NAME", help=_LICENCE)]


def say_failed(failed: Sequence[Failed]) -> None:
    """Say which victims failed, and end with the exit code that says so.

    Raises:
        typer.Exit: any failed.
    """
    for one in failed:
        key = one.key
        name = f"{key.victim}, defence {key.defense_spec}, {key.task.name}, fold {key.fold}, seed {key.seed}"
        say(f"bench: {name} failed: {one.error}", err=True)
    if failed:
        say("bench: --json has the tracebacks", err=True)
        raise typer.Exit(max(one.exit_code for one in failed))
