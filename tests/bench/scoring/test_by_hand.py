"""Every figure of an old run once more, utterance by utterance in plain Python, from the files alone."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench.evaluation.runs import read_results

RUN = Path(__file__).parents[2] / "fixtures" / "run_of_schema_1"
Rows = list[dict[str, Any]]
Said = dict[str, Rows]


def files() -> Iterable[tuple[dict[str, Any], Rows]]:
    for path in sorted((RUN / "cells").glob("*.parquet")):
        table = pq.read_table(path)
        yield json.loads(table.schema.metadata[b"serbench"]), table.to_pylist()


def of_each(rows: Rows) -> Said:
    found: Said = defaultdict(list)
    for row in rows:
        found[row["utterance"]].append(row)
    return found


def won(rows: Rows, noises: str, k: float) -> Rows:
    counted = [row for row in rows if noises == "all" or row["imperceptible"]]
    return [row for row in counted if row["accepted"] and row["query"] <= k]


def middle(values: Iterable[float]) -> float | None:
    """The least that half or more do not exceed."""
    ordered = sorted(values)
    found = ordered[math.ceil(len(ordered) / 2) - 1]
    return found if math.isfinite(found) else None


def recall(answers: Iterable[tuple[str, str]]) -> float:
    classes: dict[str, list[bool]] = defaultdict(list)
    for truth, said in answers:
        classes[truth].append(truth == said)
    return fmean(fmean(hits) for hits in classes.values())


def entries() -> dict[tuple[str, str], list[tuple[dict[str, Any], Said]]]:
    found = defaultdict(list)
    for about, rows in files():
        found[about["defense"], about["attack_base"]].append((about, of_each(rows)))
    return found


def check(told: Mapping[str, Any], own: list[tuple[dict[str, Any], Said]]) -> None:
    clean = {about["fold"]: [rows[0] for rows in said.values()] for about, said in own}
    assert told["clean"]["uar"] == pytest.approx(
        fmean(recall((row["label_true"], row["label_before"]) for row in rows) for rows in clean.values())
    )
    asked = [row for _, said in own for rows in said.values() for row in rows if row["query"]]
    assert told["candidates"]["asked"] == len(asked)
    assert told["candidates"]["above_min_snr"] == sum((row["snr_db"] or -math.inf) > 10 for row in asked)
    shares = {}
    for score in told["scores"]:
        under, k = (score["corr"], score["noises"]), score["k"]
        said = [
            rows
            for about, said in own
            if about["corr"] == under[0] and under[1] in about["noises"]
            for rows in said.values()
        ]
        fell = [bool(won(rows, under[1], k)) for rows in said]
        right = [rows[0]["label_true"] == rows[0]["label_before"] for rows in said]
        assert score["acc_att"] == pytest.approx(fmean(fell))
        assert score["robust_accuracy"] == pytest.approx(
            fmean(ok and not lost for ok, lost in zip(right, fell, strict=True))
        )
        shares[*under, k] = fmean(fell)
        best = [max((row["snr_db"] or -math.inf for row in won(rows, under[1], k)), default=-math.inf) for rows in said]
        quietest = middle(-one for one in best)
        found = next(
            one for one in told["smallest_perturbation"] if (one["corr"], one["noises"], one["k"]) == (*under, k)
        )
        assert found["median"] == (None if quietest is None else -quietest)
        for one in (one for one in told["queries"] if (one["corr"], one["noises"]) == under):
            firsts = [min((row["query"] for row in won(rows, under[1], math.inf)), default=math.inf) for rows in said]
            assert one["median"] == middle(firsts)
    for gap in told["validity_gap"]:
        corr, k = gap["corr"], gap["k"]
        assert gap["gap"] == pytest.approx(shares[corr, "all", k] - shares[corr, "imperceptible", k])
    if told["perturbed"] is not None:
        pairs = [[rows[1] for rows in said.values() if len(rows) > 1] for _, said in own]
        after = fmean(recall((row["label_true"], row["label_after"]) for row in rows) for rows in pairs)
        assert told["perturbed"]["uar"] == pytest.approx(after)
        assert told["perturbed"]["applied"] == sum(map(len, pairs))


def test_an_old_runs_figures_are_those_counted_by_hand() -> None:
    told, own = read_results([RUN]).to_json()["pooled"], entries()
    assert isinstance(told, list)
    assert len(told) == len(own)
    assert any(one["perturbed"] for one in told)
    assert any(one["queries"] for one in told)
    for one in told:
        check(one, own[one["defense"], one["attack"]])
