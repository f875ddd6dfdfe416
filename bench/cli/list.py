"""`bench list`: what is registered."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.completion import kinds as kinds_of
from bench.cli.completion import name_of_kind
from bench.cli.saying import say, say_json

if TYPE_CHECKING:
    from bench.contracts.entries import Entry

TASK_KIND = "tasks"


def list_components(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="victims, attacks, defenses, corpora, noise_banks or tasks; all if left out.",
            autocompletion=kinds_of,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="One of them: what it does, its parameters, an example.",
            autocompletion=name_of_kind,
        ),
    ] = None,
    plugin: Annotated[list[Path], typer.Option(metavar="FILE", help="A Python file with components of yours.")] = [],  # noqa: B006
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List victims, attacks, defences, corpora and noise banks, with their parameters and defaults, and the tasks."""
    from bench.cli.list_one import show_one
    from bench.contracts.entries import KINDS, SINGULAR, entries_by_name
    from bench.core.errors import UsageError
    from bench.core.specs import did_you_mean

    kinds = (*KINDS, TASK_KIND)
    kind = {one: many for many, one in SINGULAR.items()}.get(kind or "", kind)
    entries = entries_by_name(plugin)
    if kind is not None and kind not in kinds:
        raise _no_kind(kind, kinds, entries)
    if kind is not None and kind != TASK_KIND and name is not None:
        show_one(entries, kind, name, json)
        return
    wanted = (kind,) if kind else kinds
    found = [line for known in KINDS if known in wanted for line in _components(entries, known)]
    found += _tasks() if TASK_KIND in wanted else []
    if name is not None:
        names = [line["name"] for line in found]
        if name not in names:
            raise UsageError(f"bench list {kind}", repr(name), "one of " + ", ".join(names), did_you_mean(name, names))
        found = [line for line in found if line["name"] == name]
    if json:
        say_json(json_format.dumps(found, indent=1))
    else:
        _print(found)


def _no_kind(name: str, kinds: tuple[str, ...], entries: Mapping[tuple[str, str], Entry]) -> Exception:
    """The error of a word that is no kind; where it is a component's name, the remedy is the command that shows it."""
    from bench.core.errors import UsageError
    from bench.core.specs import did_you_mean

    homes = [f"bench list {of} {name}" for of, known in entries if known == name]
    remedy = " or ".join(homes) or did_you_mean(name, kinds)
    return UsageError("bench list", repr(name), "one of " + ", ".join(kinds), remedy)


def _components(entries: Mapping[tuple[str, str], Entry], kind: str) -> list[dict[str, str]]:
    found = []
    for name in sorted(name for of, name in entries if of == kind):
        entry = entries[kind, name]
        parameters, summary = entry.describe()
        granted = {"threat_model": said} if (said := entry.granted) else {}
        line = {"kind": kind, "name": name, "parameters": parameters, "summary": summary, "origin": entry.origin}
        found.append(line | granted)
    return found


def _tasks() -> list[dict[str, str]]:
    from bench.data.task_words import described_tasks

    return [
        {"kind": TASK_KIND, "name": name, "parameters": "", "summary": summary, "origin": "serbench"}
        for name, summary in described_tasks()
    ]


def _print(found: list[dict[str, str]]) -> None:
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    kind = ""
    for entry in found:
        if entry["kind"] != kind:
            kind = entry["kind"]
            say(f"\n{kind}")
        say(f"  {entry['name']}  ({entry['origin']})")
        threats = f"Threat model: {entry['threat_model']}" if "threat_model" in entry else ""
        for text in (entry["summary"], entry["parameters"], threats):
            if text:
                say(textwrap.fill(text, width, initial_indent=" " * 6, subsequent_indent=" " * 6))
