"""`bench leaderboard build`: the whole site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.core.computing.collecting import collected_seldom
from bench.core.errors import DataError
from bench.scoring.results import Results
from leaderboards.site.exchange.evidence import evidence_page
from leaderboards.site.exchange.files import SiteOptions
from leaderboards.site.exchange.headline import Headline
from leaderboards.site.facts import Gathered
from leaderboards.site.formats import FOLDER, NOTHING_MORE, files
from leaderboards.site.pages import entry_page, environment, index_page, track_page, write_assets, write_file
from leaderboards.site.sounds import examples
from leaderboards.site.tracks import tracks


@collected_seldom()
def build_site(
    results: Results,
    gathered: Gathered,
    out: Path,
    options: SiteOptions = NOTHING_MORE,
    instead: Callable[[DataError], None] | None = None,
) -> list[Path]:
    """Write a site that needs no server and no network: the same records give the same bytes.

    Args:
        results: of one or more runs.
        gathered: facts of the same cells.
        out: the site's folder; files of other names in it stay as they are.
        options: what it has beside what records say.
        instead: told of each kept sound that is none, which is left out; without it, the first is an error.

    Returns:
        The pages, the first one first.

    Raises:
        DataError: a kept sound is none, and nobody is told of it.
    """
    made, found = environment(), tracks(results, gathered.seen(), gathered.verified())
    assets = write_assets(out)
    pages = [write_file(out / "tracks" / f"{one.name.id}.html", track_page(made, one)) for one in found]
    facts = gathered.by_entry()
    for track in found:
        for standing in track.standings:
            head = Headline(track, standing)
            own = facts.get((track.name, head.entry.who), ())
            attacks = [one.scores.attack for one in standing.attacked]
            heard = examples(own, attacks, options.sounds, instead or _raised)
            for number, one in enumerate(heard, 1):
                for name, sound in one.files():
                    write_file(out / "sounds" / head.name / f"{number}-{name}", sound)
            text = entry_page(made, track, head.entry, own, options.of_entry(head.name), heard)
            pages.append(write_file(out / "entries" / f"{head.name}.html", text))
            pages.append(write_file(out / "evidence" / f"{head.name}.html", evidence_page(made, head)))
    beside = files(found, options)
    for place, content in beside.items():
        write_file(out / place, content)
    first = write_file(out / "index.html", index_page(made, found, [one for one in beside if one.parent == FOLDER]))
    return [first, *pages, *assets]


def _raised(error: DataError) -> None:
    raise error
