"""`bench data fetch`: download the corpora and noise collections that anybody may download."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say
from bench.core.errors import UsageError

if TYPE_CHECKING:
    from bench.data.fetching.fetch import Fetched
    from bench.data.fetching.sources import Catalogue, Source

DECLINED = 2


def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="emodb, ravdess, esc50, demand or musan.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder in which a folder NAME appears.")] = Path(
        "data"
    ),
    yes: Annotated[bool, typer.Option("--yes", help="I have read the licence and keep to it.")] = False,
    mirror: Annotated[
        str | None, typer.Option(metavar="URL", help="A web folder with the same archives, to download from instead.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was done as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Download a corpus or a noise collection: show its licence, compare checksums, unpack.

    What was interrupted goes on with the same command. What is there already is left as it is. For corpora that their
    owners hand out themselves, it says whom to ask.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)

    from bench.core.showing.progress import for_terminal
    from bench.data.fetching.fetch import already, mirrored
    from bench.data.fetching.fetch import fetch as fetch_source
    from bench.data.fetching.sources import catalogue

    source = _source(name, catalogue())
    if source is None:
        return
    source, to = mirrored(source, mirror), to.expanduser()
    done = already(source, to)
    if done is None:
        _agree(source, yes)
        done = fetch_source(source, to, for_terminal())
    if write_json(_as_json(source, done), json):
        for line in _said(source, done):
            say(line)


def _source(name: str, known: Catalogue) -> Source | None:
    """What to fetch; None, and a line that says so, where nothing has to be."""
    if name in known.fetch:
        return known.fetch[name]
    if name in known.ready:
        say(f"{name} needs no download: {known.ready[name]}")
        return None
    if name in known.ask:
        one = known.ask[name]
        remedy = f"{one.how}: {one.page}; then bench data check {name} --root DIR"
        raise UsageError(name, "no download that is open to everybody", f"a copy of {one.title} of your own", remedy)
    from bench.contracts.registry import Registry
    from bench.core.specs import did_you_mean

    expected = "one of " + ", ".join(known.fetch)
    if any(entry == name and kind in ("corpora", "noise_banks") for kind, entry in Registry.discover().entries):
        raise UsageError(name, "a component whose sounds have no known source", expected, "ask those who wrote it")
    raise UsageError("NAME", repr(name), expected, did_you_mean(name, known.names))


def _agree(source: Source, yes: bool) -> None:
    """Show what it is and under which licence, and ask."""
    from bench.data.fetching.fetch import megabytes

    size = sum(one.size for one in source.archives)
    about = "" if all(one.exact for one in source.archives) else "about "
    for line in (
        source.title,
        f"licence: {source.licence}",
        f"cite: {source.citation}",
        f"page: {source.page}",
        f"download: {about}{megabytes(size)}; unpacked: at most {megabytes(source.unpacked)}",
    ):
        say(line, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        remedy = "read the licence above, and give --yes if you keep to it"
        raise UsageError("--yes", "no terminal to ask at", "consent to the licence", remedy)
    if not typer.confirm("Download it under this licence?", default=False, err=True):
        say("nothing was downloaded", err=True)
        raise typer.Exit(DECLINED)


def _next(source: Source, done: Fetched) -> list[str]:
    """The commands to go on with."""
    root = shlex.quote(str(done.root))
    use = "--corpus {0} --corpus-root {1}" if source.kind == "corpora" else "--noise-bank {0} --noise-root {1}"
    return [
        f"bench data check {source.reads} --root {root}",
        f"bench run --victim cnn_gru --attack boundary {use.format(source.reads, root)}",
    ]


def _said(source: Source, done: Fetched) -> list[str]:
    lines = [f"{source.name} is there already, and was left as it is: {done.folder}"] if done.already else []
    lines += [f"{one.name}: {one.bytes:,} bytes; {one.compared}" for one in done.archives]
    lines += [] if done.already else [f"{source.name} is in {done.folder}"]
    lines += [source.note] if source.note else []
    return [*lines, *_next(source, done)]


def _as_json(source: Source, done: Fetched) -> dict[str, object]:
    from bench.data.fetching.fetch import SCHEMA

    return {
        "schema": SCHEMA,
        "name": source.name,
        "kind": source.kind,
        "folder": str(done.folder),
        "root": str(done.root),
        "already": done.already,
        "licence": source.licence,
        "citation": source.citation,
        "archives": [asdict(one) for one in done.archives],
        "next": _next(source, done),
    }
