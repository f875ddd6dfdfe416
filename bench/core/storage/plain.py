"""Frozen dataclasses as JSON and back: kept by their names, so that reading runs no code of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

_MARK = "="
_ITSELF = frozenset({str, int, float, bool, type(None)})


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
            return _fixed(json.loads(text, object_hook=self._made))
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"no JSON of these kinds ({error!r})") from error

    def _told(self, value: Any) -> Any:
        kind = type(value)
        if kind in _ITSELF:
            return value
        if kind in self.special:
            return {_MARK + kind.__name__: self.special[kind][0](value)}
        if kind in self._fields:
            own, (mark, names) = vars(value), self._fields[kind]
            told = [own[name] for name in names]
            return {mark: [one if type(one) in _ITSELF else self._told(one) for one in told]}
        if is_dataclass(value):
            raise TypeError(f"{kind.__name__}: not among the kinds that can be read")
        if isinstance(value, Mapping):
            return {_MARK: [[self._told(name), self._told(one)] for name, one in value.items()]}
        if isinstance(value, tuple | list):
            return self._all_told(value)
        return value

    def _all_told(self, values: Sequence[Any]) -> list[Any]:
        return [one if type(one) in _ITSELF else self._told(one) for one in values]

    def _made(self, told: dict[str, Any]) -> Any:
        """What an object of the JSON stands for, whose own objects are made."""
        ((name, inner),) = told.items()
        if name == _MARK:
            return {_fixed(key): _fixed(one) for key, one in inner}
        named = name.removeprefix(_MARK)
        if named in self._readers:
            return self._readers[named](inner)
        return self._named[named](*[_fixed(one) if type(one) is list else one for one in inner])

    @cached_property
    def _fields(self) -> dict[type, tuple[str, tuple[str, ...]]]:
        """By kind, how it is marked, and what it is made of."""
        told = {kind: tuple(one.name for one in fields(kind) if one.init) for kind in self.kinds}
        return {kind: (_MARK + kind.__name__, names) for kind, names in told.items()}

    @cached_property
    def _named(self) -> dict[str, type]:
        return {one.__name__: one for one in self.kinds}

    @cached_property
    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        return {kind.__name__: read for kind, (_, read) in self.special.items()}


def _fixed(told: Any) -> Any:
    """The same with tuples in the place of lists."""
    return tuple(map(_fixed, told)) if type(told) is list else told
