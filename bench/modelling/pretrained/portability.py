"""Specs that come with a folder from elsewhere: what they may name, and who brings it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.contracts.composition import specs_in
from bench.contracts.traits import traits_of
from bench.core.errors import BenchError, UsageError
from bench.core.specs import values_of

Build = Callable[[str, str], Any]
"""Makes a component from its kind and spec."""

_ADDRESS = re.compile(r"\w+://[^\s,;]*")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_SHOWN = 100
_SEPARATORS = re.compile(r"[:;,=+\s]+")


def check_inside(where: str, named: Iterable[tuple[str, str]], build: Build) -> None:
    """Refuse components that rest on a file or address of this machine or another, or are made of one that does.

    Args:
        where: for messages.
        named: kinds and specs: of a victim, and of its defence if it has one.
        build: makes a component from its kind and spec.

    Raises:
        UsageError: a parameter is a path, an address, or the name of a file or folder that is here.
    """
    for kind, spec in ((of, part) for of, text in named for part in specs_in(of, text)):
        component = build(kind, spec)
        for name, value in _outside(component):
            found = f"{spec!r}, whose parameter {name!r} leads to {value}"
            expected = "a component that needs no file or service of its user's"
            raise UsageError(where, found, expected, "take one whose weights are its own")
        check_inside(where, traits_of(component).made_of, build)


def _outside(component: Any) -> Iterator[tuple[str, str]]:
    """The parameters that lead out of an exported folder."""
    for field, value in zip(fields(component), values_of(component).values(), strict=True):
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Path) or (isinstance(one, str) and one != field.default and _leads(one)):
                yield field.name, str(one)


def _leads(text: str) -> bool:
    """Whether a parameter's text is an address or a path, or names something that is here (FILE.py:OBJECT too)."""
    pieces = [text, *text.split(":")]
    return "://" in text or any(_is_path(piece) or _is_here(piece) for piece in pieces)


def _is_path(piece: str) -> bool:
    return piece.startswith(("/", "~", ".")) or "\\" in piece or bool(_DRIVE.match(piece))


def _is_here(piece: str) -> bool:
    try:
        return bool(piece) and Path(piece).exists()
    except OSError:  # too long for a name
        return False


def path_in(spec: str) -> str | None:
    """Find the first path or address in a spec whose component has not been made; None where there is none.

    Names with a slash that are nothing here may be names on a hub.

    >>> path_in("multimodal:text=bert_text:encoder=/etc;frozen=false")
    '/etc'
    >>> path_in("wav2vec2_audio:encoder=superb/hubert,dropout=0.1")
    """
    address = _ADDRESS.search(spec)
    if address:
        return address[0]
    pieces = _SEPARATORS.split(spec)
    found = (one for one in pieces if _is_path(one) or (("/" in one or "." in one) and _is_here(one)))
    return next(found, None)


def absolute_paths(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value that is the absolute path of something on this machine."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from absolute_paths(key)
            yield from absolute_paths(one)
    elif isinstance(value, list):
        for one in value:
            yield from absolute_paths(one)
    elif isinstance(value, str) and Path(value).is_absolute() and _is_here(value):
        yield value


def built(where: str, build: Build, kind: str, spec: str, origin: str) -> Any:
    """Build a component that an exported folder names.

    Args:
        where: the folder, for the message.
        build: makes a component from its kind and spec.
        kind: one of `bench.contracts.component.KINDS`.
        spec: as the folder gives it.
        origin: the distribution or plug-in file that the folder says it came from.

    Raises:
        UsageError: it is not registered here, or has other parameters; the message says who brings it.
    """
    try:
        return build(kind, spec)
    except BenchError as error:
        found = f"{spec[:_SHOWN]!r}, which cannot be made here ({error.where}: found {error.found[:_SHOWN]})"
        remedy = f"install what it came from ({origin}), or give its file with --plugin"
        raise UsageError(where, found, "a component that is registered", remedy) from error
