"""The site's pictures of a track."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup

from bench.core.showing.plain_text import plain_text
from bench.scoring.inference.estimates import Estimate
from leaderboards.site.drawing import SERIES, Picture, tag
from leaderboards.site.marks import legend, mark, short
from leaderboards.site.plane import Plane
from leaderboards.site.tracks import RankedEntry, Standing, Track

MOST = len(SERIES)
"""Entries in a picture that tells them apart by colour and shape; the best ranked are shown."""
MOST_ROWS, MOST_COLUMNS = 30, 14
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def pictures(track: Track) -> list[Picture]:
    """Draw what can be drawn of a track: a picture of one point is none.

    Args:
        track: with at least one entry.
    """
    drawn = [success_curves(track), cost_and_benefit(track), heat_map(track), after_effects(track)]
    return [one for one in drawn if one is not None]


def _best(track: Track) -> list[Standing]:
    return [one for one in track.standings if one.attacked][:MOST]


def success_curves(track: Track) -> Picture | None:
    """Draw Acc_att of the strongest attack against k, for the best entries."""
    if len(track.ks) < 2:
        return None
    best, noises = _best(track), track.noises[0]
    plane = Plane(52, 34, 400, 250, (0, track.ks[-1]))
    parts = [*plane.axes("queries allowed, k", "Acc_att of the strongest attack", (0, *track.ks), _TENTHS)]
    told = []
    for number, standing in enumerate(best):
        points = []
        for k in track.ks:
            attacked = standing.entry.attacked(k, noises)
            if attacked:
                most = max(attacked, key=lambda one: one.score.acc_att.value).score.acc_att
                points.append((k, most))
        parts += _curve(plane, number, points)
        told.append(f"{standing.entry.name}: " + ", ".join(f"{one.value:.2f} at k = {k}" for k, one in points))
    names = [one.entry.name for one in best]
    parts += legend(names, 476, 44)
    title = "How fast attacks succeed: Acc_att against the number of queries"
    return Picture(f"curves-{track.name.id}", title, "; ".join(told), 720, 340, tuple(parts))


def _curve(plane: Plane, number: int, points: Sequence[tuple[int, Estimate]]) -> Iterable[Markup]:
    klass = f"s{number % MOST}"
    places = [plane.at(k, one.value) for k, one in points]
    for (x1, y1), (x2, y2) in pairwise(places):
        yield tag("line", klass=f"{klass} line", x1=x1, y1=y1, x2=x2, y2=y2)
    for (k, one), (x, y) in zip(points, places, strict=True):
        low, high = plane.at(k, one.low)[1], plane.at(k, one.high)[1]
        yield tag("line", klass=f"{klass} bar", x1=x, x2=x, y1=low, y2=high)
        yield mark(number, x, y)


def cost_and_benefit(track: Track) -> Picture | None:
    """Draw robust accuracy against clean UAR, or CCC: what a defence costs, and what it buys."""
    best = _best(track)
    if len(best) < 2:
        return None
    name = f"clean {best[0].entry.clean_name}"
    plane = Plane(52, 34, 400, 300, (0.0, 1.0))
    parts = [*plane.axes(f"{name}, nobody attacks", "robust accuracy", _TENTHS, _TENTHS)]
    told = []
    for number, standing in enumerate(best):
        clean, robust = standing.entry.clean, standing.attacked[0].score.robust_accuracy
        x, y = plane.at(max(clean.value, 0.0), robust.value)  # CCC below 0 is no better than 0
        (left, _), (right, _) = plane.at(max(clean.low, 0.0), robust.value), plane.at(max(clean.high, 0.0), y)
        (_, low), (_, high) = plane.at(0.0, robust.low), plane.at(0.0, robust.high)
        parts.append(tag("line", klass=f"s{number} bar", x1=left, x2=right, y1=y, y2=y))
        parts.append(tag("line", klass=f"s{number} bar", x1=x, x2=x, y1=low, y2=high))
        parts.append(mark(number, x, y))
        told.append(f"{standing.entry.name}: {name} {clean.value:.2f}, robust accuracy {robust.value:.2f}")
    parts += legend([one.entry.name for one in best], 476, 44)
    title = f"Cost and benefit: robust accuracy against {name}, with 95 % intervals"
    return Picture(f"benefit-{track.name.id}", title, "; ".join(told), 720, 390, tuple(parts))


def heat_map(track: Track) -> Picture | None:
    """Draw the robust accuracy of each entry under each attack; the paler, the less is left."""
    rows = [one for one in track.standings if one.attacked][:MOST_ROWS]
    attacks = track.attacks[:MOST_COLUMNS]
    if len(attacks) < 2 or not rows:
        return None
    left, top, wide, high = 230, 110, 52, 26
    parts, told = [], []
    for column, attack in enumerate(attacks):
        x = left + column * wide + wide / 2
        turn = f"rotate(-40 {x:.0f} {top - 10})"
        parts.append(tag("text", short(plain_text(attack), 22), x=x, y=top - 10, transform=turn, klass="small"))
    for row, standing in enumerate(rows):
        y, by = top + row * high, {one.scores.attack: one.score.robust_accuracy for one in standing.attacked}
        parts.append(
            tag("text", short(plain_text(standing.entry.name)), x=left - 8, y=y + 17, text_anchor="end", klass="small")
        )
        for column, attack in enumerate(attacks):
            parts += _heat(left + column * wide, y, wide, high, by.get(attack))
        figures = ", ".join(f"{by[attack].value:.2f} under {attack}" for attack in attacks if attack in by)
        told.append(f"{standing.entry.name}: {figures}")
    width, height = left + len(attacks) * wide + 70, top + len(rows) * high + 16
    title = "Robust accuracy of each model under each attack"
    return Picture(f"heat-{track.name.id}", title, "; ".join(told), max(width, 480), height, tuple(parts))


def _heat(x: float, y: float, wide: float, high: float, found: Estimate | None) -> Iterable[Markup]:
    strength = 0.0 if found is None else found.value
    shape = {"x": x, "y": y, "width": wide, "height": high}
    yield tag("rect", klass="heat s0", fill_opacity=f"{strength:.2f}", **shape)
    text = "–" if found is None else f"{found.value:.2f}"
    dark = " strong" if strength > 0.55 else ""
    yield tag("text", text, x=x + wide / 2, y=y + 17, text_anchor="middle", klass=f"small value{dark}")


def after_effects(track: Track) -> Picture | None:
    """Draw UAR after each effect that asks once, beside UAR when nobody attacks."""
    best = _best(track)
    effects = sorted({one.attack for each in best for one in each.entry.attacks if one.perturbed is not None})
    if not effects:
        return None
    high = 16 + 9 * len(best)
    plane = Plane(200, 34, 252, high * len(effects), (0.0, 1.0), (0.0, float(len(effects))))
    parts = [*plane.axes("UAR after the effect; the line: before", "", _TENTHS, ())]
    told = []
    for row, effect in enumerate(effects):
        top = plane.top + row * high
        parts.append(tag("line", klass="grid", x1=10, x2=452, y1=top, y2=top))
        parts.append(
            tag("text", short(plain_text(effect), 26), x=190, y=top + high / 2 + 4, text_anchor="end", klass="small")
        )
        for number, standing in enumerate(best):
            parts += _after(plane, standing.entry, effect, number, top + 12 + 9 * number)
        figures = (f"{each.entry.name} {found:.2f}" for each in best if (found := _uar(each.entry, effect)) is not None)
        told.append(f"{effect}: " + ", ".join(figures))
    parts += legend([one.entry.name for one in best], 476, 44)
    title = "UAR after each effect: what common changes of sound do by themselves"
    height = max(int(plane.top + plane.height) + 50, 60 + 20 * len(best))
    return Picture(f"effects-{track.name.id}", title, "; ".join(told), 720, height, tuple(parts))


def _after(plane: Plane, entry: RankedEntry, effect: str, number: int, y: float) -> Iterable[Markup]:
    for one in entry.attacks:
        if one.attack == effect and one.perturbed is not None:
            after, before = one.perturbed.main.after, plane.at(one.perturbed.main.before, 0)[0]
            low, x, high = (plane.at(value, 0)[0] for value in (after.low, after.value, after.high))
            yield tag("line", klass="clean", x1=before, x2=before, y1=y - 4, y2=y + 4)
            yield tag("line", klass=f"s{number} bar", x1=low, x2=high, y1=y, y2=y)
            yield mark(number, x, y)


def _uar(entry: RankedEntry, effect: str) -> float | None:
    found = (one.perturbed for one in entry.attacks if one.attack == effect)
    return next((one.main.after.value for one in found if one is not None), None)
