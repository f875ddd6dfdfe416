"""`bench leaderboard build`: the whole site."""

from __future__ import annotations

from pathlib import Path

from bench.scoring.results import Results
from leaderboards.site.facts import Gathered
from leaderboards.site.formats import files
from leaderboards.site.pages import entry_page, environment, index_page, page_of, track_page, write_assets, write_text
from leaderboards.site.tracks import tracks


def build_site(results: Results, gathered: Gathered, out: Path) -> list[Path]:
    """Write a site that needs no server and no network: the same records give the same bytes.

    Args:
        results: of one or more runs.
        gathered: facts of the same cells.
        out: the site's folder; files of other names in it stay as they are.

    Returns:
        The pages, the first one first.
    """
    made, found = environment(), tracks(results, gathered.seen(), gathered.verified())
    assets = write_assets(out)
    pages = [write_text(out / "tracks" / f"{one.name.id}.html", track_page(made, one)) for one in found]
    facts = gathered.by_entry()
    for track in found:
        for entry in track.entries:
            text = entry_page(made, track, entry, facts.get((track.name, entry.who), ()))
            pages.append(write_text(out / "entries" / page_of(track, entry), text))
    beside = files(found)
    for place, text in beside.items():
        write_text(out / place, text)
    first = write_text(out / "index.html", index_page(made, found, [*beside]))
    return [first, *pages, *assets]
