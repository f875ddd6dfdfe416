"""The registry: a name for every component, found through installed packages' entry points and `--plugin` files.

Built-ins come in by the same entry points as everybody else's. Nothing is imported until a component is built, so that
listing is fast; what `bench list` prints of a component is read from its source.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.contracts.component import KINDS, SINGULAR, Component, check_built, joined
from bench.contracts.composition import composed, specs_in
from bench.contracts.sources import described, source_of
from bench.core.errors import ComponentError, UsageError
from bench.core.result_code import code_of_component
from bench.core.shadowing import refuse_shadow
from bench.core.specs import Spec, build, did_you_mean, spec_of
from bench.core.userfile import load_file

PLUGIN_TABLE = "COMPONENTS"
_TABLE = f'{PLUGIN_TABLE} = {{"attacks": {{"my_attack": MyAttack}}}} with kinds {", ".join(KINDS)}'
RENAMED = {("attacks", "aware"): "adaptive", ("attacks", "unaware"): "transfer"}
"""Former names of built-ins, which still serve."""
_NAME = re.compile(r"[\w-]+")


def option_of(kind: str) -> str:
    """Return the command-line option that takes a component of this kind.

    >>> option_of("noise_banks")
    '--noise-bank'
    """
    return "--" + SINGULAR[kind].replace(" ", "-")


@dataclass(frozen=True)
class Entry:
    """One registered component, not imported yet.

    Args:
        kind: one of `KINDS`.
        name: its name on the command line.
        target: "package.module:Class".
        origin: the distribution and version, or the plug-in file, that brings it.
    """

    kind: str
    name: str
    target: str
    origin: str

    def load(self) -> type[Any]:
        """Import the component's class.

        Raises:
            ComponentError: it cannot be imported.
            UsageError: a folder of the user's hides the package that it lies in.
        """
        module, _, attribute = self.target.partition(":")
        refuse_shadow(module)
        try:
            loaded: type[Any] = getattr(importlib.import_module(module), attribute)
        except Exception as error:  # somebody else's code runs here
            where, found = f"{SINGULAR[self.kind]} {self.name!r} of {self.origin}", f"{type(error).__name__}: {error}"
            raise ComponentError(where, found, f"{self.target} to import", "install what it needs") from error
        return loaded

    @cached_property
    def source(self) -> Path | None:
        """Find the file that the component is written in; None where it is not to be found.

        Raises:
            UsageError: a folder of the user's hides the package that it lies in.
        """
        refuse_shadow(self.target)
        return source_of(self.target.partition(":")[0])

    def describe(self) -> tuple[str, str]:
        """Return the component's parameters and its docstring's first line, read from its source without importing
        it."""
        return described(self.source, self.target.partition(":")[2]) if self.source else ("", "")


@dataclass(frozen=True)
class Registry:
    """Every component there is.

    Args:
        entries: by kind and name.
    """

    entries: Mapping[tuple[str, str], Entry]
    _built: dict[tuple[str, str], Component] = field(default_factory=dict, init=False, repr=False, compare=False)
    _made: dict[tuple[str, str], Component] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def discover(cls, plugins: Sequence[Path] = ()) -> Registry:
        """Find the components of installed packages and of plug-in files.

        Raises:
            UsageError: two components of one kind share a name, or a plug-in file cannot be used.
        """
        found: dict[tuple[str, str], Entry] = {}
        for entry in (*_installed(), *(entry for path in plugins for entry in _from_file(path))):
            other = found.setdefault((entry.kind, entry.name), entry)
            if other != entry:
                raise UsageError(
                    f"{SINGULAR[entry.kind]} {entry.name!r}",
                    f"two of that name: {other.target} of {other.origin} and {entry.target} of {entry.origin}",
                    "one",
                    "rename yours, or uninstall one of the two",
                )
        return cls(found)

    def names(self, kind: str) -> list[str]:
        """List the names of the components of one kind, in alphabetical order."""
        return sorted(name for of, name in self.entries if of == kind)

    def entry(self, kind: str, name: str) -> Entry:
        """Find the registered component of a kind and name; former names serve.

        Args:
            kind: one of `KINDS`.
            name: its name on the command line.

        Raises:
            UsageError: there is none; the message names the nearest.
        """
        name = RENAMED.get((kind, name), name)
        if (kind, name) not in self.entries:
            names = self.names(kind)
            raise UsageError(option_of(kind), repr(name), "one of " + ", ".join(names), did_you_mean(name, names))
        return self.entries[kind, name]

    def build(self, kind: str, text: str) -> Any:
        """Make the object of a spec alone; what it is made of is left to whoever asks for it.

        Args:
            kind: one of `KINDS`.
            text: the spec.

        Raises:
            UsageError: there is none of that name, or a parameter does not fit.
            ComponentError: its code cannot be imported.

        >>> Registry.discover().build("attacks", "boundary:step_db=2").step_db
        2.0
        """
        return self._shallow(kind, text).object

    def component(self, kind: str, text: str) -> Component:
        """Make a component from its spec: parsed, built and checked once, whatever asks for it again.

        An attack may be [composed][bench.contracts.composition] of effects, and a defence be a
        [pipeline][bench.contracts.pipeline] of several. What its traits say that it is made of is made too.

        Args:
            kind: one of `KINDS`.
            text: the spec.

        Raises:
            UsageError: there is none of that name, a parameter does not fit, or one that it is made of cannot be made;
                the message names the one asked for.
            ComponentError: its code cannot be imported.
        """
        if (kind, text) not in self._made:
            shallow = self._shallow(kind, text)
            if shallow.parts:
                parts = [self.component(kind, one) for one in specs_in(kind, text)]
                self._made[kind, text] = replace(shallow, parts=tuple(parts))
            else:
                inner = tuple(self._inner(kind, text, *one) for one in shallow.traits.made_of)
                self._made[kind, text] = replace(shallow, made_of=inner)
        return self._made[kind, text]

    def _shallow(self, kind: str, text: str) -> Component:
        """The component without what it is made of."""
        if (kind, text) not in self._built:
            self._built[kind, text] = self._parsed(kind, text)
        return self._built[kind, text]

    def _parsed(self, kind: str, text: str) -> Component:
        specs = specs_in(kind, text)
        if len(specs) > 1:
            parts = [self._shallow(kind, one) for one in specs]
            return joined(kind, composed(tuple(part.spec for part in parts)), parts)
        spec = Spec.parse(text, option_of(kind))
        entry = self.entry(kind, spec.name)
        built = build(entry.load(), spec, SINGULAR[kind])
        check_built(kind, text, built)
        code = code_of_component(entry.target.partition(":")[0], entry.source)
        return Component(kind, spec_of(entry.name, built), entry.origin, built, code)

    def _inner(self, kind: str, text: str, other: str, inner: str) -> Component:
        """Make a component that another one is made of."""
        try:
            return self.component(other, inner)
        except UsageError as error:
            own = "" if error.where.startswith("--") else f": {error.where}"
            raise UsageError(f"{SINGULAR[kind]} {text!r}{own}", error.found, error.expected, error.remedy) from error


def _installed() -> Iterable[Entry]:
    points = metadata.entry_points()
    for kind in KINDS:
        for point in points.select(group=f"serbench.{kind}"):
            yield Entry(kind, point.name, point.value, _origin(point.dist))


@cache
def _origin(dist: metadata.Distribution | None) -> str:
    """Name and version of a distribution; read once, since each look at them parses its whole metadata."""
    if dist is None:
        return "an installed package"
    about = dist.metadata
    return f"{about['Name']} {about['Version']}"


def _from_file(path: Path) -> Iterable[Entry]:
    where = f"--plugin {path}"
    table = vars(load_file(path, where, "plugin")).get(PLUGIN_TABLE)
    if not isinstance(table, Mapping) or not table or set(table) - set(KINDS):
        raise UsageError(where, f"{PLUGIN_TABLE} = {table!r}", _TABLE, "add it at the end of the file")
    for kind, components in table.items():
        if not isinstance(components, Mapping) or not components:
            raise UsageError(where, f"{PLUGIN_TABLE}[{kind!r}] = {components!r}", _TABLE, "correct the table")
        for name, target in components.items():
            if not (isinstance(name, str) and _NAME.fullmatch(name)):
                raise UsageError(where, f"the name {name!r}", "letters, digits, _ and -", "rename it in the table")
            if not _is_top_level_class(target):
                found = f"{target!r} for {name!r}"
                raise UsageError(where, found, "a class, defined at a file's top level", "put the class itself there")
            yield Entry(kind, name, f"{target.__module__}:{target.__name__}", path.name)


def _is_top_level_class(target: object) -> bool:
    """Whether importing its module and taking its name from there gives it again."""
    if not isinstance(target, type) or target.__module__ not in sys.modules:
        return False
    return vars(sys.modules[target.__module__]).get(target.__name__) is target
