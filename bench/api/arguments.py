"""What the functions for Python are given, put into the one form that the harness reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core.errors import ComponentError, UsageError
from bench.core.keywords import check_typed
from bench.evaluation.grids.grid import Failure
from bench.evaluation.plans.options import Options, parse_check_limit, parse_folds, parse_ks, parse_seeds
from bench.measures.catalogue import parse_measures

if TYPE_CHECKING:
    from bench.contracts.component import Component

_TYPED: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("repeats", "limit", "batch_size", "keep_audio", "max_requests"), int),
    **dict.fromkeys(("bank_halves", "check"), bool),
    **dict.fromkeys(("corpus", "train_corpus", "split", "corr", "noises", "target", "enrol", "device"), str),
    **dict.fromkeys(("corpus_root", "train_corpus_root", "noise_map", "perception", "out"), (str, Path)),
}
_SEVERAL: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("task", "noise_bank", "measures"), str),
    **dict.fromkeys(("noise_root", "plugin"), (str, Path)),
}
"""Options of which several may be given, and what each is."""
_FEW = (list, tuple, set, frozenset, Iterator)


def options_for(function: str, victim: Any, attack: Any, k: Any, given: Mapping[str, Any]) -> Options:
    """Check what a run is asked for, and put it into one object; objects become components.

    Args:
        function: who was called, for messages.
        victim: one or several specs or objects.
        attack: likewise.
        k: numbers of queries.
        given: the other options by name, as `RunOptions` has them.

    Raises:
        bench.core.errors.UsageError: something cannot be used as given.
    """
    check_typed(function, {name: one for name, one in given.items() if one is not None}, _TYPED)
    for name, kinds in _SEVERAL.items():
        for one in several(given.get(name, ())):
            check_typed(function, {name: one} if one is not None else {}, {name: kinds})
    texts: dict[str, Any] = {}
    objects: list[Component] = []
    for kind, name, some in (
        ("victims", "victim", victim),
        ("attacks", "attack", attack),
        ("defenses", "defense", given.get("defense", "none")),
    ):
        texts[kind], own = _components(kind, f"{function}, {name}", some)
        objects += own
    rest = fields({name: value for name, value in given.items() if name != "defense"})
    return Options(ks=parse_ks(k), objects=tuple(objects), **texts, **rest)


def _components(kind: str, where: str, given: Any) -> tuple[tuple[str, ...], list[Component]]:
    """The specs of some components, and those of them that were given as objects."""
    from bench.contracts.registry import Registry
    from bench.studies.in_memory.components import component_of

    specs: list[str] = []
    objects: list[Component] = []
    registry = None
    for one in few(given):
        if isinstance(one, str):
            specs.append(one)
            continue
        registry = registry or Registry.discover()
        found = component_of(kind, one, where, registry)
        specs.append(found if isinstance(found, str) else found.spec)
        objects += [] if isinstance(found, str) else [found]
    return tuple(specs), list(dict.fromkeys(objects))


def few(given: Any) -> tuple[Any, ...]:
    """Give one or several components as a tuple: a model that can be iterated over is one.

    >>> few("cnn_gru"), few(["a", len])
    (('cnn_gru',), ('a', <built-in function len>))
    """
    return tuple(given) if isinstance(given, _FEW) else (given,)


def several(given: Any) -> tuple[Any, ...]:
    """Give one or several plain values as a tuple."""
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def paths(given: Any) -> tuple[Path, ...]:
    """Give one or several paths as a tuple; None is none."""
    return tuple(Path(path) for path in several(given) if path is not None)


def runs_of(function: str, given: Any) -> list[Path]:
    """Give one or several runs' folders.

    Args:
        function: who was called, for messages.
        given: a folder, or several.

    Raises:
        UsageError: there is none, or one is no path.
    """
    found = several(given)
    for one in found:
        if not isinstance(one, str | Path):
            remedy = "give the folder that bench.run wrote: out"
            raise UsageError(f"{function}, runs", f"{one!r:.60}, a {type(one).__name__}", "a folder's path", remedy)
    if not found:
        raise UsageError(f"{function}, runs", "none", "the folder of a run", f"for example {function}('bench-run')")
    return [Path(one).expanduser() for one in found]


def check_finished(failures: list[Failure], out: Path) -> None:
    """Raise where cells failed; the others are kept.

    Args:
        failures: of a run.
        out: its folder.

    Raises:
        ComponentError: any failed; the message is the first one's.
    """
    if failures:
        where = f"{len(failures)} of the cells"
        raise ComponentError(where, failures[0].message, "cells that finish", f"see {out}/failed; the others are kept")


def fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of `Options` that options stand for; a path that is None is one that is not given.

    Args:
        options: by their names in `RunOptions`.
    """
    found = {}
    for name, value in options.items():
        field, read = _READ.get(name, (name, _as_it_is))
        if value is not None or read is not Path:
            found[field] = read(value)
    return found


def _as_it_is(value: Any) -> Any:
    return value


_READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "defense": ("defenses", few),
    "task": ("tasks", several),
    "noise_bank": ("noise_banks", several),
    "noise_root": ("noise_roots", paths),
    "fold": ("folds", parse_folds),
    "enrol": ("enrolment", _as_it_is),
    "seeds": ("seeds", parse_seeds),
    "measures": ("measures", parse_measures),
    "check_limit": ("check_limit", parse_check_limit),
    "plugin": ("plugins", paths),
    **{name: (name, Path) for name in ("corpus_root", "train_corpus_root", "noise_map", "perception", "out")},
}
"""Options of `run` that are read first: the field of `Options` that each becomes, and how."""
