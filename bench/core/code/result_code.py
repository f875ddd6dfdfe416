"""Which code a result depends on, and its digests: the one place that says so.

A key holds the code of the harness that can change what it names, by the lists below, and the code of each component
that takes part: its own file and what that imports of ours, or of its own package. So the tool kits of victims, attacks
and defences need no list: they count where they are used. The names stand at the bottom of the house so that a
component can be keyed wherever it is built; a test looks at what runs, and keeps them complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bench.core.code.imports import Places, imported
from bench.core.code.keys import fingerprint, key_of_json
from bench.core.code.parsed import parsed
from bench.core.code.shadowing import HOME

BARE_VICTIM = (
    "bench.core",
    "bench.audio",
    "bench.data.splits",
    "bench.data.segments",
    "bench.data.tasks",
    "bench.evaluation.cell.fitted_store",
)
"""What a fitted victim depends on, whichever it is: the vocabulary, sound, who is in which part, and what fits.
Packages count with everything in them; each counts with what it imports."""

DEFENDED_VICTIM = (*BARE_VICTIM, "bench.contracts", "bench.data.noises.joined")
"""What a victim under a defence depends on: also what attacks are given, whose candidates it may be trained on."""

CELL = (*DEFENDED_VICTIM, "bench.referee", "bench.scoring.record_files.rows", "bench.evaluation.cell.measuring")
"""What a cell's records depend on: also the search, the oracle, and how its rows are written."""

WITHOUT_EFFECT = frozenset(
    {
        "bench.core.code.aliases",  # where things were formerly
        "bench.contracts.component",  # what it is made of and built with stands in the key itself
        "bench.contracts.entries",
        "bench.contracts.registry",
        "bench.core.storage.cache",  # where files lie
        "bench.core.storage.clocks",
        "bench.core.storage.digests",  # what it finds stands in the key itself, as do names made by `keys`
        "bench.core.errors",  # what is kept has met none
        "bench.core.storage.heartbeat",  # who does what
        "bench.core.code.imports",
        "bench.core.code.keys",
        "bench.core.storage.leases",
        "bench.core.storage.making",
        "bench.core.code.parsed",
        "bench.core.storage.processes",
        "bench.core.showing.notebooks",  # what is shown meanwhile
        "bench.core.showing.progress",
        "bench.core.code.result_code",
        "bench.core.storage.sealing",  # what is kept is what was made, or is made anew
        "bench.core.code.shadowing",  # what would be imported from elsewhere is refused
        "bench.core.storage.sweeping",
        "bench.evaluation.grids.cell_log",  # what is shown meanwhile, kept
        "bench.data.fetching",  # what is downloaded is checked against its digest, and read with its fingerprint
    }
)
"""Modules that results are made with and that cannot change one: they are neither counted nor followed."""


@cache
def code_of(names: tuple[str, ...], home: Path = HOME) -> str:
    """Digest the code of modules and packages of ours, with all that they import, by what it means.

    It is read once: what is written while Python runs is not what runs.

    Args:
        names: `BARE_VICTIM`, `DEFENDED_VICTIM`, `CELL`, or any other dotted names.
        home: the folder that our packages lie in.

    Raises:
        ModuleNotFoundError: there is none of that name.

    >>> len({code_of(names) for names in (BARE_VICTIM, DEFENDED_VICTIM, CELL)})
    3
    """
    return _digest(modules_of(names, home))


@cache
def modules_of(names: tuple[str, ...], home: Path = HOME) -> dict[str, Path]:
    """Find the modules that `code_of` digests: name and file.

    Args:
        names: dotted names of modules and packages of ours.
        home: the folder that our packages lie in.

    Raises:
        ModuleNotFoundError: there is none of that name.

    >>> "bench.referee.referee" in modules_of(BARE_VICTIM), "bench.referee.referee" in modules_of(CELL)
    (False, True)
    """
    places = Places(home)
    start: dict[str, Path] = {}
    for name in names:
        found = places.below(name)
        if not found:
            raise ModuleNotFoundError(f"no source of {name} in {home}", name=name)
        start |= {module: file for module, file in found.items() if not parsed(file).face}
    return imported(start, places, WITHOUT_EFFECT)


def code_of_component(module: str, file: Path | None, home: Path = HOME) -> str:
    """Digest a component's code: its own file, and what it imports of ours or of its own package.

    The plug-in file itself is read anew when it has changed; what it imports is read once, as Python does.

    Args:
        module: that defines it, a dotted name.
        file: its source; None where there is none.
        home: the folder that our packages lie in.

    Returns:
        Hexadecimal digits; "" without source.
    """
    return _code_of_component(module, file, file.stat().st_mtime_ns, home) if file and file.is_file() else ""


@cache
def _code_of_component(module: str, file: Path, _changed_ns: int, home: Path) -> str:
    return _digest(modules_of_component(module, file, home))


def code_of_module(module: str) -> str:
    """Digest the code of one module of ours that is not in every key, and what it imports.

    Args:
        module: dotted name.

    >>> code_of_module("bench.measures.stoi") == code_of_module("bench.measures.segmental_snr")
    False
    """
    return code_of_component(module, Places().find(module))


def modules_of_component(module: str, file: Path, home: Path = HOME) -> dict[str, Path]:
    """Find the modules that `code_of_component` digests, name and file: those of `BARE_VICTIM` are in every key anyhow.

    Args:
        module: that defines the component, a dotted name.
        file: its source.
        home: the folder that our packages lie in.
    """
    places, name = Places.of(module, file, home)
    return imported({name: file}, places, WITHOUT_EFFECT, modules_of(BARE_VICTIM, home).keys())


def code_in(description: Mapping[str, Any]) -> str:
    """Digest every digest of code that stands in a description, however deep: what a figure's `code` shows.

    Args:
        description: JSON; digests of code stand in it under `code` and `harness`.

    >>> one = {"victim": {"code": "a", "made_of": [{"code": "b"}]}, "seed": 0}
    >>> code_in(one) == code_in(one | {"seed": 1}), code_in(one) == code_in(one | {"code": "c"})
    (True, False)
    """
    found: list[str] = []
    _collect(description, found)
    return key_of_json({"code": found})


def _collect(value: Any, found: list[str]) -> None:
    """Append the digests of code in a part of a description, in the order of their names."""
    if isinstance(value, str | int | float | None):  # most are
        return
    if isinstance(value, Mapping):
        for name in sorted(value):
            if name in ("code", "harness"):
                found.append(str(value[name]))
            else:
                _collect(value[name], found)
    elif isinstance(value, Sequence):
        for one in value:
            _collect(one, found)


def _digest(modules: Mapping[str, Path]) -> str:
    return fingerprint(f"{module} {parsed(file).meaning}" for module, file in sorted(modules.items()))
