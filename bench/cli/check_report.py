"""What `bench check` prints: each check, what it asks, and what was found."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cli.saying import say, say_json
from bench.core.showing.plain_text import plain_text

if TYPE_CHECKING:
    from bench.conformance.checking import CheckOutcome


@dataclass(frozen=True)
class CheckedComponent:
    """Who was checked.

    Args:
        singular: its kind, in the singular.
        kind: in the plural, as `bench list` has it.
        spec: as it was checked.
        origin: the distribution and version, or the plug-in file, that brings it.
        target: "package.module:Class".
        licence: as its package says, "" where it says none; None where nothing could say it.
    """

    singular: str
    kind: str
    spec: str
    origin: str
    target: str
    licence: str | None

    @property
    def title(self) -> str:
        """Name it for a reader."""
        return f"{self.singular} {plain_text(self.spec)!r}"


def show(subject: CheckedComponent, found: Sequence[CheckOutcome]) -> None:
    """Print the report for a reader: a line a check, and under one that failed what was found and expected.

    Args:
        subject: who was checked.
        found: what came of each check.
    """
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    longest = max(len(one.check.name) for one in found)
    margin = " " * (longest + 23)

    def told(first: str, text: str) -> str:
        return textwrap.fill(plain_text(text), width, initial_indent=first, subsequent_indent=margin)

    say(f"{subject.title}  ({subject.origin}; {subject.target})")
    if subject.licence is not None:
        say(f"licence: {subject.licence or 'none is named: say it in pyproject.toml, license = ...'}")
    say()
    for one in found:
        say(told(f"  {one.status:7}  {one.check.name:{longest}}  {one.seconds:6.2f} s  ", one.check.asks))
        if one.found:
            say(told(margin, f"found: {one.found}" if one.status == "failed" else one.found))
    say(f"\n{_sum(found)}")


def show_json(subject: CheckedComponent, found: Sequence[CheckOutcome]) -> None:
    """Print the report as JSON.

    Args:
        subject: who was checked.
        found: what came of each check.
    """
    told: dict[str, Any] = {"schema": 1, "kind": subject.kind, "spec": subject.spec, "origin": subject.origin}
    told |= {
        "defined_in": subject.target,
        "licence": subject.licence,
        "conforms": all(one.status != "failed" for one in found),
    }
    told["checks"] = [
        {
            "name": one.check.name,
            "asks": one.check.asks,
            "status": one.status,
            "found": one.found,
            "seconds": round(one.seconds, 3),
        }
        for one in found
    ]
    say_json(json.dumps(told, indent=1))


def _sum(found: Sequence[CheckOutcome]) -> str:
    """How many of each, and what that means."""
    counts = Counter(one.status for one in found)
    told = ", ".join(f"{counts[status]} {status}" for status in ("passed", "failed", "skipped") if counts[status])
    end = "it does not conform" if counts["failed"] else "it conforms"
    return f"{told} in {sum(one.seconds for one in found):.1f} s: {end}."
