"""Error against a parameter of an attack, as in P2's Figure 1: from records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from bench.core.errors import DataError, UsageError
from bench.core.specs import Spec, did_you_mean
from bench.scoring.inference.estimates import Estimate
from bench.scoring.pooling import Perturbed, Recall, perturbed_scores
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import Setting
from bench.scoring.records import CellRecords, pooled_rows

SCORES: tuple[Recall, ...] = get_args(Recall)


@dataclass(frozen=True)
class CurveNames:
    """Name what makes a curve, beside the parameter along it.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec without the parameter.
        category: the noises that were heard, with "+" between them.
        setting: corpus, noise bank, task, split and limit.
        data: what the figures rest on, in words.
    """

    victim: str
    defense: str
    attack: str
    category: str
    setting: Setting
    data: str

    def to_json(self) -> dict[str, object]:
        """Return the names of a curve in the JSON of `bench curve`."""
        who = {"victim": self.victim, "defense": self.defense, "attack": self.attack, "category": self.category}
        return {**who, **self.setting.to_json(), "data": self.data}


@dataclass(frozen=True)
class PointError:
    """Hold 1 − UAR, 1 − CCC or 1 − WAR at one point.

    Args:
        error: after the one query, over the utterances to which the attack applied.
        clean: the error on the same utterances when nobody attacks.
    """

    error: Estimate
    clean: float

    @classmethod
    def of(cls, found: Perturbed) -> PointError:
        """Turn a score into an error."""
        return cls(found.after.complement(), 1 - found.before)

    def to_json(self) -> dict[str, object]:
        """Return the figure in the JSON of `bench curve`."""
        return {"error": self.error.value, "ci95": list(self.error.ci95), "clean": self.clean}


@dataclass(frozen=True)
class Point:
    """The victim at one value of the parameter, pooled over folds and seeds.

    Args:
        x: the value.
        errors: 1 − UAR ("uar"), in a dimensional task 1 − CCC ("ccc"), and 1 − WAR ("war").
        applied: utterances to which the attack applied.
        of: how many utterances were attacked.
    """

    x: float
    errors: Mapping[str, PointError]
    applied: int
    of: int

    def to_json(self) -> dict[str, object]:
        """Return one of `points` in the JSON of `bench curve`."""
        counts = {"x": self.x, "applied": self.applied, "of": self.of}
        return {**counts, **{name: error.to_json() for name, error in self.errors.items()}}


@dataclass(frozen=True)
class Curve:
    """One victim under one defence and one attack, whose parameter goes from point to point.

    Args:
        names: what all points share.
        points: by ascending x.
    """

    names: CurveNames
    points: tuple[Point, ...]

    @property
    def scores(self) -> tuple[str, ...]:
        """Return the names of the errors: UAR or CCC, and WAR."""
        return tuple(self.points[0].errors)

    def to_json(self) -> dict[str, object]:
        """Return the curve as plain values."""
        return {**self.names.to_json(), "points": [point.to_json() for point in self.points]}


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
        given = cell.description.attack_params.items()
        known = {name: float(one) for name, one in given if isinstance(one, int | float) and not isinstance(one, bool)}
        numbers |= set(known)
        if parameter in known:
            having.append((known[parameter], cell))
    if not having:
        expected = "one of " + ", ".join(sorted(numbers)) if numbers else "an attack with a number to vary"
        remedy = did_you_mean(parameter, numbers)
        raise UsageError(f"--parameter {parameter}", "no attack that has this number", expected, remedy)
    groups: dict[tuple[CurveNames, RestsOn], dict[float, list[CellRecords]]] = {}
    for x, cell in having:
        about = cell.description
        groups.setdefault((_names(about, parameter), about.rests_on), {}).setdefault(x, []).append(cell)
    drawn = [found for (names, _), by_x in groups.items() if (found := _curve(names, by_x)) is not None]
    if not drawn:
        attacks = ", ".join(sorted({names.attack for names, _ in groups}))
        expected = "an attack that asks once, and applied to some utterance"
        raise DataError(f"attack {attacks}", "nothing to draw", expected, "bench show has the Acc_att of searches")
    return sorted(drawn, key=lambda curve: [str(value) for value in curve.names.to_json().values()])


def _names(about: Description, parameter: str) -> CurveNames:
    """What a cell's curve is called; the noises that were heard are not known yet."""
    spec, rests = Spec.parse(about.names.attack), about.rests_on
    attack = str(Spec(spec.name, tuple(pair for pair in spec.params if pair[0] != parameter)))
    prints = (rests.corpus_fingerprint, rests.noise_fingerprint, rests.code)
    data = "corpus {}, noises {}, code {}".format(*(one[:8] for one in prints))
    if rests.train_corpus_fingerprint is not None:
        data += f", trained on {rests.train_corpus_fingerprint[:8]}"
    return CurveNames(about.names.victim, about.names.defense, attack, "", about.names.setting, data)


def _curve(names: CurveNames, by_x: Mapping[float, Sequence[CellRecords]]) -> Curve | None:
    found = {x: pooled_rows(by_x[x]) for x in sorted(by_x)}
    points = []
    for x, rows in found.items():
        scores = perturbed_scores(rows)
        if scores is not None:
            main, war = PointError.of(scores.main), PointError.of(scores.war)
            points.append(Point(x, {scores.name.lower(): main, "war": war}, scores.applied, scores.of))
    if not points:
        return None
    heard = {category for rows in found.values() for category in rows["category"].dropna()}
    return Curve(replace(names, category="+".join(sorted(heard))), tuple(points))


def titles(drawn: Sequence[Curve]) -> tuple[str, list[str]]:
    """Write what all curves share, as a title, and for each what sets it apart."""
    named = [curve.names.to_json() for curve in drawn]
    differing = [name for name in named[0] if len({str(names[name]) for names in named}) > 1]
    shared = [name for name in named[0] if name not in differing and name != "data"]
    return _words(drawn[0], shared), [_words(curve, differing) for curve in drawn]


def _words(curve: Curve, names: Sequence[str]) -> str:
    told = curve.names.to_json()
    named = {name: told[name] for name in names}
    for name in ("limit", "train_corpus"):
        if named.get(name, 0) is None:
            del named[name]
    if f"category={curve.names.category}" in curve.names.attack:
        named.pop("category", None)
    plain = ("attack", "category", "data")
    return " · ".join(str(value) if name in plain else f"{name} {value}" for name, value in named.items())
