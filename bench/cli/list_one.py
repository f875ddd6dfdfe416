"""`bench list KIND NAME`: one component, as far as its source tells."""

from __future__ import annotations

import json as json_format
import shutil
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.cli.saying import say, say_json
from bench.core.errors import UsageError
from bench.core.specs import did_you_mean

if TYPE_CHECKING:
    from bench.contracts.entries import Entry
    from bench.contracts.sources import Parameter

_EXAMPLES = {
    "victims": "bench run --victim {} --attack boundary",
    "attacks": "bench run --victim cnn_gru --attack {}",
    "defenses": "bench run --victim cnn_gru --defense {} --attack boundary",
    "corpora": "bench run --victim cnn_gru --attack boundary --corpus {}",
    "noise_banks": "bench run --victim cnn_gru --attack boundary --noise-bank {}",
}


def show_one(entries: Mapping[tuple[str, str], Entry], kind: str, name: str, as_json: bool) -> None:
    """Print what one component does, each of its parameters, and a command that uses it.

    Args:
        entries: all components, by kind and name.
        kind: "victims", "attacks", "defenses", "corpora" or "noise_banks".
        name: of the component.
        as_json: print JSON.

    Raises:
        UsageError: there is none of that name.
    """
    names = sorted(one for of, one in entries if of == kind)
    if name not in names:
        raise UsageError(f"bench list {kind}", repr(name), "one of " + ", ".join(names), did_you_mean(name, names))
    entry = entries[kind, name]
    text, parameters = entry.explain()
    example = _EXAMPLES[kind].format(_spec(name, parameters))
    if any(one.name == "root" for one in parameters):
        example += " --corpus-root FOLDER" if kind == "corpora" else " --noise-root FOLDER"
    if as_json:
        told: dict[str, object] = {"kind": kind, "name": name, "origin": entry.origin, "defined_in": entry.target}
        told |= {
            "description": text,
            "parameters": [asdict(one) for one in parameters],
            "threat_model": entry.granted,
            "example": example,
        }
        say_json(json_format.dumps(told, indent=1))
        return
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    say(f"{name}  ({entry.origin}; {entry.target})\n")
    for part in text.split("\n\n"):
        code = part.lstrip().startswith((">>>", "|", "- ", "```")) or "\n    " in part
        say(part if code else textwrap.fill(" ".join(part.split()), width))
        say()
    if parameters:
        say("Parameters:")
    for one in parameters:
        given = f"{one.name}: {one.type}" + ("" if one.default is None else f" = {one.default}")
        say(textwrap.fill(given, width, initial_indent="  ", subsequent_indent=" " * 6, break_long_words=False))
        if one.meaning:
            say(textwrap.fill(one.meaning, width, initial_indent=" " * 6, subsequent_indent=" " * 6))
    if entry.granted:
        say(f"\nThreat model: {entry.granted}")
    say(f"\nFor example: {example}")


def _spec(name: str, parameters: list[Parameter]) -> str:
    """A spec that can be given, what has to be filled in as capitals; one parameter shows how they are given."""
    needed = [
        one for one in parameters if one.default is None or (one is parameters[0] and one.default in ("''", '""'))
    ]
    given = [one.name.upper() if one is parameters[0] else f"{one.name}={one.name.upper()}" for one in needed]
    given = given or [f"{one.name}={one.default}" for one in parameters if str(one.default)[:1].isdigit()][:1]
    return f"{name}:{','.join(given)}" if given else name
