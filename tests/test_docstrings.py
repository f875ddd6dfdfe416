"""Docstrings can be read alone, by somebody who sees one of them in an editor's tooltip.

What is held, over the syntax trees of everything that is installed:

- The docstring of a public function, method or property begins with a verb in the imperative. A class or module may
  begin with a noun: it says what it is. Only an implementation (below) may have no docstring.
- A public function or method with two or more parameters has a section `Args:` that names each of them, and any such
  section names what there is and nothing else. `self` and `cls` do not count; `*args` and `**kwargs` do. So has a
  public class whose `__init__`, or whose dataclass's fields, are two or more; it may name inherited ones too.
- No "whom to tell" and no "mend", in docstrings, comments and messages.

Public is what has no leading underscore in its name, in its class's or in its file's path; a function inside a function
is not. Without `Args` may be:

- a special method, such as `__call__`;
- a command of `bench`, that is, what is given to `app.command(...)` in bench/cli or stands there in a table of
  subcommands: its docstring is its --help, and each of its options has a help text of its own;
- an implementation: a method that a base class, or a base class's base, has with a docstring, or that a `Protocol` of
  ours has with a docstring and the same parameters. It is described there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

DONE = ("bench", "attacks", "defenses", "victims", "leaderboards")
"""Folders and files that are held to all of this; a line each."""

ROOT = Path(__file__).parents[1]
INSTALLED = ("bench", "attacks", "defenses", "victims", "leaderboards")
UNWANTED = re.compile(r"\bwhom\s+(?:#\s*)?to\s+tell\b|\bmend(?:s|ed|ing)?\b", re.IGNORECASE)

_TRIED = """
a an the this that these those its their it each every all both some several everything nothing somebody no one two
three four six what whether how why which where who whom whose when with within without for from of to by at in on as
through about likewise other another class shape length number figure text window root mean noise accuracy spearman
signal-to-noise path folder file size key value array tensor mapping table row column plain standardised normalised
hidden noisy padded random robust weighted unweighted two-sided speech-like critical-band short low thin fast straight
unit normally original complex fundamental pitch breath typing gaussian glottal variance interval precision confidence
logit probability kind token numpy torch uar war f1 snr sha-256 pesq egemaps arpabet
"""
NOT_VERBS = frozenset(_TRIED.split())
"""First words that have been tried and are no verbs; beside these, whatever ends like a plural or a gerund."""

ENDS_IN_S = frozenset({"process", "pass", "address", "express", "discuss", "guess", "compress", "suppress", "bias"})
ENDS_IN_ING = frozenset({"bring", "ring", "string", "ping"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Public:
    """A public function or method: where it stands, itself, and the names of its class's ancestors."""

    file: str
    of: ast.ClassDef | None
    node: Function

    @property
    def where(self) -> str:
        owner = "" if self.of is None else f"{self.of.name}."
        return f"{self.file}:{self.node.lineno}: {owner}{self.node.name}"


def files_of(room: str) -> list[str]:
    found = ROOT / room
    files = [found] if found.is_file() else sorted(found.rglob("*.py"))
    return [file.relative_to(ROOT).as_posix() for file in files]


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


