"""The code in an entry: a plug-in file, or a package as `bench new` writes it. It is read as text here, and never run.

Both are seen by the harness as a plug-in file: for a package one is written that imports its classes.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contracts.sources import table_in
from bench.core.code.shadowing import PACKAGES
from bench.core.errors import DataError
from bench.core.storage.regular import read_regular

CODE, PROJECT = "code", "pyproject.toml"
KINDS = ("victims", "defenses", "attacks")
"""Kinds of components that an entry may bring."""
_REFEREES = ("corpora", "noise_banks")
"""What a package may have besides: it stays unused, since whoever verifies brings speech and noises of their own."""
TEXTS = (".py", ".pyi", ".toml", ".json", ".csv", ".txt", ".md", ".yaml", ".yml", ".typed")
_MOST_FILE, _MOST_BYTES, _MOST_FILES = 2**20, 2**23, 500
_TARGET = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TABLE = 'COMPONENTS = {"defenses": {"mine": Mine}} at its end, written out'
_REMEDY = "correct it"


@dataclass(frozen=True)
class SubmittedCode:
    """Hold the code of an entry.

    Args:
        plugin: the file that the harness is given; None where all components are built in.
        components: kind and name of each that it brings.
        packages: folders that the file imports, beside it.
    """

    plugin: Path | None = None
    components: tuple[tuple[str, str], ...] = ()
    packages: tuple[Path, ...] = ()


def files_of(source: Path, kind: str) -> dict[str, Path]:
    """Find the files that are packed of somebody's code, by their names in the entry.

    Args:
        source: a plug-in file, or the folder of a package.
        kind: "plugin" or "package".

    Raises:
        DataError: there is no such file, or no project file or package in the folder.
    """
    if kind == "plugin":
        if source.suffix != ".py" or not source.is_file():
            raise DataError(source, "no Python file", "the --plugin file of the run", "check the path")
        return {f"{CODE}/{source.name}": source}
    found = {f"{CODE}/{PROJECT}": source / PROJECT}
    for top in sorted({target.partition(".")[0] for _, _, target, _ in _points(source / PROJECT)}):
        inside = source / "src" if (source / "src" / top).is_dir() else source
        for file in sorted((inside / top).rglob("*")):
            hidden = any(part.startswith((".", "__pycache__")) for part in file.relative_to(inside).parts)
            if file.is_file() and not hidden and file.suffix in TEXTS:
                found[f"{CODE}/{file.relative_to(inside).as_posix()}"] = file
    return found


def submitted_code(folder: Path, kind: str, names: Sequence[str], bridge: Path) -> SubmittedCode:
    """Read what code an entry brings.

    Args:
        folder: that the entry was unpacked into.
        kind: "plugin", "package", or "" for none.
        names: of its files below `code/`.
        bridge: where the plug-in file that stands for a package is written.

    Raises:
        DataError: it is not code that could be run.
    """
    size = sum((folder / name).stat().st_size for name in names)
    if len(names) > _MOST_FILES or size > _MOST_BYTES:
        found, expected = f"{len(names):,} files of {size:,} bytes", f"at most {_MOST_FILES} of {_MOST_BYTES:,}"
        raise DataError(folder / CODE, found, expected, "leave out what is no code")
    for name in names:
        if Path(name).suffix not in TEXTS:
            raise DataError(folder / name, "a file that is no text", f"one of {', '.join(TEXTS)}", "leave it out")
        if name.endswith(".py"):
            _check_parses(folder / name)
    if kind == "package":
        return _package(folder / CODE, bridge)
    if kind == "plugin":
        if len(names) != 1 or not names[0].endswith(".py"):
            raise DataError(folder / CODE, f"{len(names)} files", "one plug-in file", "use --package for several")
        table = table_in(folder / names[0])
        if not table:
            raise DataError(folder / names[0], "no table that can be read without running it", _TABLE, "write it out")
        return SubmittedCode(folder / names[0], _checked(folder / names[0], [one[:2] for one in table]))
    if names:
        raise DataError(folder / CODE, "code that the manifest does not tell of", "none", "have it packed again")
    return SubmittedCode()


def _package(folder: Path, bridge: Path) -> SubmittedCode:
    points = list(_points(folder / PROJECT))
    lines: list[str] = []
    table: dict[str, list[str]] = {}
    for number, (kind, name, module, cls) in enumerate(points):
        place, top = folder.joinpath(*module.split(".")), module.partition(".")[0]
        if top in PACKAGES or top in sys.stdlib_module_names:
            raise DataError(folder / PROJECT, f"a package named {top}", "a name of its own", "rename it")
        if not (place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()):
            raise DataError(folder / PROJECT, f"{module}, which is not among its files", "its own modules", _REMEDY)
        lines.append(f"from {module} import {cls} as Component{number}")
        table.setdefault(kind, []).append(f'"{name}": Component{number}')
    tops = tuple(dict.fromkeys(folder / module.partition(".")[0] for _, _, module, _ in points))
    kinds = ", ".join(f'"{kind}": {{{", ".join(entries)}}}' for kind, entries in table.items())
    bridge.write_text("\n".join([*lines, f"COMPONENTS = {{{kinds}}}", ""]), encoding="utf-8")
    return SubmittedCode(bridge, _checked(folder / PROJECT, [one[:2] for one in points]), tops)


def _points(project: Path) -> Iterator[tuple[str, str, str, str]]:
    """Kind, name, module and class of each component that a project file registers, but for its data."""
    try:
        told = tomllib.loads(read_regular(project, _MOST_FILE, _REMEDY).decode())
        groups = told.get("project", {}).get("entry-points", {})
        found = [(group, name, str(target)) for group, of in groups.items() for name, target in of.items()]
    except (ValueError, RecursionError, AttributeError) as error:
        raise DataError(project, f"no project file ({error})", "TOML with entry points", _REMEDY) from error
    ours = [(group.removeprefix("serbench."), *rest) for group, *rest in found if group.startswith("serbench.")]
    brought = [one for one in ours if one[0] not in _REFEREES]
    if not brought:
        what = "entry points of data alone" if ours else "no entry point of serbench"
        raise DataError(project, what, "a victim, a defence or an attack, as bench new writes them", _REMEDY)
    for kind, name, target in brought:
        if not (match := _TARGET.fullmatch(target)):
            raise DataError(project, f"an entry point {target!r:.120}", "package.module:Class", _REMEDY)
        yield kind, name, match[1], match[2]


def _checked(where: Path, named: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    for kind, name in named:
        if kind not in KINDS:
            expected = "victims, defenses and attacks: corpora and noises are whoever verifies' own"
            remedy = "leave them out: --plugin may be given twice to bench run, for data in a file of their own"
            raise DataError(where, f"components of kind {kind!r:.80}", expected, remedy)
        if not _NAME.fullmatch(name):
            raise DataError(where, f"a component named {name!a:.120}", "letters, digits, _ and -", "rename it")
    return tuple(named)


def _check_parses(file: Path) -> None:
    content = read_regular(file, _MOST_FILE, _REMEDY)
    try:
        ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(file, f"no Python ({error})", "a file that can be parsed", _REMEDY) from error
