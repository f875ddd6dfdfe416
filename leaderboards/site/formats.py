"""The site's figures in other formats: JSON, CSV, Markdown, LaTeX, its pictures as files, and others' formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from importlib import metadata, resources
from pathlib import Path

from bench.core.showing.plain_text import plain_text
from bench.scoring.entries.scored import PooledScores
from bench.scoring.inference.estimates import Estimate
from leaderboards.outside_text import as_markdown, in_spreadsheet, in_tex
from leaderboards.site import cells
from leaderboards.site.drawing import Picture
from leaderboards.site.exchange.croissant import croissant
from leaderboards.site.exchange.files import SiteOptions, of_all
from leaderboards.site.exchange.headline import about
from leaderboards.site.pages import page_of
from leaderboards.site.plots import pictures
from leaderboards.site.tracks import AttackFigures, RankedEntry, Standing, Track

SCHEMA = 1
"""Version of the JSON: it grows when a field changes its meaning or goes."""
FOLDER = Path("files")
TABLE = "leaderboard.csv"
SCHEMA_FILE = "leaderboard.schema.json"
NOTHING_MORE = SiteOptions()
PRINTED = ("rank", "name", "robust", "acc_att", "uar", "attack")
"""Columns of the table in a paper."""
SPREAD = ("robust_accuracy", "acc_att", "clean_uar", "clean_ccc")
"""Figures of the CSV that have intervals."""
HEADINGS = ("Rank", "Victim", "Defence", "Robust accuracy", "Acc_att", "Clean UAR", "Strongest attack", "n", "Doubtful")


def files(tracks: Sequence[Track], options: SiteOptions = NOTHING_MORE) -> dict[Path, str | bytes]:
    """Return every further file of a site, by its place in it.

    Args:
        tracks: all.
        options: what others' formats need beside records.
    """
    table = as_csv(tracks)
    found: dict[Path, str | bytes] = {
        FOLDER / "leaderboard.json": json.dumps(as_json(tracks), sort_keys=True) + "\n",
        FOLDER / SCHEMA_FILE: _schema(),
        FOLDER / TABLE: table,
        FOLDER / "croissant.json": croissant(table, TABLE, options.dated),
        FOLDER / "leaderboard.md": "\n".join(map(as_table, tracks)),
        FOLDER / "leaderboard.tex": "\n".join(map(as_tex, tracks)),
    }
    drawn = (one for track in tracks for one in pictures(track))
    found |= {FOLDER / f"{one.id}.svg": as_svg(one) for one in drawn}
    return found | {FOLDER / place: text for place, text in of_all(tracks, options).items()}


def _schema() -> str:
    return resources.files("leaderboards").joinpath("templates/site", SCHEMA_FILE).read_text(encoding="utf-8")


def as_svg(picture: Picture) -> str:
    """Write a picture as a file of its own."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture.svg(alone=True)}\n'


def as_json(tracks: Sequence[Track]) -> dict[str, object]:
    """Return all figures as `leaderboard.schema.json` describes them.

    Args:
        tracks: all.
    """
    told = {"schema": SCHEMA, "serbench": metadata.version("serbench")}
    return {**told, "tracks": [_track(track) for track in tracks]}


def _track(track: Track) -> dict[str, object]:
    about = {**track.name.setting.to_json(), "data": track.name.data, "threat_model": track.name.granted.to_json()}
    choices = {"ks": list(track.ks), "noises": list(track.noises), "attacks": list(track.attacks)}
    views = {id(one.entry): [] for one in track.standings}  # type: dict[int, list[dict[str, object]]]
    for (k, noises), standings in track.views.items():
        for one in standings:
            views[id(one.entry)].append({"k": k, "noises": noises, **_standing(one)})
    entries = [{**_entry(track, one.entry), "views": views[id(one.entry)]} for one in track.standings]
    return {"id": track.name.id, **about, **choices, "entries": entries}


def _entry(track: Track, entry: RankedEntry) -> dict[str, object]:
    first = entry.widest
    attacks = [
        {
            "attack": one.attack,
            "seen": entry.has_seen(one.attack),
            "scores": [_score(AttackFigures(one, score)) for score in one.scores],
            **_after(one),
        }
        for one in entry.attacks
    ]
    return {
        "id": page_of(track, entry).removesuffix(".html"),
        **{"victim": entry.victim, "defense": entry.defense, **_clean(entry)},
        **{"speakers": first.speakers, "folds": list(first.folds), "seeds": list(first.seeds)},
        "bells": [ring.bell.name for ring in entry.bells],
        "verified": {"word": entry.verified[0], "says": entry.verified[1]} if entry.verified[0] else None,
        "versions": dict(first.rests_on.versions),
        "attacks": attacks,
    }


