"""Error against a parameter of an attack, as in P2's Figure 1: from records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.core.errors import DataError, UsageError
from bench.core.keys import key_of_json
from bench.core.specs import Spec, did_you_mean
from bench.scoring.pooling import perturbed_scores
from bench.scoring.records import CellRecords
from bench.scoring.results import cell_name, rests_on

NAMES = ("victim", "defense", "attack", "category", "corpus", "noise_bank", "task", "split", "limit", "data")
"""What makes a curve, beside the parameter along it."""

SCORES = ("uar", "war")


@dataclass(frozen=True)
class Point:
    """The victim at one value of the parameter, pooled over folds and seeds.

    Args:
        x: the value.
        error: 1 − UAR ("uar") and 1 − WAR ("war") after the one query, over the utterances to which the attack applied;
            from 0 to 1.
        ci95: their 95 % intervals, clustered by speaker.
        clean: the errors on the same utterances when nobody attacks.
        applied: how many these are.
        of: how many utterances were attacked.
    """

    x: float
    error: Mapping[str, float]
    ci95: Mapping[str, tuple[float, float]]
    clean: Mapping[str, float]
    applied: int
    of: int


@dataclass(frozen=True)
class Curve:
    """One victim under one defence and one attack, whose parameter goes from point to point.

    Args:
        setting: what all points share, by the names in `NAMES`; "attack" is the spec without the parameter, "category"
            the noises that were heard, "data" what the figures rest on.
        points: by ascending x.
    """

    setting: Mapping[str, Any]
    points: tuple[Point, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the curve as plain values."""
        points = [
            {"x": point.x, "applied": point.applied, "of": point.of}
            | {
                name: {"error": point.error[name], "ci95": list(point.ci95[name]), "clean": point.clean[name]}
                for name in SCORES
            }
            for point in self.points
        ]
        return {**self.setting, "points": points}


def curves(cells: Iterable[CellRecords], parameter: str) -> list[Curve]:
    """Put finished cells on curves.

    Args:
        cells: of one or more runs. Those of attacks without the parameter, and of searches that ask more than once, are
            left out.
        parameter: a number among an attack's parameters, given in its spec or left at its default.

    Raises:
        UsageError: no attack has such a parameter.
        DataError: those that have it ask more than once, or applied to no utterance.
    """
    having, numbers = [], set()
    for cell in cells:
        params = cell.description["attack_identity"]["params"]
        known = {name: float(value) for name, value in params.items() if type(value) in (int, float)}
        numbers |= set(known)
        if parameter in known:
            having.append((known[parameter], cell))
    if not having:
        expected = "one of " + ", ".join(sorted(numbers)) if numbers else "an attack with a number to vary"
        remedy = did_you_mean(parameter, numbers)
        raise UsageError(f"--parameter {parameter}", "no attack that has this number", expected, remedy)
    groups: dict[str, tuple[dict[str, Any], dict[float, list[CellRecords]]]] = {}
    for x, cell in having:
        setting, key = _setting(cell.description, parameter)
        groups.setdefault(key, (setting, {}))[1].setdefault(x, []).append(cell)
    drawn = [found for setting, by_x in groups.values() if (found := _curve(setting, by_x)) is not None]
    if not drawn:
        attacks = ", ".join(sorted({setting["attack"] for setting, _ in groups.values()}))
        expected = "an attack that asks once, and applied to some utterance"
        raise DataError(f"attack {attacks}", "nothing to draw", expected, "bench show has the Acc_att of searches")
    return sorted(drawn, key=lambda curve: [str(curve.setting[name]) for name in NAMES])


def _setting(about: Mapping[str, Any], parameter: str) -> tuple[dict[str, Any], str]:
    """What a cell's curve is called, and the key of all it rests on."""
    spec = Spec.parse(about["attack"])
    setting = {name: about[name] for name in NAMES if name in about}
    setting["attack"] = str(Spec(spec.name, tuple(pair for pair in spec.params if pair[0] != parameter)))
    rests = rests_on(about)
    prints = [rests[name][:8] for name in ("corpus_fingerprint", "noise_fingerprint", "code")]
    setting["data"] = "corpus {}, noises {}, code {}".format(*prints)
    return setting, key_of_json(setting | rests)


def _curve(setting: Mapping[str, Any], by_x: Mapping[float, Sequence[CellRecords]]) -> Curve | None:
    rows = {
        x: pd.concat(
            [c.rows.assign(cell=cell_name(c.description)) for c in cells],
            ignore_index=True,
        )
        for x, cells in by_x.items()
    }
    points = [point for x in sorted(rows) if (point := _point(x, rows[x])) is not None]
    if not points:
        return None
    heard = {category for each in rows.values() for category in each["category"].dropna()}
    named: dict[str, Any] = {**setting, "category": "+".join(sorted(heard))}
    return Curve({name: named[name] for name in NAMES}, tuple(points))


def _point(x: float, rows: pd.DataFrame) -> Point | None:
    found = perturbed_scores(rows)
    if found is None:
        return None
    return Point(
        x=x,
        error={name: 1 - found[name] for name in SCORES},
        ci95={name: (1 - found[f"{name}_ci95"][1], 1 - found[f"{name}_ci95"][0]) for name in SCORES},
        clean={name: 1 - found[f"{name}_before"] for name in SCORES},
        applied=found["applied"],
        of=found["of"],
    )


def titles(drawn: Sequence[Curve]) -> tuple[str, list[str]]:
    """Write what all curves share, as a title, and for each what sets it apart."""
    differing = [name for name in NAMES if len({str(curve.setting[name]) for curve in drawn}) > 1]
    shared = [name for name in NAMES if name not in differing and name != "data"]
    return _words(drawn[0], shared), [_words(curve, differing) for curve in drawn]


def _words(curve: Curve, names: Sequence[str]) -> str:
    named = {name: curve.setting[name] for name in names}
    if named.get("limit", 0) is None:
        del named["limit"]
    if f"category={curve.setting['category']}" in curve.setting["attack"]:
        named.pop("category", None)
    plain = ("attack", "category", "data")
    return " · ".join(str(value) if name in plain else f"{name} {value}" for name, value in named.items())
