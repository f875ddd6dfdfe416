"""`bench leaderboard build`: the whole site."""

from __future__ import annotations

from pathlib import Path

from bench.scoring.results import Results
from leaderboards.site.exchange.evidence import evidence_page
from leaderboards.site.exchange.files import Exchange
from leaderboards.site.exchange.headline import Headline
from leaderboards.site.facts import Gathered
from leaderboards.site.formats import FOLDER, NOTHING_MORE, files
from leaderboards.site.pages import (
    entry_page,
    environment,
    index_page,
    page_of,
    track_page,
    write_assets,
    write_file,
)
from leaderboards.site.tracks import tracks


def build_site(results: Results, gathered: Gathered, out: Path, exchange: Exchange = NOTHING_MORE) -> list[Path]:
    """Write a site that needs no server and no network: the same records give the same bytes.

    Args:
        results: of one or more runs.
        gathered: facts of the same cells.
        out: the site's folder; files of other names in it stay as they are.
        exchange: what others' formats need beside records.

    Returns:
        The pages, the first one first.
    """
    made, found = environment(), tracks(results, gathered.seen())
    assets = write_assets(out)
    pages = [write_file(out / "tracks" / f"{one.name.id}.html", track_page(made, one)) for one in found]
    facts = gathered.by_entry()
    for track in found:
        for entry in track.entries:
            taken = exchange.of_entry(page_of(track, entry).removesuffix(".html"))
            text = entry_page(made, track, entry, facts.get((track.name, entry.who), ()), taken)
            pages.append(write_file(out / "entries" / page_of(track, entry), text))
        for standing in track.standings:
            head = Headline(track, standing)
            pages.append(write_file(out / "evidence" / f"{head.name}.html", evidence_page(made, head)))
    beside = files(found, exchange)
    for place, content in beside.items():
        write_file(out / place, content)
    first = write_file(out / "index.html", index_page(made, found, [one for one in beside if one.parent == FOLDER]))
    return [first, *pages, *assets]
