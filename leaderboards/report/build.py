"""`bench report`: the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from bench.contracts.entries import Entry, entries_by_name
from bench.core.specs import bare
from bench.scoring.entries.groups import ToldEntry
from bench.scoring.results import Results
from leaderboards.report import sentences
from leaderboards.report.subject import Subject, subjects
from leaderboards.report.warnings import warning
from leaderboards.site.pages import environment, write_file
from leaderboards.site.repeating import command
from leaderboards.site.tracks import tracks

MOST = 40
"""Victims and defences that a page tells of; a site has room for more."""
MOST_SPEAKERS = 100
_OWN = """
section > p, section > ul, main > p { max-width: 46rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
.say { font-size: 1.15rem; }
figure { margin: 1rem 0; max-width: 46rem; }
th[scope=row] { min-width: 8rem; }
@media print { .card { border: 0; padding: 0; } details > summary { display: none; } }
"""


def write_report(results: Results, told: Sequence[ToldEntry], out: Path) -> Path:
    """Write a report as one file that needs no other: the same records give the same bytes.

    Args:
        results: of one or more runs.
        told: the same records.
        out: the page.
    """
    return write_file(out, report_page(results, told))


def report_page(results: Results, told: Sequence[ToldEntry]) -> str:
    """Render a report.

    Args:
        results: of one or more runs.
        told: the same records.
    """
    found = subjects(tracks(results, {}), told)
    style = _style()
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            subjects=found[:MOST],
            left_out=len(found) - MOST,
            failed=len(results.failed),
            say=sentences,
            warning=warning,
            about=SaidOfThemselves.of(found[:MOST]),
            command=command,
            style=Markup(style),  # noqa: S704  # ours
            style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            most_speakers=MOST_SPEAKERS,
        )
    )


def _style() -> str:
    """The site's style sheet, and what a single page has beside it."""
    folder = resources.files("leaderboards").joinpath("templates/site")
    return folder.joinpath("site.css").read_text(encoding="utf-8") + _OWN


class SaidOfThemselves(dict[tuple[str, str], str]):
    """Hold the first sentence of what each component says of itself, by kind and spec; nothing of one not installed."""

    @classmethod
    def of(cls, found: Iterable[Subject]) -> SaidOfThemselves:
        """Read it from the sources of installed components, without importing them.

        Args:
            found: whose components.
        """
        entries = entries_by_name(())
        made = cls()
        for one in found:
            specs = [("victims", one.entry.victim), ("defenses", one.entry.defense)]
            specs += [("attacks", attack.attack) for attack in one.entry.attacks]
            for kind, spec in specs:
                names = (bare(part).partition(":")[0] for part in spec.split("+"))
                said = (_sentence(entries.get((kind, name))) for name in names)
                made[kind, spec] = " ".join(filter(None, said))
        return made


def _sentence(entry: Entry | None) -> str:
    return "" if entry is None else entry.describe()[1]
