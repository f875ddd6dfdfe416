"""Where corpora and noise banks come from: what may be downloaded freely, and whom to ask for the rest.

The facts stand in `sources.toml` beside this file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Archive:
    """One file to download.

    Args:
        name: the file.
        url: where it is, http or https.
        size: bytes.
        exact: whether the size is known to the byte; the server is held to it. Otherwise it is a rough figure.
        checksum: "md5:..." or "sha256:..." in lower-case hexadecimal, or "" where none is known.
        varies: whether the server makes the archive anew now and then, so that another checksum is no fault.
    """

    name: str
    url: str
    size: int
    exact: bool = True
    checksum: str = ""
    varies: bool = False

    @property
    def binding(self) -> bool:
        """Say whether what comes must have the checksum."""
        return bool(self.checksum) and not self.varies


@dataclass(frozen=True)
class Source:
    """A corpus or noise collection that anybody may download.

    Args:
        name: as in `bench data fetch NAME`, and of the folder that it becomes.
        kind: "corpora" or "noise_banks".
        title: its full name, version and extent.
        page: its web page.
        licence: under which it is given.
        citation: the publication to cite.
        archives: what to download.
        unpacked: bytes that it takes when unpacked, at most.
        reads: the corpus or noise bank that reads it.
        root: the folder to give that as its root, within the unpacked folder; "." is the whole.
        checksums: who published the checksums.
        note: what else to know of it.
    """

    name: str
    kind: str
    title: str
    page: str
    licence: str
    citation: str
    archives: tuple[Archive, ...]
    unpacked: int
    reads: str
    root: str = "."
    checksums: str = ""
    note: str = ""


@dataclass(frozen=True)
class Licensed:
    """A corpus that its owners hand out themselves.

    Args:
        title: its name.
        page: its web page.
        how: what to do there.
    """

    title: str
    page: str
    how: str


@dataclass(frozen=True)
class Catalogue:
    """All that is known, each by the name on the command line.

    Args:
        fetch: what may be downloaded.
        ask: what has to be asked for.
        ready: what needs no download, and why.
    """

    fetch: Mapping[str, Source]
    ask: Mapping[str, Licensed]
    ready: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """List every name that is known."""
        return [*self.fetch, *self.ask, *self.ready]


def catalogue() -> Catalogue:
    """Read `sources.toml`.

    >>> found = catalogue()
    >>> sorted(found.fetch), found.fetch["ravdess"].archives[0].size
    (['demand', 'emodb', 'esc50', 'musan', 'ravdess'], 208468073)
    """
    text = Path(__file__).with_name("sources.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return Catalogue(
        fetch={name: _source(name, table) for name, table in tables["fetch"].items()},
        ask={name: Licensed(**table) for name, table in tables["ask"].items()},
        ready=tables["ready"],
    )


def _source(name: str, table: dict[str, Any]) -> Source:
    base, files = table.pop("base"), table.pop("files")
    return Source(name=name, archives=tuple(_archive(base, file) for file in files), **table)


def _archive(base: str, file: dict[str, Any]) -> Archive:
    exact = "size" in file
    return Archive(
        name=file["name"],
        url=base + file["name"],
        size=file["size"] if exact else file["about"],
        exact=exact,
        checksum=file.get("checksum", ""),
        varies=file.get("varies", False),
    )
