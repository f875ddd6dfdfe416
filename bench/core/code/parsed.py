"""Source files, parsed: what their code means, and what they import. Nothing is run.

Two files mean the same where they differ in comments, docstrings, `pass`, layout, or in what stands under
`if TYPE_CHECKING:` alone. Annotations count: the fields of a component are read by them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

EVERYTHING = "*"
_LOOKS = frozenset({"ctx", "kind", "type_comment"})
"""Fields of a node that say nothing of their own: `ctx` follows from the place, `kind` is a prefix u."""
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_FIELDS = {
    kind: tuple(name for name in kind._fields if name not in _LOOKS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
_FACE_FUNCTIONS = frozenset({"__getattr__", "__dir__"})


@dataclass(frozen=True)
class Import:
    """One name that is imported.

    Args:
        module: as it is written, without the dots before it.
        name: of the module; "" for the module itself, "*" for everything in it.
        level: dots before the module's name.
    """

    module: str
    name: str = ""
    level: int = 0


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a file says; one object for each content, so that it can be told by which it is.

    Args:
        meaning: digest of its code, the same however it is laid out and explained.
        imports: what it imports wherever in it, but for type checkers alone.
        attributes: every `x` of an `a.x` in it.
        exports: what its top level imports, for type checkers too, by the name that it has here.
        face: whether it does nothing but pass on what others define, so that importing it changes nothing.
    """

    meaning: str
    imports: tuple[Import, ...] = ()
    attributes: frozenset[str] = frozenset()
    exports: Mapping[str, Import] = field(default_factory=dict)
    face: bool = False


def parsed(file: Path) -> Parsed:
    """Parse a Python file, once as long as it does not change; one that cannot be parsed means its bytes.

    Args:
        file: one that is there.

    Raises:
        OSError: it cannot be read.
    """
    stamp = file.stat()
    return _parsed(file, stamp.st_mtime_ns, stamp.st_size)


@cache
def _parsed(file: Path, _changed_ns: int, _size: int) -> Parsed:
    source = file.read_bytes()
    try:
        return parsed_text(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # MemoryError: nested too deep
        return Parsed(hashlib.sha256(source).hexdigest())


def parsed_text(source: str | bytes) -> Parsed:
    """Parse Python source.

    Raises:
        SyntaxError, ValueError: it is none.
        RecursionError, MemoryError: an expression is nested too deep for Python's own parser.

    >>> parsed_text("x = 1").meaning == parsed_text('''"Says more."\\nx = (1)  # one''').meaning
    True
    >>> parsed_text("x: int = 1").meaning == parsed_text("x: float = 1").meaning
    False
    >>> parsed_text("from ..a import b as c").imports
    (Import(module='a', name='b', level=2),)
    """
    tree = ast.parse(source)
    written: list[str] = []
    imports: list[Import] = []
    attributes: set[str] = set()
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        kind = item.__class__
        if kind is list:
            written.append(f"[{len(item)}")
            waiting += reversed(item)
        elif kind in _FIELDS:
            if kind is ast.Attribute:
                attributes.add(item.attr)
            elif kind is ast.Import or kind is ast.ImportFrom:
                imports += [one for _, one in _imports_of(item)]
            written += _opened(item, waiting)
        else:
            written.append(repr(item))
    meaning = hashlib.sha256("\0".join(written).encode("utf-8", "surrogatepass")).hexdigest()
    exports = dict(pair for item in _top_level(tree) for pair in _imports_of(item))
    return Parsed(meaning, tuple(imports), frozenset(attributes), exports, all(map(_passes_on, tree.body)))


def _opened(node: ast.AST, waiting: list[Any]) -> list[str]:
    """A node's kind and the names of its fields; what is in them is lined up. An empty field says nothing: then a field
    that only a newer Python knows makes no difference."""
    told = [node.__class__.__name__]
    values = node.__dict__
    for name in _FIELDS[node.__class__]:
        value = values.get(name)
        if value.__class__ is list:
            value = list(_that_runs(value)) if name in _BLOCKS else value
            if not value:
                continue
        elif value is None:
            continue
        told.append(name)
        waiting.append(value)
    return told


def _that_runs(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Leave out statements that do nothing, and those that only a type checker reads."""
    for item in block:
        if isinstance(item, ast.If) and _is_for_type_checkers(item):
            yield from _that_runs(item.orelse)
        elif not (isinstance(item, ast.Pass) or _is_text(item)):
            yield item


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is text alone: a docstring, also of a field or a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_for_type_checkers(node: ast.If) -> bool:
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _imports_of(node: ast.AST) -> list[tuple[str, Import]]:
    """What a statement imports, by the name that it has then."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [(alias.asname or alias.name, Import(module, alias.name, node.level)) for alias in node.names]
    if not isinstance(node, ast.Import):
        return []
    named = [(alias.asname or alias.name, Import(alias.name)) for alias in node.names]
    # `import a.b` makes `a` known too
    tops = [alias.name.partition(".")[0] for alias in node.names if "." in alias.name and not alias.asname]
    return named + [(top, Import(top)) for top in tops]


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for item in tree.body:
        yield from item.body if isinstance(item, ast.If) and _is_for_type_checkers(item) else [item]


def _passes_on(node: ast.stmt) -> bool:
    """Whether a statement is one of a package's face: an import, a docstring, or how lazy names are found."""
    if isinstance(node, ast.FunctionDef):
        return node.name in _FACE_FUNCTIONS
    if isinstance(node, ast.If):
        return _is_for_type_checkers(node) and not node.orelse
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
        return all(isinstance(name, ast.Name) and name.id.startswith("_") for name in names)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) or _is_text(node)
