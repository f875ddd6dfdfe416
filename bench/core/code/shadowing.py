"""Folders of a user's that hide packages of ours: Python looks beside the script, or in the current folder, first."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from bench.core.errors import UsageError

PACKAGES = ("attacks", "bench", "defenses", "leaderboards", "victims")
"""The project's top-level packages, installed together in one folder."""

HOME = Path(__file__).resolve().parents[3]
"""The folder that they lie in."""


def refuse_shadow(module: str) -> None:
    """Refuse to import another's module in the place of ours; what is not ours at all is not looked at.

    Args:
        module: a dotted name.

    Raises:
        UsageError: Python would take its package from elsewhere; the message names that folder or file.

    >>> refuse_shadow("attacks.boundary")
    """
    package = module.replace(":", ".").partition(".")[0]
    theirs = _found(package) if package in PACKAGES else None
    if theirs is None or theirs == HOME / package:
        return
    kind = "folder" if theirs.is_dir() else "file"
    found = f"the {kind} {theirs}, which Python imports in its place"
    remedy = f"rename that {kind}, or start Python elsewhere"
    raise UsageError(f"serbench's package {package!r}", found, f"the one in {HOME}", remedy)


def _found(package: str) -> Path | None:
    """The folder or file that Python imports under this name; None where there is none, or it has no place."""
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # it was made by hand
        return None
    if spec is None or spec.origin is None:
        return None
    if spec.origin == f"{HOME}{os.sep}{package}{os.sep}__init__.py":
        return HOME / package  # at once, for a list asks of every component
    file = Path(spec.origin).resolve()
    return file.parent if file.stem == "__init__" else file