def _clean(entry: RankedEntry) -> dict[str, object]:
    """UAR when nobody attacks; in a dimensional task CCC in its place."""
    if entry.clean_name == "UAR":
        return {"clean_uar": entry.clean.to_json()}
    return {"clean_uar": None, "clean_ccc": entry.clean.to_json()}


def _after(one: PooledScores) -> dict[str, object]:
    """Likewise after an attack that asks once."""
    found = None if one.perturbed is None else one.perturbed.main.after.to_json()
    return {"uar_after": found} if one.dimension is None else {"uar_after": None, "ccc_after": found}


def _score(one: AttackFigures) -> dict[str, object]:
    score = one.score
    figures = {"robust_accuracy": score.robust_accuracy.to_json(), "acc_att": score.acc_att.to_json()}
    return {"noises": score.noises, "k": score.k, **figures, "n": score.acc_att.n}


def _standing(one: Standing) -> dict[str, object]:
    rank = None
    if one.rank is not None:
        rank = {"value": one.rank.value, "low": one.rank.low, "high": one.rank.high, "tied": one.tied}
    return {"rank": rank, "strongest": None if one.worst is None else one.worst.scores.attack}


def as_csv(tracks: Sequence[Track]) -> str:
    """Write a line for each entry in each view; figures unrounded, and no text that a spreadsheet would compute.

    Args:
        tracks: all.
    """
    spread = [f"{name}{end}" for name in SPREAD for end in ("", "_low", "_high")]
    setting = ["track", "corpus", "noise_bank", "task", "split", "limit", "train_corpus"]
    setting += ["threat_model", "data", "k", "noises"]
    who = ["rank", "rank_low", "rank_high", "tied", "victim", "defense", "strongest_attack"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*setting, *who, *spread, "n", "speakers", "bells"])
    for track in tracks:
        for line in _csv_lines(track):
            writer.writerow(map(in_spreadsheet, line))
    return text.getvalue()


def _csv_lines(track: Track) -> Iterator[list[object]]:
    about = [track.name.id, *track.name.setting.to_json().values(), str(track.name.granted), track.name.data]
    for (k, noises), standings in track.views.items():
        for one in standings:
            rank = (None,) * 3 if one.rank is None else (one.rank.value, one.rank.low, one.rank.high)
            worst = None if one.worst is None else one.worst.score
            clean = one.entry.clean if one.entry.clean_name == "UAR" else None
            ccc = None if clean else one.entry.clean
            figures = (worst and worst.robust_accuracy, worst and worst.acc_att, clean, ccc)
            strongest = None if one.worst is None else one.worst.scores.attack
            rests = (None if worst is None else worst.acc_att.n, one.entry.widest.speakers)
            bells = ", ".join(ring.bell.name for ring in one.entry.bells)
            whom = (one.entry.victim + one.entry.mark, one.entry.defense, strongest)
            yield [*about, k, noises, *rank, one.tied, *whom, *_spread(figures), *rests, bells]


def _spread(figures: Sequence[object]) -> Iterator[float | None]:
    for one in figures:
        yield from (one.value, *one.ci95) if isinstance(one, Estimate) else (None,) * 3


def _printed(track: Track) -> Iterator[list[str]]:
    """The lines of the view that is shown first, each figure with what surrounds it."""
    for one in track.standings:
        found = cells.row(track, one, track.ks[-1])
        joined = {key: " ".join(filter(None, found[key])) for key in PRINTED}
        entry = one.entry
        figures = (joined["robust"], joined["acc_att"], joined["uar"], joined["attack"], ", ".join(found["n"]))
        bells = ", ".join(ring.bell.name for ring in entry.bells)
        yield [joined["rank"], entry.victim + entry.mark, entry.defense, *figures, bells]


def _headings(track: Track) -> list[str]:
    name = track.standings[0].entry.clean_name if track.standings else "UAR"
    return [one.replace("UAR", name) for one in HEADINGS]


def _about(track: Track) -> str:
    return f"{about(track)}; k = {track.ks[-1]}, {track.noises[0]} noises; {track.name.data}"


def as_table(track: Track) -> str:
    """Write a track's first view as Markdown.

    Args:
        track: which.
    """
    from tabulate import tabulate

    rows = [[as_markdown(value) for value in line] for line in _printed(track)]
    table = tabulate(rows, _headings(track), tablefmt="github", disable_numparse=True)
    return f"## {as_markdown(_about(track))}\n\n{table}\n"


def as_tex(track: Track) -> str:
    r"""Write a track's first view as a LaTeX table, for `\usepackage{booktabs}`.

    Args:
        track: which.
    """
    rows = [" & ".join(map(in_tex, line)) + r" \\" for line in _printed(track)]
    heading = " & ".join(map(in_tex, _headings(track))) + r" \\"
    body = "\n".join(rows)
    return (
        f"% {' '.join(plain_text(_about(track)).split())}\n"
        f"\\begin{{tabular}}{{rllrrrlrl}}\n\\toprule\n{heading}\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n"
    )
