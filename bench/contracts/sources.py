"""What a component's source says of it, read without running it: for lists that have to be fast."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

PLUGIN_TABLE = "COMPONENTS"
"""What a plug-in file calls the table of its components."""
_FARTHEST = 4
"""Imports that a default is followed through."""
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_DEFINITION = re.compile(rb"^(?=class |def |async def |@)", re.MULTILINE)
_METHOD = re.compile(r"^    (?=@|def |async def )", re.MULTILINE)
_MARGIN = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_GRANTED = re.compile(r"\b(ThreatModel\(|(adaptive|transfers|anytime)=True)")
_INFORMED = re.compile(r"^    corr *:", re.MULTILINE)
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)
_FIELD = re.compile(r"^    \w+ *:", re.MULTILINE)


def source_of(module: str) -> Path | None:
    """Find the file that a module is written in; the packages that it lies in are imported.

    Args:
        module: its dotted name.

    Returns:
        None where it is not to be found.
    """
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # somebody else's code runs here
        return None
    return Path(spec.origin) if spec and spec.origin else None


def unimported_source_of(module: str) -> Path | None:
    """Find the file that a module is written in, without importing anything.

    Args:
        module: its dotted name.

    Returns:
        None where it is not to be found so.

    >>> unimported_source_of("attacks.fade_in") == source_of("attacks.fade_in")
    True
    """
    top, *below = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin)
    places = [file] if not below else [file.parent.joinpath(*below[:-1], f"{below[-1]}.py")]
    places += [file.parent.joinpath(*below, "__init__.py")] if below else []
    return next((place for place in places if place.is_file()), None)


def table_in(file: Path) -> list[tuple[str, str, str]] | None:
    """Read a plug-in file's table `COMPONENTS` without running the file.

    Args:
        file: one that is there.

    Returns:
        Kind, name and class of each component; None where there is no such table, or not one that is written out.
    """
    assigned = (item for item in _body(file) if isinstance(item, ast.Assign | ast.AnnAssign))
    tables = [item.value for item in assigned if PLUGIN_TABLE in _assigned(item)]
    if len(tables) != 1 or not isinstance(tables[0], ast.Dict):
        return None
    found: list[tuple[str, str, str]] = []
    for kind, inner in zip(tables[0].keys, tables[0].values, strict=True):
        if not (isinstance(kind, ast.Constant) and isinstance(kind.value, str) and isinstance(inner, ast.Dict)):
            return None
        for key, value in zip(inner.keys, inner.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Name)):
                return None
            found.append((kind.value, key.value, value.id))
    return found


def described(file: Path, name: str) -> tuple[str, str]:
    """Read a dataclass's fields with their defaults, and the first line of its docstring.

    Args:
        file: where it is defined.
        name: of the class.

    Returns:
        Two empty texts where the file cannot be read or defines no such class. A default that is a constant's name is
        given by its value, where that is written out in this file or in one that it imports the constant from.
    """
    node = _class_in(file, name)
    if node is None:
        return "", ""
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]
    params = [
        f"{ast.unparse(item.target)}={_default(file, item.value)}" if item.value else ast.unparse(item.target)
        for item in fields
        if "ClassVar" not in ast.unparse(item.annotation)
    ]
    return ", ".join(params), (ast.get_docstring(node) or "").partition("\n")[0]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a component, as its source has it.

    Args:
        name: as a spec has it.
        type: its annotation.
        default: as it is written there; None where it has to be given.
        meaning: what its docstring says of it; "" for nothing.
    """

    name: str
    type: str
    default: str | None
    meaning: str


def explained(file: Path, name: str) -> tuple[str, list[Parameter]]:
    """Read all that a dataclass's source says of it.

    Args:
        file: where it is defined.
        name: of the class.

    Returns:
        Its docstring without the part `Args:`, and its parameters; nothing where the file defines no such class.

    >>> text, parameters = explained(source_of("attacks.fade_in"), "FadeIn")
    >>> text.partition(" of ")[0], [(one.name, one.type, one.default) for one in parameters]
    ('The loudness rises by 2 %', [('percent_per_s', 'float', '2.0')])
    """
    node = _class_in(file, name)
    if node is None:
        return "", []
    text, _, told = (ast.get_docstring(node) or "").partition("\nArgs:\n")
    block, _, rest = told.partition("\n\n")
    meanings: dict[str, str] = {}
    for found in _ARGUMENT.finditer(block):
        meanings[found[1]] = " ".join(found[2].split())
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]
    parameters = [
        Parameter(
            ast.unparse(item.target),
            ast.unparse(item.annotation),
            _default(file, item.value) if item.value else None,
            meanings.get(ast.unparse(item.target), ""),
        )
        for item in fields
        if "ClassVar" not in ast.unparse(item.annotation)
    ]
    return "\n\n".join(part.strip() for part in (text, rest) if part.strip()), parameters


