"""What MkDocs asks while it builds: lists of components, made from the registry.

A page may have a line `<!-- table: attacks -->` (or another kind), in whose place stands a table of all built-in
components of that kind; `<!-- table: former names -->` gives the former names of what plug-ins import. In the
navigation, `attacks/*` stands for the pages of all components of a kind. A component without a page, or one that is
declared in pyproject.toml and not installed, ends the build.

Components are not imported: what is said of them is read from their source.
"""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from bench.contracts.registry import KINDS, SINGULAR, Entry, Registry
from bench.core.code.aliases import MOVED, RENAMED

WITH_SOURCES = ("victims", "attacks", "defenses")
"""Kinds whose docstrings name the paper that a component is from."""

_MARKER = re.compile(r"^<!-- table: ([\w ]+) -->$", flags=re.MULTILINE)
_PAPER = re.compile(r"\bP[1-4]\b")
_CITED = re.compile(r"[A-Z][\w-]+(?: et al\.|(?:, [A-Z][\w-]+)* (?:&|and) [A-Z][\w-]+),? (?:19|20)\d\d")
_TABLE = Path("board", "files", "leaderboard.md")
_LONGEST = 48
"""Characters of a default that a table shows."""


def on_config(config: Any) -> Any:
    """Check that all built-ins are known and have a page, and put their pages into the navigation."""
    root, docs = Path(config.config_file_path).parent, Path(config.docs_dir)
    entries = built_ins()
    check_declared(entries, root / "pyproject.toml")
    check_pages(entries, docs)
    config.nav = expanded(config.nav, entries)
    return config


def on_post_build(config: Any) -> None:
    """Put the board's Markdown table beside its other files, as it is: MkDocs makes a page of it."""
    shutil.copy(Path(config.docs_dir) / _TABLE, Path(config.site_dir) / _TABLE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put tables in the place of the markers of a page."""
    return _MARKER.sub(lambda marker: table(marker[1], built_ins()), markdown)


def built_ins() -> list[Entry]:
    """Give the registered components that come with serbench, kind by kind, by name."""
    registry = Registry.discover()
    found = (registry.entry(kind, name) for kind in KINDS for name in registry.names(kind))
    return [entry for entry in found if entry.origin.startswith("serbench ")]


def page_of(entry: Entry) -> str:
    """Name a component's page, as a path within docs/."""
    return f"{entry.kind}/{entry.name}.md"


def check_declared(entries: list[Entry], pyproject: Path) -> None:
    """Refuse to describe another set of components than the checkout declares.

    Args:
        entries: what is registered: the entry points of the installed package.
        pyproject: the checkout's.
    """
    declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["entry-points"]
    ours = {(kind, name, target) for kind in KINDS for name, target in declared[f"serbench.{kind}"].items()}
    known = {(entry.kind, entry.name, entry.target) for entry in entries}
    for kind, name, target in sorted(ours ^ known):
        lacks = pyproject.name if (kind, name, target) in known else "the installed package"
        raise PluginError(
            f"{SINGULAR[kind]} {name!r} ({target}): found none in {lacks}; expected the same entry points in "
            f"{pyproject.name} and in the installed package; correct the line, or install again: pip install -e ."
        )


def check_pages(entries: list[Entry], docs: Path) -> None:
    """Refuse a component that has no page.

    Args:
        entries: the components.
        docs: the folder of the documentation.
    """
    for entry in entries:
        if not (docs / page_of(entry)).is_file():
            raise PluginError(
                f"{docs.name}/{page_of(entry)}: found no such page; expected one on {SINGULAR[entry.kind]} "
                f"{entry.name!r}; write it (CONTRIBUTING.md, Add a built-in)"
            )


def expanded(nav: Any, entries: list[Entry]) -> Any:
    """Put the pages of all components of a kind in the place of `KIND/*`.

    Args:
        nav: a navigation as mkdocs.yml has it, or a part of one.
        entries: the components.

    Returns:
        The same, with the pages.
    """
    if isinstance(nav, dict):
        return {title: expanded(inner, entries) for title, inner in nav.items()}
    if not isinstance(nav, list):
        return nav
    found: list[Any] = []
    for item in nav:
        if isinstance(item, str) and item.endswith("/*"):
            found += [page_of(entry) for entry in entries if entry.kind == item.removesuffix("/*")]
        else:
            found.append(expanded(item, entries))
    return found


def table(what: str, entries: list[Entry]) -> str:
    """Make a table in Markdown.

    Args:
        what: a kind of component, or "former names".
        entries: the components.
    """
    if what == "former names":
        rows = [[f"`{old}`", f"`{now}`"] for old, now in sorted((MOVED | RENAMED).items())]
        return _rows(["formerly", "now"], rows)
    if what not in KINDS:
        raise PluginError(f"<!-- table: {what} -->: expected one of {', '.join(KINDS)}, former names; correct it")
    heads = ["name", "what", "parameters", *(["after"] if what in WITH_SOURCES else [])]
    rows = []
    for entry in entries:
        if entry.kind == what:
            parameters, summary = entry.describe()
            sources = [", ".join(sources_of(entry))] if what in WITH_SOURCES else []
            rows.append([f"[`{entry.name}`]({entry.name}.md)", summary, _parameters(parameters), *sources])
    return _rows(heads, rows)


def sources_of(entry: Entry) -> list[str]:
    """Name the papers that a component is after: those that its file's docstring names, or else its class's."""
    tree = ast.parse(entry.source.read_bytes() if entry.source else b"")
    name = entry.target.partition(":")[2]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    nodes: list[ast.Module | ast.ClassDef] = [tree, *classes]
    for node in nodes:
        text = " ".join((ast.get_docstring(node) or "").split())
        if found := [*sorted(set(_PAPER.findall(text))), *dict.fromkeys(_CITED.findall(text))]:
            return found
    return []


def _parameters(text: str) -> str:
    """Parameters and their defaults, a long default left out."""
    if not text:
        return ""
    (function,) = ast.parse(f"def f(*, {text}): ...").body
    signature = function.args  # type: ignore[attr-defined]
    given = []
    for one, value in zip(signature.kwonlyargs, signature.kw_defaults, strict=True):
        default = "" if value is None else f"={ast.unparse(value)}"
        given.append(one.arg + (default if len(default) <= _LONGEST else "=…"))
    return ", ".join(f"`{parameter}`" for parameter in given)


def _rows(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
