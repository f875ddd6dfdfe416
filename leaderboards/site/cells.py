"""What stands in the cells of a track's table: a figure, and in smaller print what surrounds it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.results import PooledScores
from leaderboards.site.facts import KINDS
from leaderboards.site.tracks import AttackFigures, RankedEntry, Standing, Track
from leaderboards.site.words import COLUMNS

Cell = tuple[str, str]
"""The figure or name, and what stands below it in smaller print."""
NOTHING: Cell = ("–", "")


def figure(found: Estimate | None) -> Cell:
    """Show a figure with its interval.

    >>> figure(Estimate(0.25, 0.2, 0.3, 9)), figure(None)
    (('0.25', '[0.20, 0.30]'), ('–', ''))
    """
    if found is None:
        return NOTHING
    value, _, interval = str(found).partition(" ")
    return value, interval


def fates(queries: Sequence[tuple[int, ...]]) -> Markup:
    """Write cells with the query at which an utterance fell to each attack, once for each training and repeat.

    >>> print(fates(((3, 0), ())))
    <td><span class="fell">3</span>, <span class="held">held</span></td><td>–</td>
    """
    return Markup("").join(map(_fate, queries))


@cache
def _fate(queries: tuple[int, ...]) -> Markup:
    told = (f'<span class="fell">{int(one)}</span>' if one else '<span class="held">held</span>' for one in queries)
    return Markup(f"<td>{', '.join(told) or '–'}</td>")  # noqa: S704  # numbers


def rank(standing: Standing) -> Cell:
    """Show a rank: a sign of equality where others share it, and the ranks that the data leave open."""
    if standing.rank is None:
        return NOTHING
    value, _, interval = str(standing.rank).partition(" ")
    return ("=" if standing.tied else "") + value, interval


def row(track: Track, standing: Standing, k: int) -> dict[str, Cell]:
    """Return a line of a track's table by the keys of its columns.

    Args:
        track: whose.
        standing: the entry's place in a view.
        k: the view's queries.
    """
    entry, worst = standing.entry, standing.worst
    rests = worst.score.acc_att.n if worst else max((one.n for one in entry.attacks), default=0)
    of_kind = {kind: _least(entry.attacked(k, kind)) for kind in KINDS}
    return {
        "rank": rank(standing),
        "name": (entry.victim + entry.mark, f"under {entry.defense}" if entry.defense != "none" else "no defence"),
        "robust": figure(_robust(worst)),
        "attack": (worst.scores.attack, _queries(worst, k)) if worst else NOTHING,
        "acc_att": figure(None if worst is None else worst.score.acc_att),
        "uar": _clean(entry),
        **{kind: figure(of_kind[kind]) for kind in KINDS},
        "gap": figure(_gap(worst)),
        "seen": figure(_robust(standing.worst_of(seen=True))),
        "unseen": figure(_robust(standing.worst_of(seen=False))),
        "attacks": (str(len({one.attack for one in entry.attacks})), f"of {len(track.attacks)}"),
        "n": (str(rests), _people(track, worst.scores if worst else entry.widest)),
        "verified": entry.verified[:2] if entry.verified[0] else NOTHING,
    }


def _people(track: Track, scores: PooledScores) -> str:
    """Who the figures rest on; on how many folds, where others of the track were measured on more; and on which seeds,
    where those are not the first."""
    fewer = len(scores.folds) < len(track.folds)
    told = f"{scores.speakers} speakers" + f", {len(scores.folds)} of {len(track.folds)} folds" * fewer
    if list(scores.seeds) == [*range(len(scores.seeds))]:
        return told
    return f"{told}, seed{'s' * (len(scores.seeds) > 1)} {', '.join(map(str, scores.seeds[:3]))}" + " …" * (
        len(scores.seeds) > 3
    )


def _queries(worst: AttackFigures, k: int) -> str:
    """With how many queries a search was run, where others may have had all that are allowed."""
    asks_once = worst.scores.perturbed is not None
    return "" if asks_once or worst.score.k == k else f"{worst.score.k} of {k} queries"


def _clean(entry: RankedEntry) -> Cell:
    """The figure when nobody attacks, with its name where it is none of classes."""
    value, interval = figure(entry.clean)
    return value, interval if entry.clean_name == "UAR" else f"{interval} {entry.clean_name}"


def _gap(worst: AttackFigures | None) -> Difference | None:
    return None if worst is None else worst.gap


def _robust(found: AttackFigures | None) -> Estimate | None:
    return None if found is None else found.score.robust_accuracy


def _least(attacked: Sequence[AttackFigures]) -> Estimate | None:
    return attacked[0].score.robust_accuracy if attacked else None


VIEWED = tuple(column.key for column in COLUMNS if column.viewed)
"""Columns that follow the chosen k and noises, in the order of the page's data."""


def views(track: Track) -> dict[str, list[list[Cell]]]:
    """Return for each view, by "k noises", the cells that follow it: one list an entry, in the order of the first view.

    Args:
        track: whose.
    """
    places = {id(standing.entry): place for place, standing in enumerate(track.standings)}
    found = {}
    for (k, noises), standings in track.views.items():
        rows: list[list[Cell]] = [[] for _ in places]
        for standing in standings:
            cells = row(track, standing, k)
            rows[places[id(standing.entry)]] = [cells[key] for key in VIEWED]
        found[f"{k} {noises}"] = rows
    return found
