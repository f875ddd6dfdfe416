"""Specs: a component and its parameters as one line of text, `boundary:step_db=2,corr=true`.

The parameters are the fields of the component's frozen dataclass; their annotations say how the text is read. A value
may be a spec itself: within it every comma is doubled, `adaptive:attack=boundary:corr=true,,step_db=2,looks=4`, and
doubled again within a spec in that. No shell has a meaning for it. `isolated:` before a name runs the component in a
process of its own.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union

from bench.core.errors import UsageError

_SINGLE_COMMA = re.compile(r"(?<!,),(?!,)")
_BETWEEN_NUMBERS = r"(?<![\d.][eE])\+"
"""The sign between the numbers of a list: not that of an exponent, as in 1e+100."""
JOINED = "+"
"""What stands between the parts of a composition, and between the values of a list."""
NO_DEFENSE = "none"
"""What stands for a defence where there is none: the bare victim."""
ISOLATED = "isolated:"
"""What stands before a component's name where it runs in a process of its own."""
IN_MEMORY = "@"
"""What stands in the name of an object that was given from Python, before the digest that tells it from others."""


@dataclass(frozen=True)
class Spec:
    """A name and parameters, as text.

    Args:
        name: the component's name in the registry; `isolated:` stands before it where it runs in a process of its own.
        params: field name and text, in the order given. An empty field name stands for the first field.

    >>> Spec.parse("boundary:step_db=2,corr=true")
    Spec(name='boundary', params=(('step_db', '2'), ('corr', 'true')))
    >>> str(Spec.parse("boundary:step_db=2"))
    'boundary:step_db=2'
    >>> Spec.parse("adaptive:attack=boundary:corr=true,,step_db=2,looks=4").params
    (('attack', 'boundary:corr=true,step_db=2'), ('looks', '4'))
    >>> Spec.parse("onnx:runs/lr=1e-4/model.onnx").params
    (('', 'runs/lr=1e-4/model.onnx'),)
    >>> Spec.parse("isolated:boundary:step_db=2").name
    'isolated:boundary'
    """

    name: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str, where: str = "component") -> Spec:
        """Read a spec, NAME or NAME:KEY=VALUE,KEY=VALUE; the first parameter may stand without its name
        (`hf:some/model`).

        Args:
            text: the spec.
            where: which option or component it was given for, for the error.

        Raises:
            UsageError: the text is not of the form NAME or NAME:KEY=VALUE,KEY=VALUE.
        """
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            remedy = "rename the folder, or give the path from within it"  # records could not be written
            raise UsageError(where, repr(text), "a path that is UTF-8, in a spec", remedy)
        given = bare(text.strip())
        before = text.strip()[: -len(given)] if given else ""
        name, colon, rest = given.partition(":")
        pieces = [piece.replace(",,", ",") for piece in _SINGLE_COMMA.split(rest)] if colon else []
        items = [(piece, "", "") if _is_path(piece, at) else piece.partition("=") for at, piece in enumerate(pieces)]
        params = tuple((key.strip(), value.strip()) if equals else ("", key.strip()) for key, equals, value in items)
        named = [key for key, _ in params]
        unnamed_late = "" in named[1:]
        keyless = any(not key.strip() and (equals or not value.strip()) for key, equals, value in items)
        if not name or unnamed_late or keyless or _repeats(named):
            remedy = "see bench list for names and keys"
            if unnamed_late:
                remedy += "; a decimal has a point (0.5), several values are joined by + (5+15)"
            raise UsageError(where, repr(text), "NAME or NAME:KEY=VALUE,KEY=VALUE", remedy)
        return cls(before + name, params)

    def __str__(self) -> str:
        text = ",".join(f"{key}={_doubled(value)}" if key else _doubled(value) for key, value in self.params)
        return f"{self.name}:{text}" if text else self.name


def bare(spec: str) -> str:
    """Take `isolated:` away from before a spec, or from before a name.

    >>> bare("isolated:cnn_gru:hidden=8"), bare("cnn_gru")
    ('cnn_gru:hidden=8', 'cnn_gru')
    """
    return spec.removeprefix(ISOLATED)


def is_isolated(spec: str) -> bool:
    """Tell whether a spec, or a name, says that the component runs in a process of its own."""
    return spec.startswith(ISOLATED)


def _doubled(value: str) -> str:
    """A value's commas doubled, as they are written within a spec."""
    return value.replace(",", ",,")


def inner_spec(value: str) -> str:
    """Read a parameter's value that is a spec itself; `;` for the comma is the older notation, and still read.

    >>> inner_spec("boundary:corr=true;step_db=2")
    'boundary:corr=true,step_db=2'
    """
    return value.replace(";", ",")


def _is_path(piece: str, at: int) -> bool:
    """Whether the first parameter is a path that holds `=`, such as runs/lr=1e-4/model.onnx, and has no name."""
    before = piece.partition("=")[0]
    return at == 0 and any(mark in before for mark in "/\\.~")


