"""An entry's card: who made it, and what others may do with it. Text, as it is shown, and nothing that acts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.core.errors import DataError, UsageError
from bench.core.showing.plain_text import plain_text
from bench.core.storage.json_objects import JsonObject
from bench.core.storage.regular import read_regular

FIELDS = ("title", "authors", "licence", "citation", "contact", "description")
_NEEDED = ("title", "authors", "licence")
_LONGEST = {"title": 120, "description": 4_000, "citation": 4_000}
_LONG, _MOST_AUTHORS, _MOST_TOML = 300, 200, 2**16


@dataclass(frozen=True)
class EntryCard:
    """Tell people of an entry.

    Args:
        title: what it is called on a board.
        authors: at least one.
        licence: of all that is in it, best an SPDX name.
        citation: how to cite it; "" for nothing.
        contact: a way to reach somebody; "" for none.
        description: what it does; "" for nothing.

    Raises:
        UsageError: a field that is needed is empty, or one is too long, or has characters that do not show.
    """

    title: str
    authors: tuple[str, ...]
    licence: str
    citation: str = ""
    contact: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        for name in _NEEDED:
            if not vars(self)[name]:
                raise _refused(name, "nothing", "it", f"give --{name.replace('authors', 'author')}, or a card file")
        if len(self.authors) > _MOST_AUTHORS:
            raise _refused("authors", f"{len(self.authors):,}", f"at most {_MOST_AUTHORS}", "name fewer")
        for name, text in (
            *((n, vars(self)[n]) for n in FIELDS if n != "authors"),
            *(("authors", a) for a in self.authors),
        ):
            if not text.strip() and name in _NEEDED:
                raise _refused(name, "nothing but blanks", "a name", "write it out")
            if len(text) > (most := _LONGEST.get(name, _LONG)):
                raise _refused(name, f"{len(text):,} characters", f"at most {most:,}", "shorten it")
            if plain_text(text) != text or (name in ("title", "licence") and "\n" in text):
                raise _refused(name, f"“{plain_text(text):.120}”", "characters that show", "leave the others out")

    def to_json(self) -> dict[str, object]:
        """Return its fields."""
        return asdict(self) | {"authors": list(self.authors)}

    @classmethod
    def of(cls, told: JsonObject) -> EntryCard:
        """Read a card out of somebody's manifest.

        Raises:
            DataError: a field is missing, or cannot be used.
        """
        texts = {name: told.text(name) for name in FIELDS if name != "authors"}
        try:
            return cls(authors=told.texts("authors"), **texts)
        except UsageError as error:
            raise DataError(told.where, f"{error.where} with {error.found}", error.expected, error.remedy) from error


def read_card(file: Path | None, given: Mapping[str, str | Sequence[str] | None]) -> EntryCard:
    """Put a card together from a TOML file and from options, which go first.

    Args:
        file: with fields by their names; None for none.
        given: fields by their names; None and nothing for those not given.

    Raises:
        UsageError: a field is unknown, of another type, or cannot be used.
        DataError: the file cannot be read.
    """
    told: dict[str, object] = {} if file is None else _toml(file)
    told |= {name: value for name, value in given.items() if value}
    if unknown := sorted(set(told) - set(FIELDS)):
        raise UsageError(f"--card {file}", f"a field {unknown[0]!r}", ", ".join(FIELDS), "take it out")
    authors = told.pop("authors", ())
    several = [authors] if isinstance(authors, str) else authors
    if not isinstance(several, list | tuple) or not all(isinstance(one, str) for one in (*several, *told.values())):
        raise UsageError(f"--card {file}", "a field that is no text", "texts, and a list of authors", "correct it")
    texts = {name: str(told.get(name, "")) for name in FIELDS if name != "authors"}
    return EntryCard(authors=tuple(map(str, several)), **texts)


def _toml(file: Path) -> dict[str, object]:
    content = read_regular(file, _MOST_TOML, "give another")
    try:
        return dict(tomllib.loads(content.decode()))
    except (ValueError, RecursionError) as error:
        raise DataError(file, f"no TOML ({error})", 'lines such as title = "My defence"', "correct it") from error


def _refused(name: str, found: str, expected: str, remedy: str) -> UsageError:
    return UsageError(f"card, {name}", found, expected, remedy)
