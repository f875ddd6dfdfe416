"""What a module is made of: the files it imports, and what those import, found in their source without running any.

A name that is imported from a package counts as an import of the module that defines it: a face, a file that only
passes names on, lazily or not, stands for nothing itself. What a face hides from a reader, a name that is neither
imported in it nor a module beside it, counts as everything in its package.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.core.code.aliases import moved
from bench.core.code.parsed import EVERYTHING, Import, Parsed, parsed
from bench.core.code.shadowing import HOME, PACKAGES

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders where everybody's packages lie, and nothing belongs to what lies beside it."""


@dataclass(frozen=True)
class Places:
    """Where the modules lie that count.

    Args:
        home: the folder of the project's own packages.
        root: the folder of somebody else's package or file; None where only ours are looked for.
        own: top-level names that belong to it; None for all that lie in `root`.
    """

    home: Path = HOME
    root: Path | None = None
    own: frozenset[str] | None = frozenset()

    @classmethod
    def of(cls, module: str, file: Path, home: Path = HOME) -> tuple[Places, str]:
        """Find what belongs to a module: its own package, and what lies beside it where that is the author's folder.

        Args:
            module: its dotted name. A file that was given by its path bears another, and is called by its stem.
            file: its source.
            home: the folder of the project's own packages.

        Returns:
            The places, and the module's name in them.
        """
        file = file.resolve()
        parts = module.split(".")
        depth = len(parts) + (file.stem == "__init__")
        if (file.parent.name if file.stem == "__init__" else file.stem) != parts[-1] or depth > len(file.parents):
            parts, depth = [file.stem], 1
        root = file.parents[depth - 1]
        if parts[0] in PACKAGES and root == home:
            return cls(home), module
        return cls(home, root, frozenset({parts[0]}) if root.name in _INSTALLED else None), ".".join(parts)

    def find(self, module: str) -> Path | None:
        """Find the source of a module, of a package its `__init__.py`; None where it is none that counts."""
        folder = self._folder(module)
        if folder is None:
            return None
        candidates = (folder / "__init__.py", folder.with_suffix(".py"))
        return next((file for file in candidates if file.is_file()), None)

    def is_package(self, module: str) -> bool:
        """Tell whether a module is a folder that may hold others."""
        folder = self._folder(module)
        return folder is not None and folder.is_dir()

    def below(self, package: str) -> dict[str, Path]:
        """List a module, and where it is a package everything in it, by name."""
        own, folder = self.find(package), self._folder(package)
        found = {package: own} if own else {}
        for file in sorted(folder.rglob("*.py")) if folder and folder.is_dir() else ():
            parts = file.relative_to(folder).with_suffix("").parts if folder else ()
            found[".".join((package, *(part for part in parts if part != "__init__")))] = file
        return found

    def _folder(self, module: str) -> Path | None:
        parts = module.split(".")
        if parts[0] in PACKAGES:
            return self.home.joinpath(*parts)
        belongs = self.root is not None and all(parts) and (self.own is None or parts[0] in self.own)
        return self.root.joinpath(*parts) if self.root is not None and belongs else None


def lies_in(module: str, names: Collection[str]) -> bool:
    """Tell whether a module is one of these, or in a package that is.

    Args:
        module: dotted name.
        names: dotted names of modules and packages.

    >>> lies_in("bench.core.rng", {"bench.core"}), lies_in("bench.core", {"bench.core.rng"})
    (True, False)
    """
    parts = module.split(".")
    return any(".".join(parts[:end]) in names for end in range(1, len(parts) + 1))


def imported(
    start: Mapping[str, Path],
    places: Places,
    without: Collection[str] = frozenset(),
    counted: Collection[str] = frozenset(),
) -> dict[str, Path]:
    """Collect modules and all that they import, directly or not: name and file.

    Args:
        start: names and files to begin with.
        places: where others are looked for.
        without: modules, and packages with all that is in them, that are neither counted nor followed.
        counted: modules that are left out likewise, each for itself.
    """
    found: dict[str, Path] = {}
    waiting = [*start.items(), *(pair for module in start for pair in _on_the_way(module, places))]
    while waiting:
        module, file = waiting.pop()
        if not (module in found or module in counted or lies_in(module, without)):
            found[module] = file
            waiting += _next(module, file, parsed(file), places)
    return found


@cache
def _next(module: str, file: Path, source: Parsed, places: Places) -> tuple[tuple[str, Path], ...]:
    """What a module itself imports: name and file, found once in a process."""
    found = {pair for one in source.imports for pair in _meant(_absolute(one, module, file), source, places)}
    return tuple(sorted(found))


def _absolute(one: Import, module: str, file: Path) -> Import:
    """An import without its dots, by the module that it stands in, of the module's path today."""
    if not one.level:
        return Import(moved(one.module) or one.module, one.name)
    package = module.split(".")[: None if file.stem == "__init__" else -1]
    above = package[: len(package) - (one.level - 1)]
    return Import(".".join([*above, one.module] if one.module else above), one.name)


def _meant(wanted: Import, importing: Parsed, places: Places) -> Iterator[tuple[str, Path]]:
    """The modules that define what is imported, through as many faces as there are."""
    seen: set[Import] = set()
    waiting = [wanted]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        yield from _on_the_way(one.module, places)
        file, beside = places.find(one.module), f"{one.module}.{one.name}"
        source = parsed(file) if file else Parsed("", face=True)
        if file and not source.face:
            yield one.module, file
        if one.name in ("", EVERYTHING):
            waiting += _used(one, source, importing, places) if source.face else []
        elif source.face and file and one.name in source.exports:
            origin = _absolute(source.exports[one.name], one.module, file)
            waiting.append(Import(beside) if origin == one else origin)
        elif places.is_package(one.module) and places.below(beside):
            waiting.append(Import(beside))
        elif source.face and file:
            yield from places.below(one.module).items()


def _used(one: Import, source: Parsed, importing: Parsed, places: Places) -> Iterator[Import]:
    """What is taken from a face that is imported as a whole: the names of it that stand in the importing file."""
    names = source.exports.keys() if one.name == EVERYTHING else importing.attributes
    package = places.is_package(one.module)
    for name in sorted(names):
        if name in source.exports or (package and places.find(f"{one.module}.{name}")):
            yield Import(one.module, name)


def _on_the_way(module: str, places: Places) -> Iterator[tuple[str, Path]]:
    """The packages that a module lies in, where they do more than pass names on: they run when it is imported."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        file = places.find(package)
        if file and not parsed(file).face:
            yield package, file
