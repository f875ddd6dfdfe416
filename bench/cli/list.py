"""`bench list`: what is registered."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer


def list_components(
    kind: Annotated[
        str | None, typer.Argument(help="victims, attacks, defenses, corpora, noise_banks; all if left out.")
    ] = None,
    plugin: Annotated[list[Path], typer.Option(help="A Python file with components of yours.")] = [],  # noqa: B006
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List victims, attacks, defences, corpora and noise banks, with their parameters and defaults."""
    from bench.errors import UsageError
    from bench.registry import KINDS, Registry
    from bench.specs import did_you_mean

    if kind is not None and kind not in KINDS:
        raise UsageError("bench list", repr(kind), "one of " + ", ".join(KINDS), did_you_mean(kind, KINDS))

    registry = Registry.discover(plugin)
    found = []
    for wanted in [kind] if kind else KINDS:
        for name in registry.names(wanted):
            entry = registry.entry(wanted, name)
            parameters, summary = entry.describe()
            found.append(
                {"kind": wanted, "name": name, "parameters": parameters, "summary": summary, "origin": entry.origin}
            )
    if json:
        typer.echo(json_format.dumps(found, indent=1))
        return
    _print(found)


def _print(found: list[dict[str, str]]) -> None:
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    kind = ""
    for entry in found:
        if entry["kind"] != kind:
            kind = entry["kind"]
            typer.echo(f"\n{kind}")
        typer.echo(f"  {entry['name']}  ({entry['origin']})")
        for text in (entry["summary"], entry["parameters"]):
            if text:
                typer.echo(textwrap.fill(text, width, initial_indent=" " * 6, subsequent_indent=" " * 6))