def granted(file: Path, name: str) -> str:
    """Read what an attack's class says of its threat model.

    Args:
        file: where it is defined.
        name: of the class.

    Returns:
        What differs from the defaults, as it is written there, a parameter by its name; "" where nothing does.

    >>> granted(source_of("attacks.boundary"), "Boundary")
    'knows noise-harm where corr is true, allowed=noises, anytime'
    """
    _, block = _block_of(file, name)
    if _GRANTED.search(block) is None:
        return ""
    with suppress(SyntaxError, ValueError):
        nodes = list(ast.walk(ast.parse(block)))
        calls = {node.func.id: node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        told = [ast.unparse(one).replace("self.", "") for one in _keywords(calls, "ThreatModel")]
        flags = {one.arg: ast.unparse(one.value) for one in _keywords(calls, "Traits")}
        known = {"adaptive": "knows the defence", "transfers": "knows the bare victim"}
        knows = [words for flag, words in known.items() if flags.get(flag) == "True"]
        knows += ["knows noise-harm where corr is true"] if _INFORMED.search(block) else []
        return ", ".join([*knows, *told, *(["anytime"] if flags.get("anytime") == "True" else [])])
    return ""


def _keywords(calls: Mapping[str, ast.Call], name: str) -> list[ast.keyword]:
    return calls[name].keywords if name in calls else []


def _block_of(file: Path, name: str) -> tuple[str, str]:
    """A file's text and, in it, the class of this name at its top level; nothing where there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return "", ""
    start = next((found.start() for found in _CLASS.finditer(text) if found[1] == name), None)
    return text, "" if start is None else _MARGIN.split(text[start:], maxsplit=2)[1]


def _class_in(file: Path, name: str) -> ast.ClassDef | None:
    """The class of this name at a file's top level; its methods may be left out, since to parse them takes time."""
    text, block = _block_of(file, name)
    if not block:
        return None
    fields, *methods = _METHOD.split(block, maxsplit=1)
    for part in (block if any(map(_FIELD.search, methods)) else fields, text):
        try:
            body = ast.parse(part).body
        except (SyntaxError, ValueError):  # a text in it begins at the margin, say
            continue
        return next((item for item in body if isinstance(item, ast.ClassDef) and item.name == name), None)
    return None


def _body(file: Path) -> Iterator[ast.stmt]:
    """A file's top level; what stands before its first definition comes first, since to parse the rest takes time."""
    try:
        text = file.read_bytes()
    except OSError:
        return
    count = 0
    for part in (_DEFINITION.split(text, maxsplit=1)[0], text):
        try:
            body = ast.parse(part).body
        except (SyntaxError, ValueError):  # the beginning ends within a text, say
            continue
        for item in body[count:]:
            yield from item.body if _is_for_type_checkers(item) else [item]
        count = len(body)


def _is_for_type_checkers(item: ast.stmt) -> TypeGuard[ast.If]:
    """Whether it tells what a face passes on lazily."""
    return isinstance(item, ast.If) and ast.unparse(item.test).rpartition(".")[2] == "TYPE_CHECKING"


def _default(file: Path, value: ast.expr) -> str:
    found = _constant(file, value.id, _FARTHEST) if isinstance(value, ast.Name) else None
    return ast.unparse(value if found is None else found)


def _constant(file: Path, name: str, imports: int) -> ast.expr | None:
    """The literal that a name stands for at a file's top level; None where it is none, or too far away."""
    for item in _body(file):
        if isinstance(item, ast.Assign | ast.AnnAssign) and name in (assigned := _assigned(item)):
            return assigned[name] if _is_literal(assigned[name]) else None
        if isinstance(item, ast.ImportFrom) and item.module and not item.level and imports:
            theirs = next((alias.name for alias in item.names if (alias.asname or alias.name) == name), None)
            if theirs:
                source = source_of(item.module)
                return _constant(source, theirs, imports - 1) if source else None
    return None


def _assigned(item: ast.Assign | ast.AnnAssign) -> dict[str, ast.expr]:
    """Names and what they are given: `a = 1`, `a: int = 1`, `a, b = 1, 2`."""
    target = item.targets[0] if isinstance(item, ast.Assign) else item.target
    pairs: list[tuple[ast.expr, ast.expr | None]] = [(target, item.value)]
    if isinstance(target, ast.Tuple) and isinstance(item.value, ast.Tuple):
        pairs = list(zip(target.elts, item.value.elts, strict=False))
    return {one.id: value for one, value in pairs if isinstance(one, ast.Name) and value is not None}


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError):
        return False
    return True
