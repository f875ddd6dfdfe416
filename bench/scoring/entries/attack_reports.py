"""What an attack did, from its records: how fast it succeeded, by what, and with whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bench.contracts.threat_models import Counted, ThreatModel
from bench.core.specs import JOINED
from bench.scoring.entries.units import pooled_by
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.dependence import crossed_at, estimated_share, utterances_of
from bench.scoring.figures.measured import each_once
from bench.scoring.figures.searches import Median, median_queries
from bench.scoring.inference.estimates import Estimate
from bench.scoring.inference.survival import KaplanMeier, kaplan_meier
from bench.scoring.record_files.cell_records import CellRecords, pooled_rows
from bench.scoring.record_files.names import Setting
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.scores import UTTERANCE, within

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Means:
    """One kind of noise, and how often it was what succeeded first.

    Args:
        name: of what was done: "noise", "shaped_noise:shape=valleys".
        category: of the sound; "signal" for effects.
        source: the sound; "" where successes of one kind are counted together.
        count: utterances.
    """

    name: str
    category: str
    source: str
    count: int

    def to_json(self) -> dict[str, object]:
        """Return it as an object."""
        return dict(vars(self))


@dataclass(frozen=True)
class GroupReport:
    """How a group of utterances fared.

    Args:
        group: an emotion, or a speaker.
        acc_att: share attacked successfully within the budget.
        queries: median queries to success.
    """

    group: str
    acc_att: Estimate
    queries: Median

    def to_json(self) -> dict[str, object]:
        """Return it as an object."""
        figure = {"acc_att": self.acc_att.value, "ci95": list(self.acc_att.ci95), "n": self.acc_att.n}
        return {"group": self.group, **figure, "queries": self.queries.to_json()}


@dataclass(frozen=True)
class AttackReport:
    """One attack on one victim under one condition.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec.
        corr: whether the attacker was informed.
        noises: which successes count.
        threat_model: what the attacker was granted.
        setting: corpus, noise bank, task, split and limit.
        curve: Acc_att by k, from 1 to the budget; of an attack that knows its budget, by each that it was run with.
        waiting: Kaplan and Meier's curve of the queries to success; who did not succeed was watched to the budget.
        queries: its median.
        means: what succeeded first, by kind, most often first.
        sounds: likewise, sound by sound.
        emotions: by the true label; in a dimensional task, by the third of the scale that the rating lies in.
        speakers: by speaker.
    """

    victim: str
    defense: str
    attack: str
    corr: bool
    noises: Counted
    threat_model: ThreatModel
    setting: Setting
    curve: Mapping[int, Estimate]
    waiting: KaplanMeier
    queries: Median
    means: tuple[Means, ...]
    sounds: tuple[Means, ...]
    emotions: tuple[GroupReport, ...]
    speakers: tuple[GroupReport, ...]

    @property
    def names(self) -> dict[str, object]:
        """Name it: victim, defence, attack, Corr, Noises, and the target where there is one."""
        told: dict[str, object] = {"victim": self.victim, "defense": self.defense, "attack": self.attack}
        aim = self.threat_model.target
        return told | {"corr": self.corr, "noises": self.noises} | ({"target": aim} if aim else {})

    def to_json(self) -> dict[str, object]:
        """Return one of `reports[]` in docs/json.md."""
        curve = [{"k": k, **one.named("acc_att")} for k, one in self.curve.items()]
        waiting = {name: list(values) for name, values in vars(self.waiting).items()}
        lists = {name: [one.to_json() for one in vars(self)[name]] for name in ("means", "sounds")}
        groups = {name: [one.to_json() for one in vars(self)[name]] for name in ("emotions", "speakers")}
        told = {"curve": curve, "kaplan_meier": waiting, "queries": self.queries.to_json()}
        granted = {"threat_model": self.threat_model.to_json()}
        return {**self.names, **granted, **vars(self.setting), **told, **lists, **groups}


def attack_reports(cells: Iterable[CellRecords]) -> list[AttackReport]:
    """Report on each attack, victim, defence and condition of some cells; folds and seeds are pooled, and what differs
    in its data, code or threat model is not.

    Args:
        cells: records; those with one half of the noise bank are left out. Of an attack that knows its budget, all but
            the curve is of the searches with the greatest.
    """
    groups: dict[tuple[Counted, str, Hashable], list[CellRecords]] = {}
    for cell in cells:
        names = cell.description.names
        for noises in cell.description.noises if names.half is None else ():
            groups.setdefault((noises, names.attack, pooled_by(cell)), []).append(cell)
    return [_reported(noises, own) for (noises, _, _), own in groups.items()]


def _reported(noises: Counted, cells: Sequence[CellRecords]) -> AttackReport:
    about = cells[0].description
    names, corr = about.names, about.corr
    apart: dict[int, list[CellRecords]] = {}
    for cell in each_once(cells, lambda cell: cell.description):
        apart.setdefault(cell.description.rests_on.max_queries, []).append(cell)
    budget = max(apart)
    rows = {k: pooled_rows(own) for k, own in apart.items() if k == budget or not about.anytime}
    pools = {k: PooledRecords.of(own) for k, own in rows.items()}
    condition = Condition(corr, noises, pools[budget], {} if about.anytime else pools)
    first = condition.records.listed().assign(first=condition.first)
    clean = rows[budget][rows[budget]["query"] == 0]
    true = clean[[*UTTERANCE, "label_true"]]
    if (dimension := about.dimension) is not None:
        true = true.assign(label_true=dimension.bands(clean["value_true"].to_numpy(float)))
    first = first.merge(true, on=list(UTTERANCE), how="left")
    seen = np.isfinite(first["first"].to_numpy(float))
    won = _first_winners(rows[budget], noises).to_dict("records")

    def by(column: str) -> tuple[GroupReport, ...]:
        return tuple(_share(str(name), own, budget, condition) for name, own in first.groupby(column, sort=True))

    return AttackReport(
        *(names.victim, names.defense, names.attack, corr, noises, about.threat_model, names.setting),
        {k: condition.acc_att(k) for k in range(1, budget + 1) if condition.has(k)},
        kaplan_meier(np.where(seen, first["first"], budget), seen),
        _median(first, budget, condition.crossed("fitted")),
        _counted(won, lambda row: (_kind(row), str(row["category"]), "")),
        _counted(won, lambda row: (_kind(row), str(row["category"]), str(row["source"]))),
        by("label_true"),
        by("speaker"),
    )


def _first_winners(rows: pd.DataFrame, noises: Counted) -> pd.DataFrame:
    wins = rows[rows["accepted"] & within(rows, noises)].sort_values("query", kind="stable")
    return wins.drop_duplicates(list(UTTERANCE))


def _kind(row: Mapping[Any, Any]) -> str:
    """What was done, with the parameters of effects but their level; as records name it where there is no recipe."""
    try:
        parts = json.loads(str(row["recipe"]))
        return JOINED.join(_named(part) for part in parts)
    except (TypeError, ValueError, AttributeError):
        return str(row["perturbation"])


def _named(part: Mapping[str, object]) -> str:
    if "effect" not in part:
        return "noise" if "overlay" in part else next(iter(part))
    name, _, params = str(part["effect"]).partition(":")
    kept = ",".join(one for one in params.split(",") if one and not one.startswith("snr_db="))
    return f"{name}:{kept}" if kept else name


def _counted(
    won: Sequence[Mapping[Any, Any]], key: Callable[[Mapping[Any, Any]], tuple[str, str, str]]
) -> tuple[Means, ...]:
    counts: dict[tuple[str, str, str], int] = {}
    for row in won:
        counts[key(row)] = counts.get(key(row), 0) + 1
    return tuple(Means(*what, count) for what, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _share(name: str, own: pd.DataFrame, budget: int, condition: Condition) -> GroupReport:
    """How some of the utterances fared; what they have in common, all records of the attack say."""
    records = condition.records
    crossed = crossed_at(records, records.attacked.starts[own.index.to_numpy()], "fitted")
    found = own.reset_index(drop=True)
    estimate = estimated_share(found.assign(success=found["first"] <= budget), "success", crossed)
    return GroupReport(name, estimate, _median(found, budget, crossed))


def _median(found: pd.DataFrame, budget: int, crossed: Sequence[ArrayLike]) -> Median:
    return median_queries(found["first"], budget, found["speaker"].tolist(), utterances_of(found), crossed)
