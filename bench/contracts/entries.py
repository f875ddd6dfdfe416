"""Where components come from: installed packages' entry points, and `--plugin` files; nothing is imported for a list.

A plug-in file is run, but where something in it is asked for with `isolated:`: then its table is read alone.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.contracts.sources import (
    PLUGIN_TABLE,
    Parameter,
    described,
    explained,
    granted,
    source_of,
    table_in,
    unimported_source_of,
)
from bench.core.code.shadowing import refuse_shadow
from bench.core.code.userfile import load_file
from bench.core.errors import ComponentError, UsageError
from bench.core.specs import ISOLATED

SINGULAR = {
    "victims": "victim",
    "attacks": "attack",
    "defenses": "defense",
    "corpora": "corpus",
    "noise_banks": "noise bank",
}
KINDS = tuple(SINGULAR)
_TABLE = f'{PLUGIN_TABLE} = {{"attacks": {{"my_attack": MyAttack}}}} with kinds {", ".join(KINDS)}'
_NAME = re.compile(r"[\w-]+")
OWN = "serbench "
"""How the origin of what is built in begins."""


@dataclass(frozen=True)
class Entry:
    """One registered component, not imported yet.

    Args:
        kind: one of `KINDS`.
        name: its name on the command line.
        target: "package.module:Class".
        origin: the distribution and version, or the plug-in file, that brings it.
        plugin: the plug-in file; None where an installed package brings it.
        closed: whether that file is not run here, since something in it is asked for with `isolated:`.
        beside: folders of packages that the plug-in file imports, and that lie where nobody would look for them.
    """

    kind: str
    name: str
    target: str
    origin: str
    plugin: Path | None = None
    closed: bool = False
    beside: tuple[Path, ...] = ()

    def load(self) -> type[Any]:
        """Import the component's class.

        Raises:
            ComponentError: it cannot be imported.
            UsageError: a folder of the user's hides the package that it lies in, or it is not to be run here.
        """
        if self.closed:
            where, found = (
                f"{SINGULAR[self.kind]} {self.name!r}",
                f"it without {ISOLATED}, and another of {self.origin} with",
            )
            raise UsageError(where, found, "one or the other", f"write {ISOLATED}{self.name}")
        module, _, attribute = self.target.partition(":")
        refuse_shadow(module)
        try:
            loaded: type[Any] = getattr(importlib.import_module(module), attribute)
        except (Exception, SystemExit) as error:  # somebody else's code runs here
            where, found = f"{SINGULAR[self.kind]} {self.name!r} of {self.origin}", f"{type(error).__name__}: {error}"
            raise ComponentError(where, found, f"{self.target} to import", "install what it needs") from error
        return loaded

    @cached_property
    def source(self) -> Path | None:
        """Find the file that the component is written in; None where it is not to be found.

        Raises:
            UsageError: a folder of the user's hides the package that it lies in.
        """
        if self.closed:
            return self.plugin
        refuse_shadow(self.target)
        return source_of(self.target.partition(":")[0])

    @property
    def code(self) -> str:
        """Digest the code that the component is written in; nothing of it is run."""
        from bench.core.code.result_code import code_of_component

        module = self.target.partition(":")[0]
        return code_of_component(module, self.plugin or unimported_source_of(module))

    @property
    def granted(self) -> str:
        """Read what an attack says of its threat model, where that is not the default, without importing it."""
        return granted(self.source, self.target.partition(":")[2]) if self.kind == "attacks" and self.source else ""

    def describe(self) -> tuple[str, str]:
        """Return the component's parameters and its docstring's first line, read from its source without importing
        it."""
        return described(self.source, self.target.partition(":")[2]) if self.source else ("", "")

    def explain(self) -> tuple[str, list[Parameter]]:
        """Return the component's docstring and what it says of each parameter, read without importing it."""
        return explained(self.source, self.target.partition(":")[2]) if self.source else ("", [])


def entries_by_name(
    plugins: Iterable[Path], isolated: Collection[tuple[str, str]] = (), over: bool = False
) -> dict[tuple[str, str], Entry]:
    """Find the components of installed packages and of plug-in files, by kind and name.

    Args:
        plugins: plug-in files. One that has a component which is to be isolated is not run.
        isolated: kind and name of everything that is to be isolated.
        over: whether what plug-in files bring takes the place of what other installed packages do; of ours never.

    Raises:
        UsageError: two components of one kind share a name, or a plug-in file cannot be used.
    """
    found: dict[tuple[str, str], Entry] = {}
    for entry in (*_installed(), *(entry for path in plugins for entry in _of_file(path, isolated))):
        other = found.setdefault((entry.kind, entry.name), entry)
        if over and entry.plugin and not (other.plugin or other.origin.startswith(OWN)):
            found[entry.kind, entry.name] = entry
        elif other != entry:
            raise UsageError(
                f"{SINGULAR[entry.kind]} {entry.name!r}",
                f"two of that name: {other.target} of {other.origin} and {entry.target} of {entry.origin}",
                "one",
                "rename yours, or uninstall one of the two",
            )
    return found


def _installed() -> list[Entry]:
    """The components of installed packages, looked for again where a package has come or gone since."""
    found = _on_path(tuple((folder, _changed_ns(folder)) for folder in map(Path.absolute, map(Path, sys.path))))
    return [Entry(kind, point.name, point.value, _origin(point.dist)) for kind, point in found]


@lru_cache(maxsize=4)
def _on_path(_folders: tuple[tuple[Path, int], ...]) -> list[tuple[str, metadata.EntryPoint]]:
    """Kind and entry point of each: all that is installed is looked through, which takes longer than many a command.

    Args:
        _folders: Python's path, and when each folder on it was changed: where a package comes or goes, and in one that
            is brought up to date, its `.dist-info` does.
    """
    points = metadata.entry_points()
    return [(kind, point) for kind in KINDS for point in points.select(group=f"serbench.{kind}")]


def _changed_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@cache
def _origin(dist: metadata.Distribution | None) -> str:
    """Name and version of a distribution; read once, since each look at them parses its whole metadata."""
    if dist is None:
        return "an installed package"
    about = dist.metadata
    return f"{about['Name']} {about['Version']}"


def _of_file(path: Path, isolated: Collection[tuple[str, str]]) -> Iterable[Entry]:
    """A plug-in file's components: from its source where one of them is to be isolated, else from running it."""
    if not isolated:
        return _from_file(path)
    table = table_in(path) if path.is_file() else None
    if table is None:
        where, expected = f"--plugin {path}", f"a file with {_TABLE}, written out"
        raise UsageError(where, f"no {PLUGIN_TABLE} that can be read without running it", expected, "write it out")
    if not any((kind, name) in isolated for kind, name, _ in table):
        return _from_file(path)
    return [
        Entry(kind, name, f"{path.stem}:{target}", path.name, path, closed=True)
        for kind, name, target in table
        if kind in KINDS and _NAME.fullmatch(name)
    ]


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
            yield Entry(kind, name, f"{target.__module__}:{target.__name__}", path.name, path)


def _is_top_level_class(target: object) -> bool:
    """Whether importing its module and taking its name from there gives it again."""
    if not isinstance(target, type) or target.__module__ not in sys.modules:
        return False
    return vars(sys.modules[target.__module__]).get(target.__name__) is target
