"""What the commands of `bench victims` have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bench.studies.training_jobs import Failed

CLEAN: dict[str, Any] = {"attacks": ("fade_in",), "repeats": 1}
"""Cells are planned with an attack; nobody runs this one, and it is in nothing that is told."""

License = Annotated[
    str, typer.Option(metavar="NAME", help="Of the weights, as Hugging Face spells it: apache-2.0, cc-by-4.0, other.")
]


def say_failed(failed: Sequence[Failed]) -> None:
    """Say which victims failed, and end with the exit code that says so.

    Raises:
        typer.Exit: any failed.
    """
    for one in failed:
        cell = one.cell
        name = f"{cell.victim}, defence {cell.defense}, {cell.task.name}, fold {cell.fold}, seed {cell.seed}"
        typer.echo(f"bench: {name} failed: {one.error}", err=True)
    if failed:
        typer.echo("bench: --json has the tracebacks", err=True)
        raise typer.Exit(max(one.exit_code for one in failed))
