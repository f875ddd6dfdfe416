"""An entry's manifest: what is in it, by name, size and SHA-256. It comes first, and nothing is read that it lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.sharing.entry.card import EntryCard

SCHEMA = 1
"""Version of entries. It grows when a field changes its meaning or goes."""
MANIFEST = "manifest.json"
MOST_MANIFEST, MOST_FILES, MOST_BYTES = 2**22, 10_000, 2**31
"""Bytes of a manifest, files of an entry, and bytes of all of them together."""
AGAIN = "have it packed again by bench submit, or leave it out"
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,119}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DEEPEST = 12


@dataclass(frozen=True)
class PackedFile:
    """Name one file of an entry.

    Args:
        name: path within, with / between.
        size: bytes.
        sha256: of its content.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class EntryManifest:
    """Say what is in an entry.

    Args:
        card: what people are told of it.
        version: of serbench, that packed it.
        code: "plugin" for a file, "package" for a folder, "" for none: then all components are built in.
        files: all but the manifest, in the order in which they follow.
    """

    card: EntryCard
    version: str
    code: str
    files: tuple[PackedFile, ...]

    def to_bytes(self) -> bytes:
        """Return the manifest as it stands in the archive."""
        told = {"serbench_entry": SCHEMA, "made_with": self.version, "code": self.code}
        told |= {"card": self.card.to_json(), "files": [asdict(file) for file in self.files]}
        return (json.dumps(told, indent=1) + "\n").encode()

    @classmethod
    def of(cls, where: Path, content: bytes) -> EntryManifest:
        """Read a manifest that somebody else may have written.

        Args:
            where: the archive, named in messages.
            content: of the manifest.

        Raises:
            DataError: it is none, or names what cannot be.
        """
        try:
            told = JsonObject.of(where, loaded(content.decode()), AGAIN)
        except (ValueError, RecursionError) as error:
            raise DataError(where, f"a {MANIFEST} that cannot be read ({error})", "JSON", AGAIN) from error
        if (version := told.whole("serbench_entry")) != SCHEMA:
            raise DataError(where, f"an entry of version {version}", f"version {SCHEMA}", "update serbench")
        if (code := told.text("code")) not in ("plugin", "package", ""):
            raise told.wrong("code", f"{code!r:.80}", "plugin, package, or nothing")
        files = tuple(_file(one) for one in told.objects("files"))
        check_names(where, [file.name for file in files])
        if sum(file.size for file in files) > MOST_BYTES:
            raise DataError(where, "files of more bytes", f"at most {MOST_BYTES:,} together", AGAIN)
        return cls(EntryCard.of(told.inner("card")), told.text("made_with"), code, files)


def _file(told: JsonObject) -> PackedFile:
    file = PackedFile(told.text("name"), told.whole("size"), told.text("sha256"))
    if not 0 <= file.size <= MOST_BYTES:
        raise told.wrong("size", f"{file.size:,}", f"0 to {MOST_BYTES:,}")
    if not _DIGEST.fullmatch(file.sha256):
        raise told.wrong("sha256", "no digest", "64 hexadecimal digits")
    return file


def check_names(where: Path, names: Sequence[str]) -> None:
    """Refuse names that are no plain relative paths, or of which two would be one file somewhere.

    Args:
        where: the archive, named in messages.
        names: of all files.

    Raises:
        DataError: there is such a name; or there are too many.
    """
    if len(names) > MOST_FILES:
        raise DataError(where, f"{len(names):,} files", f"at most {MOST_FILES:,}", AGAIN)
    for name in names:
        if not is_plain_name(name):
            expected = "relative names of ASCII letters, digits, _ . + -, none of which begins with a dot"
            raise DataError(where, f"a file named {name!a:.120}", expected, AGAIN)
    known = {MANIFEST.casefold()}
    for name in names:
        if name.casefold() in known:
            raise DataError(where, f"two files named {name}", "each once", AGAIN)
        known.add(name.casefold())
    above = {"/".join(name.casefold().split("/")[:end]) for name in names for end in range(1, name.count("/") + 1)}
    if both := above & known:
        raise DataError(where, f"a file and a folder named {min(both)}", "one of them", AGAIN)


def is_plain_name(name: Any) -> bool:
    """Tell whether a name is a plain relative path: it leads nowhere else, and shows as what it is.

    >>> is_plain_name("cells/ab.parquet"), is_plain_name("../ab"), is_plain_name("/ab"), is_plain_name("a\\u202eb")
    (True, False, False, False)
    """
    parts: Sequence[str] = name.split("/") if isinstance(name, str) else []
    return 0 < len(parts) <= _DEEPEST and all(_PART.fullmatch(part) for part in parts)