@cache
def classes() -> dict[str, list[ast.ClassDef]]:
    """Every class of the tree by its name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for file in (file for top in INSTALLED for file in files_of(top)):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


@cache
def methods() -> dict[str, list[tuple[ast.ClassDef, Function]]]:
    """Every method of the tree by its name, with its class."""
    found: dict[str, list[tuple[ast.ClassDef, Function]]] = {}
    for node in (node for nodes in classes().values() for node in nodes):
        for own in node.body:
            if isinstance(own, Function):
                found.setdefault(own.name, []).append((node, own))
    return found


@cache
def commands() -> frozenset[tuple[str, str]]:
    """File and name of the functions of bench/cli that are given to `app.command(...)`, as a decorator or by name, or
    that a table names as "package.module:function"."""

    def registers(node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "command"

    found = set()
    for file in files_of("bench/cli"):
        nodes = list(ast.walk(tree_of(file)))
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
        home = {name.asname or name.name: str(node.module).replace(".", "/") for node in imports for name in node.names}
        for node in nodes:
            if isinstance(node, Function) and any(map(registers, node.decorator_list)):
                found.add((file, node.name))
            if isinstance(node, ast.Call) and registers(node.func):
                given = [name.id for name in node.args if isinstance(name, ast.Name)]
                found |= {(f"{home[name]}.py" if name in home else file, name) for name in given}
            if isinstance(node, ast.Constant) and (place := re.fullmatch(r"(bench\.cli\.\w+):(\w+)", str(node.value))):
                found.add((f"{place[1].replace('.', '/')}.py", place[2]))
    return frozenset(found)


def publics(file: str) -> Iterator[Public | ast.ClassDef]:
    """The public functions, methods and classes of a file."""

    def inside(body: list[ast.stmt], of: ast.ClassDef | None) -> Iterator[Public | ast.ClassDef]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node
                yield from inside(node.body, node)
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield Public(file, of, node)

    if not any(re.match(r"_[^_]", part) for part in Path(file).parts):
        yield from inside(tree_of(file).body, None)


def parameters(one: Public) -> list[str]:
    given = one.node.args
    static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in one.node.decorator_list)
    plain = [*given.posonlyargs, *given.args][one.of is not None and not static :]
    starred = [star for star in (given.vararg, given.kwarg) if star is not None]
    return [parameter.arg for parameter in (*plain, *given.kwonlyargs, *starred)]


def described(node: Function | ast.ClassDef) -> list[str] | None:
    """Parameters that the section `Args` names; None where there is no such section."""
    _, head, text = f"\n{ast.get_docstring(node) or ''}\n".partition("\nArgs:\n")
    lines = takewhile(lambda line: not line or line.startswith("    "), text.splitlines())
    entries = [re.match(r" {4}\*{0,2}(\w+)(?: \([^)]*\))?:", line) for line in lines]
    return [entry[1] for entry in entries if entry] if head else None


def base_names(node: ast.ClassDef) -> set[str]:
    plain = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return {base.id for base in plain if isinstance(base, ast.Name)}


def described_elsewhere(one: Public) -> bool:
    """Whether it implements or overrides a method that has a docstring."""
    if one.of is None:
        return False
    ancestors, ahead = set(), base_names(one.of)
    while ahead:
        ancestors |= ahead
        ahead = {up for name in ahead for node in classes().get(name, ()) for up in base_names(node)} - ancestors

    def documents(node: ast.ClassDef, own: Function) -> bool:
        return ast.get_docstring(own) is not None and (
            node.name in ancestors or parameters(Public("", node, own)) == parameters(one)
        )

    known = [(node, own) for node, own in methods().get(one.node.name, ()) if node is not one.of]
    return any(documents(node, own) for node, own in known if node.name in ancestors or "Protocol" in base_names(node))


def is_no_verb(docstring: str) -> bool:
    word = docstring.split(maxsplit=1)[0].rstrip(",.:;").lower()
    return (
        word.removesuffix("'s") in NOT_VERBS
        or re.fullmatch(r"[a-z]+(?:-[a-z]+)?", word) is None
        or (word.endswith("s") and word not in ENDS_IN_S)
        or (word.endswith("ing") and word not in ENDS_IN_ING)
    )


def constructor(node: ast.ClassDef) -> list[str]:
    """Parameters of a class's constructor that the class itself declares: of `__init__`, or fields of a dataclass."""
    for own in node.body:
        if isinstance(own, Function) and own.name == "__init__":
            return parameters(Public("", node, own))
    if not any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
        return []
    fields = [own for own in node.body if isinstance(own, ast.AnnAssign) and isinstance(own.target, ast.Name)]
    given = [own for own in fields if not re.search(r"ClassVar|init=False", ast.unparse(own))]
    names = [own.target.id for own in given if isinstance(own.target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def wrong_with(one: Public) -> Iterator[str]:
    text, names, listed = ast.get_docstring(one.node), parameters(one), described(one.node)
    elsewhere = described_elsewhere(one)
    if text is None:
        yield from () if elsewhere else ("no docstring",)
        return
    if is_no_verb(text):
        yield f"begins with {text.split()[0]!r}, which is no verb in the imperative"
    is_command = (one.file, one.node.name) in commands()
    if listed is None and len(names) > 1 and not (elsewhere or is_command):
        yield f"no Args; the parameters are {', '.join(names)}"
    if listed is not None and sorted(listed) != sorted(names):
        yield f"Args names {', '.join(listed)}; the parameters are {', '.join(names)}"


def wrong_with_class(node: ast.ClassDef) -> Iterator[str]:
    names, listed = constructor(node), described(node)
    if listed is None and len(names) > 1:
        yield f"no Args; the parameters are {', '.join(names)}"
    if listed is not None and (missing := [name for name in names if name not in listed]):
        yield f"Args lacks {', '.join(missing)}"


def wrong_in(file: str) -> Iterator[str]:
    for one in publics(file):
        if isinstance(one, Public):
            yield from (f"{one.where} {text}" for text in wrong_with(one))
        else:
            yield from (f"{file}:{one.lineno}: {one.name} {text}" for text in wrong_with_class(one))


@pytest.mark.parametrize("room", DONE)
def test_docstrings_begin_with_a_verb_and_name_all_parameters(room: str) -> None:
    wrong = [text for file in files_of(room) for text in wrong_in(file)]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize("room", DONE)
def test_nothing_speaks_of_whom_to_tell_or_of_mending(room: str) -> None:
    wrong = []
    for file in files_of(room):
        source = (ROOT / file).read_text(encoding="utf-8")
        wrong += [f"{file}:{source.count(chr(10), 0, at.start()) + 1}: {at[0]!r}" for at in UNWANTED.finditer(source)]
    assert not wrong, "\n".join(["", *wrong])


WRONG = {
    'def f(a):\n    """The sum of a."""': "begins with 'The'",
    'def f(a):\n    """Returns a."""': "begins with 'Returns'",
    'def f(a):\n    """M(D), between the lines of the table."""': "begins with 'M(D),'",
    'def f(a, *b):\n    """Add."""': "no Args; the parameters are a, b",
    'def f(a, b):\n    """Add.\n\n    Args:\n        a: one.\n            b: the other.\n    """': "Args names a;",
    'def f(a, b):\n    """Add.\n\n    Args:\n        a: one.\n\n    Raises:\n        b: no.\n    """': "Args names a;",
    "def f(a):\n    return a": "no docstring",
}


@pytest.mark.parametrize(("source", "expected"), WRONG.items())
def test_what_is_wrong_is_found(source: str, expected: str) -> None:
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    (found,) = wrong_with(Public("made.py", None, node))
    assert found.startswith(expected)
