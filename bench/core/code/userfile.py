"""A Python file of the user's, run as a module of its own."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

from bench.core.code.surroundings import surroundings_of
from bench.core.errors import UsageError
from bench.core.rng import key_of


def load_file(path: Path, where: str, role: str, *, as_script: bool = False) -> ModuleType:
    """Run a Python file as a module.

    Args:
        path: the file.
        where: who asked for it, for messages, with the file in it: "--plugin mine.py".
        role: what it is run as. The module's name depends on this and on the file's whole path: two files of one name
            are two modules, and so is one file that serves in two roles.
        as_script: whether it finds what `python FILE` would give it, such as modules beside it.

    Raises:
        UsageError: it is not there, or does not run.
    """
    name = f"serbench_{role}_{key_of(path.resolve()):016x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UsageError(where, f"no Python file {str(path)!r}", "a .py file", "check the path")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with surroundings_of(path.resolve()).entered() if as_script else nullcontext():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        found = f"{type(error).__name__}: {error}"
        raise UsageError(where, found, "a file that runs", "correct it") from error
    return module
