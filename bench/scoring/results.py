"""What is reported: scores of finished cells, one by one and pooled over folds and seeds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.core.keys import key_of_json
from bench.scoring.pooling import clean_scores, perturbed_scores
from bench.scoring.records import SCHEMA, CellRecords
from bench.scoring.scores import acc_att, clean, successes
from bench.scoring.statistics import difference_interval, holm, paired_t_test, proportion_interval

CELL = ("victim", "defense", "attack", "corpus", "noise_bank", "task", "split", "fold", "seed", "limit")
POOLED = ("victim", "defense", "attack", "corpus", "noise_bank", "task", "split", "limit")
_SCORE = ("corr", "noises", "k")


@dataclass(frozen=True)
class Results:
    """Scores, and what they rest on.

    Args:
        cells: one entry a (victim, defence, attack, corpus, task, fold, seed), as in the JSON.
        pooled: the same over all folds and seeds.
        failed: cells without records, with their errors.
    """

    cells: list[dict[str, Any]]
    pooled: list[dict[str, Any]]
    failed: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """The documented JSON (docs/json.md)."""
        return {"schema": SCHEMA, "cells": self.cells, "pooled": self.pooled, "failed": self.failed}

    def to_frame(self) -> pd.DataFrame:
        """One row a score: the cell's columns, clean UAR and WAR, corr, noises, k, acc_att, ci95_low, ci95_high, n."""
        return pd.DataFrame([row for cell in self.cells for row in _tidy(cell, CELL)])


