"""`bench submit`: a run as one file, for a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.sharing.entry.packing import Packed

_PACKAGE = "The folder of a package with the run's components, as bench new writes it."
_CARD = "TOML with title, authors, licence, and citation, contact, description; options go first."
_LICENCE = "What others may do with it, such as Apache-2.0."


def submit(
    run: Annotated[Path, typer.Argument(help="The --out folder of a bench run.", metavar="RUN")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new file: my_defence.serbench.")],
    plugin: Annotated[Path | None, typer.Option(metavar="FILE", help="The run's --plugin file.")] = None,
    package: Annotated[Path | None, typer.Option(metavar="DIR", help=_PACKAGE)] = None,
    card: Annotated[Path | None, typer.Option(metavar="FILE", help=_CARD)] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is called on the board.")] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Who made it; may be given several times.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", "--license", metavar="NAME", help=_LICENCE)] = None,
    citation: Annotated[str | None, typer.Option(metavar="TEXT", help="How to cite it.")] = None,
    contact: Annotated[str | None, typer.Option(metavar="TEXT", help="How to reach somebody.")] = None,
) -> None:
    """Pack a run into one file for a board: records, weights, the code of your own components, versions.

    It is looked at as bench verify will look at it, and refused where that would refuse it. Nothing is sent anywhere.
    """
    from bench.core.errors import UsageError
    from bench.evaluation.plans.options import check_writable
    from bench.sharing.entry.card import read_card
    from bench.sharing.entry.packing import pack

    if plugin is not None and package is not None:
        raise UsageError("--plugin", "it and --package", "one of the two", "put everything into the package")
    check_writable(out.parent)
    given = {"title": title, "authors": author, "licence": licence, "citation": citation, "contact": contact}
    kind = "plugin" if plugin else "package" if package else ""
    _say(pack(run, plugin or package, kind, read_card(card, given), out), out)


def _say(packed: Packed, out: Path) -> None:
    import shlex

    kinds: dict[str, tuple[int, int]] = {}
    for file in packed.manifest.files:
        kind = file.name.partition("/")[0]
        count, size = kinds.get(kind, (0, 0))
        kinds[kind] = count + 1, size + file.size
    card, brought = packed.manifest.card, packed.contents.code.components
    say(f"{out}: {out.stat().st_size:,} bytes, “{card.title}” by {', '.join(card.authors)}, {card.licence}")
    for kind, (count, size) in kinds.items():
        say(f"  {kind:<16} {count:>5} {'file ' if count == 1 else 'files'} {size:>14,} bytes")
    names = ", ".join(f"{kind} {name}" for kind, name in brought) or "none; all components are serbench's own"
    say(f"  brings: {names}")
    say(f"Whoever has the file can check it: bench verify {shlex.quote(str(out))}")
