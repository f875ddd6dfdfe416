"""Which code is the user's own, and what it takes from around it; what an installed package is called."""

from __future__ import annotations

import builtins
import dis
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.core.code.keys import fingerprint
from bench.core.code.result_code import code_of_component
from bench.core.code.shadowing import PACKAGES
from bench.core.code.surroundings import files_beside
from bench.core.storage.digests import content_digests

_OF_PYTHON = ("stdlib", "platstdlib")
_OF_OTHERS = ("purelib", "platlib")
_NO_CONTENT = frozenset(
    """
    __dict__ __weakref__ __doc__ __module__ __qualname__ __annotations__ __firstlineno__ __static_attributes__
    __dataclass_fields__ __dataclass_params__ __match_args__ __parameters__ __orig_bases__ __abstractmethods__ _abc_impl
    """.split()  # noqa: SIM905
)
"""What a class has that changes nothing of what it does, or follows from the rest."""


def module_of(value: type | types.FunctionType) -> str | None:
    """Name the module that a class or function is written in; None where it says none.

    A function may be called as another one is (`functools.wraps`): its variables' module is its own.

    Args:
        value: the class or function.
    """
    found = value.__globals__.get("__name__") if isinstance(value, types.FunctionType) else value.__module__
    return found if isinstance(found, str) else None


def is_installed(module: str | None) -> bool:
    """Tell whether a module belongs to Python, to an installed package, or to us: it changes with a version alone.

    Args:
        module: its dotted name; None where there is none.
    """
    if module is None:
        return False
    if module.partition(".")[0] in PACKAGES:
        return True
    found = sys.modules.get(module)
    if found is None or module == "__main__":
        return False
    file = vars(found).get("__file__")
    if file is None:  # built in, frozen, or made by hand
        return module.partition(".")[0] in (*sys.builtin_module_names, *sys.stdlib_module_names)
    return any(Path(file).is_relative_to(place) for place in _places(*_OF_PYTHON, *_OF_OTHERS))


def named(value: type | types.FunctionType) -> str | None:
    """Name a class or function of an installed package, with the package's version; ours, with their code.

    Args:
        value: the class or function.

    Returns:
        None where it is not found under its name: it was made while the program ran, and others may be called the same.
    """
    module = module_of(value)
    if module is None or not is_installed(module):
        return None
    found: Any = sys.modules.get(module)
    for name in value.__qualname__.split("."):
        found = vars(found).get(name) if isinstance(found, types.ModuleType | type) else None
    return f"{module}.{value.__qualname__} {version_of(module)}" if found is value else None


def module_digest(module: types.ModuleType) -> str:
    """Digest a module: by its version where it is installed, else by its file and what that imports from beside it.

    Args:
        module: which code of the user's takes something from.
    """
    if is_installed(module.__name__) or module.__file__ is None:
        return f"{module.__name__} {version_of(module.__name__)}"
    file = Path(module.__file__).resolve()
    return fingerprint([module.__name__, *content_digests([file, *files_beside(file)])])


def globals_in(function: types.FunctionType) -> list[tuple[str, Any]]:
    """List what a function's code takes from its module, by name; builtins and what is not there yet have none.

    Args:
        function: of the user's; of one of an installed package the version says it all.
    """
    found, own = function.__globals__, module_of(function)
    if own is not None and is_installed(own):
        return [("version", version_of(own))]
    names = sorted(set(_global_names(function.__code__)))
    return [(name, found[name]) for name in names if name in found and vars(builtins).get(name) is not found[name]]


def members_of(given: type) -> list[tuple[str, Any]]:
    """List what a class of the user's has of its own, by name: methods, defaults, other attributes.

    Args:
        given: the class.
    """
    return [(name, one) for name, one in sorted(vars(given).items()) if name not in _NO_CONTENT]


def _global_names(code: types.CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval)
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _global_names(one)


@cache
def _places(*names: str) -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple({Path(paths[name]) for name in names} | {Path(paths[name]).resolve() for name in names})


@cache
def version_of(module: str) -> str:
    """Read the version of the package that a module belongs to; of ours, the digest of its code.

    Args:
        module: its dotted name.
    """
    top = module.partition(".")[0]
    file = vars(sys.modules[module]).get("__file__") if module in sys.modules else None
    if top in PACKAGES:
        return code_of_component(module, Path(file) if file else None)
    if top in sys.stdlib_module_names:
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return metadata.version(top)
    except metadata.PackageNotFoundError:
        told = vars(sys.modules[top]).get("__version__") if top in sys.modules else None
        if isinstance(told, str):
            return told
        names = metadata.packages_distributions().get(top, [])
        return " ".join(f"{name} {metadata.version(name)}" for name in sorted(set(names)))
