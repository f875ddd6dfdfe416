"""JSON that somebody else wrote, or an older version of ours: read field by field, and nothing in it believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench.core.errors import DataError

_T = TypeVar("_T")
_MOST_DIGITS = 40


def loaded(text: str | bytes) -> Any:
    """Read JSON that holds nothing but what can be used and written again.

    Args:
        text: the JSON.

    Raises:
        ValueError: it is no JSON, is nested too deep, or holds half of a surrogate pair or a number of over 40 digits.

    >>> loaded('{"a": [1]}')
    {'a': [1]}
    """
    try:
        found = json.loads(text, parse_int=_whole)
        if (b"\\u" if isinstance(text, bytes) else "\\u") in text:  # type: ignore[operator]
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


@dataclass(frozen=True)
class JsonObject:
    """Read the fields of a JSON object, and name the one that is missing or of another type.

    Args:
        where: the file that it stands in.
        fields: by name, as `json.loads` gives them.
        remedy: what to do about a file that cannot be read.
        inside: of which field this is the object, with a dot at its end; "" at the top.
    """

    where: Path
    fields: Mapping[str, object]
    remedy: str
    inside: str = ""

    @classmethod
    def of(cls, where: Path, found: object, remedy: str) -> JsonObject:
        """Take what `json.loads` gave for a JSON object.

        Args:
            where: the file that it stands in.
            found: what was read.
            remedy: what to do about a file that cannot be read.

        Raises:
            DataError: it is something else, for example a list.
        """
        if not isinstance(found, dict):
            raise DataError(where, f"JSON that is {_kind(found)}", "a JSON object", remedy)
        return cls(where, found, remedy)

    def has(self, name: str) -> bool:
        """Return whether there is such a field, and it is not null."""
        return self.fields.get(name) is not None

    def text(self, name: str) -> str:
        """Return a field that is a text."""
        return self._checked(name, str, "a text")

    def whole(self, name: str) -> int:
        """Return a field that is a whole number."""
        return self._checked(name, int, "a whole number")

    def whole_or_null(self, name: str) -> int | None:
        """Return a field that is a whole number or null; it has to be there."""
        return None if self._there(name) is None else self.whole(name)

    def number(self, name: str) -> float:
        """Return a field that is a number, as it was written: a whole one stays whole."""
        return self._checked(name, (int, float), "a number")

    def truth(self, name: str) -> bool:
        """Return a field that is true or false."""
        return self._checked(name, bool, "true or false")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts."""
        return self._list(name, (str,), "a list of texts")

    def wholes(self, name: str) -> tuple[int, ...]:
        """Return a field that is a list of whole numbers."""
        return self._list(name, (int,), "a list of whole numbers")

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return a field that is a list of numbers."""
        return self._list(name, (int, float), "a list of numbers")

    def objects(self, name: str) -> list[JsonObject]:
        """Return a field that is a list of objects."""
        found = enumerate(self._list(name, (dict,), "a list of objects"))
        return [JsonObject(self.where, one, self.remedy, f"{self.inside}{name}[{place}].") for place, one in found]

    def inner(self, name: str) -> JsonObject:
        """Return a field that is an object itself."""
        found = self._checked(name, dict, "an object")
        return JsonObject(self.where, found, self.remedy, f"{self.inside}{name}.")

    def inner_or_empty(self, name: str) -> JsonObject:
        """Return a field that is an object itself; an empty one where it is null or missing."""
        return self.inner(name) if self.has(name) else JsonObject(self.where, {}, self.remedy, f"{self.inside}{name}.")

    def named_texts(self) -> dict[str, str]:
        """Return all fields, each of which has to be a text."""
        return {name: self.text(name) for name in self.fields}

    def wrong(self, name: str, found: str, expected: str) -> DataError:
        """Return the error to raise where a field is not what it should be.

        Args:
            name: of the field.
            found: what it is.
            expected: what it should be.
        """
        return DataError(self.where, f"field {self.inside}{name} with {found}", expected, self.remedy)

    def _there(self, name: str) -> object:
        if name not in self.fields:
            raise DataError(self.where, f"no field {self.inside}{name}", "one", self.remedy)
        return self.fields[name]

    def _checked(self, name: str, kinds: type[_T] | tuple[type[_T], ...], expected: str) -> _T:
        value = self._there(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.wrong(name, _kind(value), expected)
        return value

    def _list(self, name: str, kinds: tuple[type, ...], expected: str) -> tuple[Any, ...]:
        found = self._checked(name, list, expected)
        if not all(type(one) in kinds for one in found):
            raise self.wrong(name, "a list of other things", expected)
        return tuple(found)


def _kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}
    return names.get(type(value), "null" if value is None else "an object")
