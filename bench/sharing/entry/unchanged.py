"""Whether the code of an entry is the code that its records were made with: by digest, without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.contracts.registry import Registry
from bench.core.errors import DataError
from bench.core.specs import Spec, bare
from bench.core.storage.json_objects import loaded
from bench.scoring.record_files.descriptions import Description
from bench.sharing.entry.contents import EntryContents


def check_unchanged(contents: EntryContents, where: Path) -> None:
    """Refuse code that was changed after the run.

    Args:
        contents: of the entry, on the machine and with the version that the run was made with.
        where: the run, named in messages.

    Raises:
        DataError: a component's digest is not the one in a record.
    """
    plugin = contents.code.plugin
    if plugin is None or contents.code.packages:  # a package's digest is of the installed one, at its own place
        return
    isolated = set(contents.code.components)
    entries = Registry.discover((plugin,), isolated, over=True).entries
    for cell in contents.cells:
        for kind, name, code in _codes(cell.description):
            if (kind, name) in isolated and not code.startswith(own := entries[kind, name].code):
                found = f"{name!r} with code {own[:8]}, and records of {code[:8]}"
                raise DataError(where, found, "the code that the run was made with", "run again, or give that file")


def _codes(about: Description) -> Iterator[tuple[str, str, str]]:
    """Kind, name and digest of the code of every single component of a cell."""
    told = loaded(about.text)
    parts = (("victims", told["fitting"]["victim"]), ("defenses", told["fitting"].get("defense")))
    for kind, part in (*parts, ("attacks", told["attack_identity"])):
        yield from ((kind, *one) for one in _leaves(part))


def _leaves(part: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(part, Mapping):
        return
    inner = part.get("parts")
    if isinstance(inner, list):
        for one in inner:
            yield from _leaves(one)
    elif isinstance(spec := part.get("spec"), str) and isinstance(code := part.get("code"), str):
        yield Spec.parse(bare(spec)).name, code
