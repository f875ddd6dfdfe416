"""Frozen dataclasses as JSON and back: kept by their names, so that reading runs no code of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

_MARK = "="


@dataclass(frozen=True)
class Plain:
    """Turn values into JSON and back.

    Texts, numbers, truth values, None, tuples, mappings, and dataclasses of named kinds.

    Args:
        kinds: the dataclasses that may be read.
        special: by type, what is written in its place, as JSON, and how that is read.
    """

    kinds: tuple[type, ...]
    special: Mapping[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]]

    def text(self, value: object) -> str:
        """Return the JSON of a value.

        Raises:
            TypeError: something in it is of another type.
        """
        return json.dumps(self._told(value), separators=(",", ":"))

    def value(self, text: str) -> Any:
        """Return the value of a JSON.

        Raises:
            ValueError: it is none of ours.
        """
        try:
            return self._made(json.loads(text))
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"no JSON of these kinds ({error!r})") from error

    def _told(self, value: Any) -> Any:
        kind = type(value)
        if kind in self.special:
            return {_MARK + kind.__name__: self.special[kind][0](value)}
        if is_dataclass(value):
            if kind not in self.kinds:
                raise TypeError(f"{kind.__name__}: not among the kinds that can be read")
            return {_MARK + kind.__name__: [self._told(vars(value)[one.name]) for one in fields(value) if one.init]}
        if isinstance(value, Mapping):
            return {_MARK: [[self._told(name), self._told(one)] for name, one in value.items()]}
        if isinstance(value, tuple | list):
            return [self._told(one) for one in value]
        return value

    def _made(self, told: Any) -> Any:
        if isinstance(told, list):
            return tuple(map(self._made, told))
        if not isinstance(told, dict):
            return told
        ((name, inner),) = told.items()
        if name == _MARK:
            return {self._made(key): self._made(one) for key, one in inner}
        named = name.removeprefix(_MARK)
        for kind, (_, read) in self.special.items():
            if kind.__name__ == named:
                return read(inner)
        return {one.__name__: one for one in self.kinds}[named](*map(self._made, inner))
