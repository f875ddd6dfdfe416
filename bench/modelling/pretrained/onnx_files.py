"""The files that an ONNX graph loads, read from the model file itself, without the `onnx` package."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from bench.core.errors import DataError

_Message: TypeAlias = "str"

_FIELDS: Mapping[_Message, Mapping[int, _Message]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "tensor": {13: "entry"},
}
"""Of onnx.proto, the fields that lead to a tensor's external data; all others are passed over."""

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5


def external_files(file: Path) -> list[Path]:
    """List the files with weights that a model's graph, its subgraphs and its functions name.

    Args:
        file: the model.

    Returns:
        In alphabetical order; none where the file is no model, which who loads it says.

    Raises:
        DataError: one is outside the model's folder, or a link that leads there.
    """
    found: set[str] = set()
    if not file.is_file():  # a pipe would be waited for; who digests it says so
        return []
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for entry in _entries(content, 0, len(content), "model"):
                if entry.get(1) == b"location":
                    found.add(entry.get(2, b"").decode("utf-8", "replace"))
    except (OSError, ValueError, IndexError, RecursionError):
        return []
    return [_within(file, name) for name in sorted(found)]


def _within(file: Path, name: str) -> Path:
    """The path of a file with weights that a model names.

    Raises:
        DataError: it is outside the model's folder.
    """
    path = file.parent / name
    homes = (file.parent.resolve(), file.resolve().parent)  # the hub's cache has links to both files in one folder
    try:
        inside = not Path(name).is_absolute() and any(path.resolve().is_relative_to(home) for home in homes)
    except (OSError, ValueError):
        inside = False
    if not inside:
        found, remedy = f"weights at {name[:200]!r}", "put them beside the model, and name them without a folder"
        raise DataError(file, found, "weights in the model's own folder", remedy)
    return path


def _entries(content: mmap.mmap, start: int, end: int, message: _Message) -> Iterator[dict[int, bytes]]:
    """The key-value pairs of external data below a message."""
    if message == "entry":
        yield {field: content[at:stop] for field, at, stop in _fields(content, start, end)}
        return
    for field, at, stop in _fields(content, start, end):
        inner = _FIELDS[message].get(field)
        if inner is not None:
            yield from _entries(content, at, stop, inner)


def _fields(content: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The number of each field that has a length, and where its content starts and ends.

    Raises:
        ValueError: it is no protocol buffer.
    """
    while at < end:
        key, at = _varint(content, at)
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint(content, at)
        elif kind in (_EIGHT, _FOUR):
            at += 8 if kind == _EIGHT else 4
        elif kind == _LENGTH:
            size, at = _varint(content, at)
            if at + size > end:
                raise ValueError("a field that is longer than what it stands in")
            yield key >> 3, at, at + size
            at += size
        else:
            raise ValueError("a field of no kind")


def _varint(content: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number that does not end")
