"""`bench new`: a package for a component of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.saying import say


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="attack, defense, victim or corpus.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the component, as bench run will take it.")],
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="The new folder; serbench-NAME by default.")] = None,
) -> None:
    """Write a package for a component of your own: a module that works, its test, and how to install it.

    It passes `bench check` as it is written. Replace what its class does by what yours should.
    """
    import shlex

    from bench.contracts.registry import Registry
    from bench.sharing.new_package import write_package

    package = write_package(kind, name, to, Registry.discover())
    folder = shlex.quote(str(package.folder))
    say(f"{package.module}: replace what its class does by what yours should. Then:\n")
    for command in package.commands(folder):
        say(f"  {command}")