def _tidy(entry: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    shared = {name: entry[name] for name in names}
    shared |= {"clean_uar": entry["clean"]["uar"], "clean_war": entry["clean"]["war"], "speakers": entry["speakers"]}
    return [
        {
            **shared,
            **{name: score[name] for name in (*_SCORE, "acc_att")},
            "ci95_low": score["ci95"][0],
            "ci95_high": score["ci95"][1],
            "n": score["n"],
        }
        for score in entry["scores"]
    ]


def collect(cells: Sequence[CellRecords], ks: Sequence[int], failed: Sequence[Mapping[str, Any]] = ()) -> Results:
    """Score finished cells.

    Args:
        cells: records; the variants of one attack are put together.
        ks: numbers of queries, in any order; those beyond a cell's budget are left out.
        failed: descriptions of cells that failed.
    """
    parts = [_Part(cell) for cell in cells]
    return Results(
        [_entry(group, names, ks) for names, group in _grouped(parts, CELL)],
        [_entry(group, names, ks, tests=True) for names, group in _grouped(parts, POOLED)],
        [_failure(entry) for entry in failed],
    )


class _Part:
    """One cell file: its names, the variant it holds, its rows."""

    def __init__(self, cell: CellRecords) -> None:
        about = cell.description
        self.names = {name: about["attack_base" if name == "attack" else name] for name in CELL}
        self.corr: bool = about["corr"]
        self.noises: list[str] = about["noises"]
        self.budget: int = about["max_queries"]
        self.rests_on = rests_on(about)
        self.repeat: int = about.get("repeat", 0)
        self.rows = cell.rows.assign(cell=cell_name(about))


def cell_name(about: Mapping[str, Any]) -> str:
    """What tells a cell's rows from those of others that are pooled with it, from its description."""
    repeat = about.get("repeat", 0)
    return f"fold {about['fold']} seed {about['seed']}" + (f" repeat {repeat}" if repeat else "")


def _grouped(parts: Sequence[_Part], names: Sequence[str]) -> list[tuple[dict[str, Any], list[_Part]]]:
    """Parts of the same names that rest on the same: figures of other data, code or budgets never mix."""
    groups: dict[str, list[_Part]] = {}
    for part in parts:
        groups.setdefault(key_of_json({name: part.names[name] for name in names} | part.rests_on), []).append(part)
    return [({name: group[0].names[name] for name in names}, group) for group in groups.values()]


def _entry(group: Sequence[_Part], names: dict[str, Any], ks: Sequence[int], tests: bool = False) -> dict[str, Any]:
    """One entry of the JSON."""
    first = {part.rows["cell"].iloc[0]: part.rows for part in reversed(group)}  # the clean rows of all variants agree
    rows = clean(pd.concat(list(first.values())[::-1], ignore_index=True)).reset_index(drop=True)
    scores = list(_scores(group, ks))
    gaps = _gaps(group, ks)
    entry = names | {
        "n": int(rows["utterance"].nunique()),
        "speakers": int(rows["speaker"].nunique()),
        "folds": sorted({part.names["fold"] for part in group}),
        "seeds": sorted({part.names["seed"] for part in group}),
        "repeats": len({part.repeat for part in group}),
        "clean": clean_scores(rows),
        "scores": scores,
        "validity_gap": gaps,
        "perturbed": perturbed_scores(pd.concat(list(first.values()), ignore_index=True)),
        "rests_on": group[0].rests_on,
    }
    if tests:
        entry["tests"] = _tests(group, [k for k in sorted(set(ks)) if k <= group[0].budget])
    return entry


def rests_on(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a figure rests on beside its names, from a cell's description."""
    fitting = about["fitting"]
    return {
        "corpus_fingerprint": fitting["corpus"],
        "noise_fingerprint": about["attack_noises"],
        "perception": about["perception"],
        "min_snr_db": about["min_snr_db"],
        "max_queries": about["max_queries"],
        "device": fitting["device"],
        "code": about.get("code") or _code_of_old(about),
        "versions": fitting["versions"],
    }


def _code_of_old(about: Mapping[str, Any]) -> str:
    """The digest of a cell's code, from the description of one that was measured before cells said it themselves."""
    fitting = about["fitting"]
    parts = (fitting["victim"], fitting["defense"] or {}, about["attack_identity"])
    return key_of_json({"code": [fitting["versions"]["harness"], *(part.get("code", "") for part in parts)]})


def _gaps(group: Sequence[_Part], ks: Sequence[int]) -> list[dict[str, Any]]:
    """The validity gap: Acc_att with all noises less that with those heard as the same emotion, for each Corr and k."""
    rows = {condition: (found, budget) for condition, found, budget in _conditions(group)}
    found: list[dict[str, Any]] = []
    for corr, k in itertools.product((False, True), sorted(set(ks))):
        both = [rows.get((corr, noises)) for noises in ("all", "imperceptible")]
        if both[0] is None or both[1] is None or k > both[0][1]:
            continue
        everything = successes(both[0][0], k, False).set_index(["cell", "utterance"])
        fair = successes(both[1][0], k, True).set_index(["cell", "utterance"]).reindex(everything.index)
        figures = everything["success"].to_numpy(float), fair["success"].to_numpy(float)
        interval = difference_interval(*figures, everything["speaker"].tolist())
        gap = float(figures[0].mean() - figures[1].mean())
        found.append({"corr": corr, "k": k, "gap": gap, "ci95": list(interval)})
    return found


def _scores(group: Sequence[_Part], ks: Sequence[int]) -> list[dict[str, Any]]:
    found = []
    for (corr, noises), rows, budget in _conditions(group):
        for k in sorted(k for k in set(ks) if k <= budget):
            hits = successes(rows, k, noises == "imperceptible")
            interval = proportion_interval(hits["success"], hits["speaker"].tolist())
            found.append(
                {
                    "corr": corr,
                    "noises": noises,
                    "k": k,
                    "acc_att": acc_att(rows, k, noises == "imperceptible"),
                    "ci95": list(interval),
                    "n": len(hits),
                }
            )
    return found


def _conditions(group: Sequence[_Part]) -> list[tuple[tuple[bool, str], pd.DataFrame, int]]:
    """The rows of each (corr, noises), in the order of P1's Table 2."""
    conditions: dict[tuple[bool, str], list[_Part]] = {}
    for part in group:
        for noises in part.noises:
            conditions.setdefault((part.corr, noises), []).append(part)
    ordered = sorted(conditions, key=lambda condition: (condition[1] == "all", condition[0]))
    return [
        (
            condition,
            pd.concat([p.rows for p in conditions[condition]], ignore_index=True),
            conditions[condition][0].budget,
        )
        for condition in ordered
    ]


def _tests(group: Sequence[_Part], ks: Sequence[int]) -> list[dict[str, Any]]:
    """P1's paired t-tests at each k, of Corr and of all noises against imperceptible ones, with p after Holm."""
    rows = {condition: found for condition, found, _ in _conditions(group)}
    pairs = [
        *(("corr", (True, noises), (False, noises)) for noises in ("imperceptible", "all")),
        *(("noises", (corr, "all"), (corr, "imperceptible")) for corr in (False, True)),
    ]
    found: list[dict[str, Any]] = []
    for (compared, one, other), k in itertools.product(pairs, ks):
        if one in rows and other in rows:
            first, second = (
                successes(rows[condition], k, condition[1] == "imperceptible").set_index(["cell", "utterance"])[
                    "success"
                ]
                for condition in (one, other)
            )
            second = second.reindex(first.index)
            difference = float(first.mean() - second.mean())
            fixed = {"noises": one[1]} if compared == "corr" else {"corr": one[0]}
            found.append({"compared": compared, **fixed, "k": k, "difference": difference})
            found[-1]["p"] = paired_t_test(first.to_numpy(float), second.to_numpy(float))
    for test, adjusted in zip(found, holm([test["p"] for test in found]), strict=True):
        test["p_holm"] = adjusted
    return found


def _failure(about: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("victim", "defense", "attack", "corpus", "task", "split", "fold", "seed", "error", "traceback")
    return {name: about.get(name) for name in wanted}
