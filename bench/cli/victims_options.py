"""What the commands of `bench victims` have in common: which victims, trained on what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Several
from bench.splits import SPLITS
from bench.tasks import TASKS

if TYPE_CHECKING:
    from bench.options import Options
    from bench.trained import Failed

NOT_ATTACKED = "fade_in"
"""Cells are planned with an attack; nobody runs this one, and it is in nothing that is told."""

_TASKS, _SPLITS = ", ".join(TASKS), ", ".join(SPLITS)
Victims = Annotated[Several, typer.Option(metavar="SPEC", help="See bench list; may be given several times.")]
Tasks = Annotated[Several, typer.Option(metavar="NAME", help=f"{_TASKS}; may be given several times.")]
SplitName = Annotated[str, typer.Option(metavar="NAME", help=f"Who is trained on and who is tested: {_SPLITS}.")]
Json = Annotated[str | None, typer.Option(metavar="FILE", help="Write JSON to this file; - is standard output.")]
OneVictim = Annotated[str, typer.Option(metavar="SPEC", help="See bench list.")]
OneDefense = Annotated[str, typer.Option(metavar="SPEC", help='"none" is the bare victim.')]
OneTask = Annotated[str, typer.Option(metavar="NAME", help=f"{_TASKS}.")]
OneFold = Annotated[str, typer.Option(metavar="N", help="Which fold of the split, from 0.")]
OneSeed = Annotated[str, typer.Option(metavar="N", help="Seed of training.")]
License = Annotated[
    str, typer.Option(metavar="NAME", help="Of the weights, as Hugging Face spells it: apache-2.0, cc-by-4.0, other.")
]


def options_of(
    victims: Sequence[str],
    defenses: Sequence[str],
    tasks: Sequence[str],
    *,
    corpus: str,
    corpus_root: Path | None,
    noise_bank: Sequence[str],
    noise_root: Sequence[Path],
    noise_map: Path | None,
    split: str,
    fold: str,
    seeds: str,
    device: str,
    plugin: Sequence[Path],
    repeats: int | None = 1,
) -> Options:
    """What is asked for, checked.

    Raises:
        bench.errors.UsageError: an option cannot be used as given.
    """
    from bench.options import Options, parse_folds, parse_seeds

    return Options(
        victims=tuple(victims),
        attacks=(NOT_ATTACKED,),
        defenses=tuple(defenses),
        corpus=corpus,
        corpus_root=corpus_root,
        noise_banks=tuple(noise_bank),
        noise_roots=tuple(noise_root),
        noise_map=noise_map,
        tasks=tuple(tasks),
        split=split,
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        repeats=repeats,
        device=device,  # type: ignore[arg-type]  # checked by Options
        plugins=tuple(plugin),
    )


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
