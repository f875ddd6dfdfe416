"""Pages from tracks: rendered with everything from outside escaped, and written whole or not at all."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Sequence
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bench.core.showing.plain_text import plain_text
from bench.core.storage.cache import appearing_file
from bench.scoring.bells import BELLS
from leaderboards.site import cells, words
from leaderboards.site.entry import MOST, chosen, groups, lines
from leaderboards.site.facts import CellFacts
from leaderboards.site.plots import pictures
from leaderboards.site.repeating import citation, command, configuration
from leaderboards.site.sounds import HeardExample
from leaderboards.site.tracks import RankedEntry, Track

ASSETS = ("site.css", "site.js")


def environment() -> Environment:
    """Return the templates: what is shown of a text is the text, whatever is in it."""
    made = Environment(
        loader=PackageLoader("leaderboards", "templates/site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.globals |= {"version": metadata.version("serbench"), "words": words, "cells": cells, "plain": plain_text}
    return made


def _shown(value: Any) -> Any:
    return plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all, and return it; one that holds the same already stays as it is.

    Args:
        path: a new file, or one that is replaced.
        content: what is in it; text as UTF-8.
    """
    own = content.encode() if isinstance(content, str) else content
    if not _holds(path, own):  # to replace a file waits for the disk, and most pages of a board stay
        with appearing_file(path, flushed=False) as temporary:
            temporary.write_bytes(own)
    return path


def _holds(path: Path, content: bytes) -> bool:
    """Whether it is a regular file, no link, with that content."""
    try:
        status = path.lstat()
        return stat.S_ISREG(status.st_mode) and status.st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def write_assets(out: Path) -> list[Path]:
    """Write the style sheet and the script that all pages share.

    Args:
        out: the site's folder.
    """
    folder = resources.files("leaderboards").joinpath("templates/site")
    return [write_file(out / name, folder.joinpath(name).read_text(encoding="utf-8")) for name in ASSETS]


def index_page(made: Environment, tracks: Sequence[Track], files: Sequence[Path]) -> str:
    """Render the first page: which tracks there are, and who leads.

    Args:
        made: the templates.
        tracks: all.
        files: further formats, relative to the site.
    """
    return made.get_template("index.html.jinja").render(tracks=tracks, files=[file.as_posix() for file in files], up="")


def track_page(made: Environment, track: Track) -> str:
    """Render a track: its table, with every view in it, and its pictures.

    Args:
        made: the templates.
        track: which.
    """
    k, noises = track.ks[-1], track.noises[0]
    rows = [(one.entry, cells.row(track, one, k)) for one in track.standings]
    data = {
        "k": track.ks,
        "noises": track.noises,
        "says": words.NOISES,
        "columns": cells.VIEWED,
        "views": _written(cells.views(track)),
        "numbers": [one.key for one in words.COLUMNS if one.number],
        "first": {one.key: one.first for one in words.COLUMNS},
    }
    rung = {ring.bell.name for entry, _ in rows for ring in entry.bells}
    defenses = sorted({entry.defense for entry, _ in rows})
    return made.get_template("track.html.jinja").render(
        track=track,
        rows=rows,
        k=k,
        noises=noises,
        data=data,
        defenses=defenses,
        bells=[bell for bell in BELLS if bell.name in rung],
        pictures=pictures(track),
        page_of=page_of,
        up="../",
    )


def _written(value: Any) -> Any:
    """The same data, its texts as they are shown: the script copies them."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items()}
    return [_written(one) for one in value] if isinstance(value, list | tuple) else value


def page_of(track: Track, entry: RankedEntry) -> str:
    """Return the file name of an entry's page: a digest, since names may hold anything.

    Args:
        track: whose.
        entry: one of its entries.
    """
    name = "\0".join((track.name.id, entry.victim, entry.defense, entry.mark))
    return hashlib.sha256(name.encode()).hexdigest()[:12] + ".html"


def entry_page(
    made: Environment,
    track: Track,
    entry: RankedEntry,
    facts: Sequence[CellFacts],
    taken: Sequence[tuple[str, str]] = (),
    heard: Sequence[HeardExample] = (),
) -> str:
    """Render an entry: everything that its records say of it.

    Args:
        made: the templates.
        track: whose.
        entry: one of its entries.
        facts: of its cells in the track.
        taken: its figures in others' formats: where each lies in the site, and what it is.
        heard: examples to hear.
    """
    k, noises = track.ks[-1], track.noises[0]
    attacked = entry.attacked(k, noises)
    names = list(dict.fromkeys(one.scores.attack for one in attacked))
    worst = chosen(facts, names[0], noises) if names else []
    listed = lines(facts, names, noises)
    ways: dict[str, Callable[[CellFacts], Sequence[str]]] = {
        "emotion": lambda cell: list(cell.truths),
        "speaker": lambda cell: list(cell.speakers),
    }
    return made.get_template("entry.html.jinja").render(
        track=track,
        entry=entry,
        k=k,
        noises=noises,
        attacked=attacked,
        by=[(title, groups(worst, noises, k, way)) for title, way in ways.items()] if worst else [],
        names=names,
        lines=len(listed),
        shown=listed[:MOST],
        command=command(track, entry),
        citation=citation(entry, track, page_of(track, entry)),
        configuration=configuration(facts),
        count=len(facts),
        taken=taken,
        heard=heard,
        folder=page_of(track, entry).removesuffix(".html"),
        up="../",
    )
