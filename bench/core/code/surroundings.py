"""What code of a user's finds around it: what `python FILE` would give it, and nothing of it stays behind."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from threading import RLock
from types import ModuleType

from bench.core.storage.files import read_file

_MOST_BYTES = 10_000_000
_ONE_AT_A_TIME = RLock()
"""Folder, path and standard output belong to the whole process."""


class Surroundings:
    """What a file finds when it runs, and when something of it is called later.

    As under `python FILE` its folder is the first of the path, modules beside it are found though others of their
    names are loaded, and `sys.argv` holds the file alone. What it changes, the folder that it works in or the path,
    is there again when it is entered again, and undone outside. What it prints goes to standard error: standard output
    is the command's.

    Args:
        file: the file, by its whole path.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._names = {one.stem if one.is_file() else one.name for one in _beside(file.parent)}
        self._folder: Path | None = None
        self._path: list[str] | None = None
        self._modules: dict[str, ModuleType] = {}

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Run the body of a `with` in them."""
        with _ONE_AT_A_TIME, redirect_stdout(sys.stderr):
            folder, path, argv = Path.cwd(), sys.path[:], sys.argv[:]
            if self._folder is not None:
                os.chdir(self._folder)
            others = self._exchanged(self._modules)
            sys.path[:] = self._path or [str(self._file.parent), *path]
            sys.argv[:] = [str(self._file)]
            try:
                yield
            finally:
                now = Path.cwd()
                self._folder, self._path = (now if now != folder else None), sys.path[:]
                os.chdir(folder)
                sys.path[:], sys.argv[:] = path, argv
                self._modules = self._exchanged(others)

    def _exchanged(self, put: dict[str, ModuleType]) -> dict[str, ModuleType]:
        """Take every module out of Python's table that has the name of one beside the file, and put others in."""
        there = {name for name in self._names if name in sys.modules}  # mostly none, and the table has thousands
        parts = tuple(f"{name}." for name in there)
        names = [name for name in list(sys.modules) if name in there or name.startswith(parts)] if there else []
        taken = {name: sys.modules.pop(name) for name in names}
        sys.modules.update(put)
        return taken


@cache
def surroundings_of(file: Path) -> Surroundings:
    """Give a file's surroundings, the same each time.

    Args:
        file: by its whole path.
    """
    return Surroundings(file)


def files_beside(file: Path) -> list[Path]:
    """List the files of its own folder that a Python file imports, and those that they import, in the order of paths.

    Read from the text, as far as `import` names them; of a package, all its modules. A file that is none, or that
    cannot be parsed, imports nothing.

    Args:
        file: the file.
    """
    available: dict[str, list[Path]] = {}
    for one in _beside(file.parent):
        available[one.stem if one.is_file() else one.name] = [one] if one.is_file() else sorted(one.rglob("*.py"))
    found, waiting = set[Path](), [file]
    while waiting:
        more = {path for name in _imported(waiting.pop()) for path in available.get(name, ())} - found - {file}
        found |= more
        waiting += sorted(more)
    return sorted(found)


def _beside(folder: Path) -> list[Path]:
    """Modules and packages in a folder, but for names that the standard library has."""
    if not folder.is_dir():
        return []
    here = [one for one in folder.iterdir() if one.suffix == ".py" or (one / "__init__.py").is_file()]
    return sorted(one for one in here if one.stem.isidentifier() and one.stem not in sys.stdlib_module_names)


def _imported(file: Path) -> set[str]:
    """Name the top-level modules that a file imports."""
    try:
        tree = ast.parse(read_file(file, _MOST_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