def _repeats(names: Iterable[str]) -> bool:
    seen = list(names)
    return len(seen) != len(set(seen))


def build(factory: type[Any], spec: Spec, where: str) -> Any:
    """Make a component from its class and its spec.

    Args:
        factory: the component's class, a dataclass whose annotations say how each parameter's text is read.
        spec: its name and parameters.
        where: the component's kind, for errors: "attack".

    Raises:
        UsageError: a parameter that the component does not have, or a value that its annotation does not allow.
    """
    fields = {field.name: field for field in _fields(factory)}
    hints = typing.get_type_hints(factory)
    values: dict[str, Any] = {}
    for given, text in spec.params:
        key = given or next(iter(fields), "")
        if key not in fields:
            expected = "one of " + ", ".join(fields) if fields else "no parameters"
            raise UsageError(f"{where} {spec.name!r}", f"parameter {key!r}", expected, did_you_mean(key, fields))
        values[key] = _read(text, hints[key], f"{where} {spec.name!r}, parameter {key!r}")
    try:
        return factory(**values)
    except TypeError as error:
        missing = [name for name, field in fields.items() if name not in values and _required(field)]
        raise UsageError(f"{where} {spec.name!r}", "no " + ", ".join(missing), "a value for it", str(error)) from error


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _fields(component: Any) -> tuple[dataclasses.Field[Any], ...]:
    """The fields that are parameters: what is no argument of the class is none."""
    own = dataclasses.fields(component) if dataclasses.is_dataclass(component) else ()
    return tuple(field for field in own if field.init)


def _read(text: str, hint: Any, where: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        if text.lower() == "none" and type(None) in args:
            return None
        return _read(text, next(arg for arg in args if arg is not type(None)), where)
    if origin is Literal:
        choices = {str(arg): arg for arg in args}
        if text not in choices:
            raise UsageError(where, repr(text), "one of " + ", ".join(choices), did_you_mean(text, choices))
        return choices[text]
    if origin is tuple:
        items = re.split(_BETWEEN_NUMBERS if float in args else r"\+", text) if text else []
        kinds = args[:1] * max(len(items), 1) if args[-1] is Ellipsis else args
        if len(items) != len(kinds) and items:
            raise UsageError(where, repr(text), f"{len(kinds)} values joined by +", "for example 5+20")
        return tuple(_read(item, kind, where) for item, kind in zip(items, kinds, strict=False))
    if hint is bool:
        answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in answers:
            raise UsageError(where, repr(text), "true or false", "write it out")
        return answers[text.lower()]
    if hint in (int, float, str, Path):
        try:
            value = hint(text)
            if hint is float and (math.isnan(value) or (math.isinf(value) and "inf" not in text.lower())):
                raise ValueError("not a number, or too large for one")
            return value
        except ValueError as error:
            kind = "a whole number" if hint is int else "a number"
            raise UsageError(where, repr(text), kind, "see bench list for its parameters") from error
    raise UsageError(where, f"annotation {hint!r}", "bool, int, float, str, Path, Literal or tuple", "change the field")


def values_of(component: Any) -> dict[str, Any]:
    """Give the values of a dataclass's fields by their names, as they are; nothing of what is no dataclass.

    >>> values_of(Spec("fade_in"))
    {'name': 'fade_in', 'params': ()}
    """
    return {field.name: getattr(component, field.name) for field in _fields(component)}


def params_of(component: Any) -> dict[str, Any]:
    """List all the parameters of a component by their names, as they go into a record's key: plain JSON values."""
    return {name: _plain(value) for name, value in values_of(component).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else copy.deepcopy(value)  # what changes later changes no key


def spec_of(name: str, component: Any) -> str:
    """Write the shortest spec that builds this component: its name and the parameters that are not at their defaults.

    Args:
        name: the component's name in the registry.
        component: an instance of its dataclass.

    >>> from bench.core.types import Perturbation
    >>> spec_of("made", Perturbation("fade_in", "signal", "x"))
    'made:name=fade_in,category=signal,source=x'
    """
    given = zip(_fields(component), values_of(component).items(), strict=True)
    params = [(key, _text(value)) for field, (key, value) in given if _required(field) or value != _default(field)]
    return str(Spec(name, tuple(params)))


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, tuple):
        return "+".join(map(_text, value))
    return str(value).replace("e+", "e") if isinstance(value, float) else str(value)


def did_you_mean(name: str, known: Iterable[str] | Mapping[str, object]) -> str:
    """Suggest what to do about a misspelt name: the remedy of an error.

    Args:
        name: what was written.
        known: the names that there are.

    >>> did_you_mean("cnn_gruu", ["cnn_gru", "lstm_egemaps"])
    "did you mean 'cnn_gru'?"
    >>> did_you_mean("EMO-DB", ["emodb", "meld"]), did_you_mean("maybe", ["yes", "no"])
    ("did you mean 'emodb'?", 'choose one of these')
    """
    folded = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.55)
    return f"did you mean {folded[close[0]]!r}?" if close else "choose one of these"
