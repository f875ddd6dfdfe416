"""`bench certify` on real sound files: figures that follow from the certificates, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bench
from bench.scoring.statistics import proportion_interval
from tests.cli.small_runs import SMALL

SPEC = "smoothing:sigma=0.02"


@pytest.fixture(scope="module")
def job(tiny_job: Callable) -> Callable[..., list[str]]:
    """The words of a `bench certify` on the tiny corpus."""

    def words(**options: object) -> list[str]:
        own = {"attack": None, "k": None, "defense": SPEC, "first": 10, "copies": 60}
        return ["certify", *tiny_job(**{**own, **options})[1:]]

    return words


@pytest.fixture(scope="module")
def told(bench_before: Callable, job: Callable) -> dict[str, Any]:
    said = bench_before(*job(json="-"))
    assert said.code == 0, said.err
    return dict(json.loads(said.out))


def test_it_is_the_same_from_python(told: dict[str, Any], job: Callable) -> None:
    given = {word.split("=", 1)[0][2:].replace("-", "_"): word.split("=", 1)[1] for word in job()[1:]}
    frame = bench.certify(**{**given, "first": 10, "copies": 60})
    (one,) = told["certified"]
    assert list(frame["snr_db"]) == [point["snr_db"] for point in one["certified"]]
    assert next(iter(frame["right"])) == one["right"]


def test_the_figures_follow_from_the_certificates(told: dict[str, Any]) -> None:
    assert (told["schema"], told["failed"]) == (1, [])
    (one,) = told["certified"]
    names = ("defense", "corpus", "task", "split", "folds", "seeds", "first", "copies", "alpha", "n", "speakers")
    assert [one[name] for name in names] == [SPEC, "emodb", "ahsn", "k-fold", [0], [0], 10, 60, 0.001, 16, 2]
    rows = one["utterances"]
    assert len({row["utterance"] for row in rows}) == 16
    for row in rows:
        assert row["share"] == pytest.approx(stats.beta.ppf(0.001, row["hits"], 61 - row["hits"]))
        certain = row["share"] > 0.5
        assert row["radius"] == pytest.approx(0.02 * stats.norm.ppf(row["share"]) if certain else 0.0)
        assert (row["label"] is not None) == (row["snr_db"] is not None) == certain
        assert row["right"] == (row["label"] == row["label_true"])
    speakers = [row["speaker"] for row in rows]
    for point in one["certified"]:
        hits = [row["right"] and row["snr_db"] < point["snr_db"] for row in rows]
        assert point["accuracy"] == pytest.approx(np.mean(hits))
        assert point["accuracy_ci95"] == list(proportion_interval(np.array(hits, dtype=float), speakers))
    assert [point["snr_db"] for point in one["certified"]] == [10, 20, 30, 40, 50, 60]
    shares = [point["accuracy"] for point in one["certified"]]
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= one["right"]
    assert one["abstained"] == pytest.approx(np.mean([row["label"] is None for row in rows]))
    assert one["median_snr_db"] == pytest.approx(np.median([row["snr_db"] for row in rows if row["label"]]))
    assert set(one["rests_on"]) == {"corpus_fingerprint", "device", "versions", "proven_by"}


def test_the_table_says_what_the_json_says(
    told: dict[str, Any], bench_here: Callable, job: Callable, tmp_path: Path
) -> None:
    said = bench_here(*job(json=tmp_path / "proofs.json"))
    assert json.loads((tmp_path / "proofs.json").read_text()) == told, "the same command gives the same proofs"
    (one,) = told["certified"]
    assert "n = 16 utterances of 2 speakers" in said.out
    assert "60 copies, class chosen on 10 others, alpha 0.001" in said.out
    for point in one["certified"]:
        low, high = point["accuracy_ci95"]
        assert f"{point['snr_db']:g} dB SNR" in said.out
        assert f"{point['accuracy']:.2f} [{low:.2f}, {high:.2f}]" in said.out
    assert (
        f"of what is proven: median radius {one['median_radius']:.3g}, median {one['median_snr_db']:.1f} dB SNR"
        in said.out
    )


def test_folds_are_put_together_and_a_stack_may_end_with_it(bench_here: Callable, job: Callable) -> None:
    stacked = f"multi_condition + {SPEC}"
    said = bench_here(*job(victim=SMALL, defense=stacked, fold="0,1", limit=3, copies=30, json="-"))
    assert said.code == 0, said.err
    (one,) = json.loads(said.out)["certified"]
    assert one["defense"] == f"multi_condition+{SPEC}"
    assert (one["folds"], one["n"]) == ([0, 1], 6)
    assert sorted(row["fold"] for row in one["utterances"]) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"defense": "none"}, "--defense 'none': found one that proves nothing"),
        ({"defense": f"{SPEC} + multi_condition"}, "one that certifies, at the end of the stack"),
        ({"defense": "smothing"}, "did you mean 'smoothing'"),
        ({"alpha": 0.7}, "--alpha: found 0.7; expected from 1e-12 to 0.5"),
        ({"copies": 0}, "--copies: found 0; expected at least 1"),
        ({"first": 0}, "--first: found 0; expected at least 1"),
        ({"limit": 0}, "--limit: found 0"),
        ({"json": "no/such/folder/x.json"}, "a file in an existing folder"),
    ],
)
def test_what_cannot_be_is_one_line(
    bench_here: Callable, job: Callable, own_cache: Path, wrong: dict[str, object], expected: str
) -> None:
    said = bench_here(*job(**wrong))
    assert said.code == 2
    assert expected in said.err
    assert said.err.count("\n") == 1
    assert not (own_cache / "victims").exists(), "nothing is trained"


def test_a_victim_that_only_reads_is_named(bench_here: Callable, job: Callable) -> None:
    said = bench_here(*job(victim="bert_text"))
    assert said.code == 2
    assert "found a victim that perceives text alone (BertText)" in said.err


BOASTS = """
from dataclasses import dataclass, replace

from bench.defending.certificates import Certificate
from defenses.smoothing import Smoothed, Smoothing


@dataclass(frozen=True)
class Boasts(Smoothing):
    how: str = "honest"

    def fit(self, victim, train, valid, context):
        return self.around(super().fit(victim, train, valid, context))

    def load(self, victim, folder, context):
        return self.around(super().load(victim, folder, context))

    def around(self, own):
        return Boasted(own.recipe, own.victim, own.device)


class Boasted(Smoothed):
    def certify(self, batch, first, copies, alpha):
        found = super().certify(batch, first, copies, alpha)
        if self.recipe.how == "farther":
            pairs = zip(batch.utterances, found)
            return [Certificate.of(u, one.label or 0, copies, copies, 100.0, alpha) for u, one in pairs]
        if self.recipe.how == "surer":
            return [replace(one, share=0.999) for one in found]
        if self.recipe.how == "softer":
            return [replace(one, snr_db=10.0) for one in found]
        return found


COMPONENTS = {"defenses": {"boasts": Boasts}}
"""


@pytest.mark.parametrize(
    ("how", "why"),
    [("honest", ""), ("farther", "proven answers changed by noise"), ("surer", "share 0.9990"), ("softer", "10.0 dB")],
)
def test_what_a_plug_in_calls_proven_is_not_believed(
    how: str, why: str, bench_here: Callable, job: Callable, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(BOASTS)
    said = bench_here(*job(defense=f"boasts:sigma=0.02,how={how}", plugin=tmp_path / "mine.py"))
    assert (said.code, why in said.err) == (0 if how == "honest" else 1, True), said.err
    assert ("mine.py, whose word it is." in said.out) == (how == "honest")
