"""Certificates put together: shares and medians."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.defending.certificates import Certificate
from bench.studies.certified_scores import (
    Certified,
    CertifiedBasis,
    CertifiedNames,
    CertifiedUtterance,
    Effort,
    summaries,
)

BASIS = CertifiedBasis("c", "cpu", {"serbench": "0"})


def row(speaker: str, right: bool, snr_db: float | None) -> CertifiedUtterance:
    proof = Certificate("u", None if snr_db is None else 0, 9, 10, 0.7, 0.0 if snr_db is None else 0.1, snr_db)
    label = None if snr_db is None else "anger"
    return CertifiedUtterance(0, 0, speaker, proof, label, "anger" if right else "sadness", right)


def certified(fold: int, *rows: CertifiedUtterance, victim: str = "v") -> Certified:
    names = CertifiedNames(victim, "smoothing", "c", "ahsn", "k-fold")
    return Certified(names, fold, 0, BASIS, rows)


def test_folds_are_pooled_and_victims_are_not() -> None:
    found = [
        certified(1, row("a", True, 25.0), row("a", False, 25.0)),
        certified(0, row("b", True, 45.0), row("b", False, None)),
        certified(0, row("b", True, 5.0), victim="other"),
    ]
    one, other = summaries(found, Effort(10, 20, 0.01), snrs_db=(10.0, 30.0, 50.0))
    assert (one.names.victim, other.names.victim) == ("v", "other")
    assert (one.folds, one.seeds, one.n, one.speakers) == ((0, 1), (0,), 4, 2)
    assert one.effort == Effort(10, 20, 0.01)
    assert (one.right.value, one.abstained.value) == (0.5, 0.25)
    assert [at.accuracy.value for at in one.at] == [0.0, 0.25, 0.5], "a wrong answer proven counts for nothing"
    assert (one.median_snr_db, one.median_radius) == (25.0, 0.1)
    assert [at.accuracy.value for at in other.at] == [1.0, 1.0, 1.0]


def test_nothing_proven_has_no_median() -> None:
    (one,) = summaries([certified(0, row("a", False, None), row("b", False, None))], Effort())
    assert one.abstained.value == 1.0
    assert one.median_radius is None
    assert one.median_snr_db is None


def test_silence_is_proven_at_no_snr() -> None:
    """Any noise is infinitely louder than silence: a radius without an SNR."""
    silent = CertifiedUtterance(0, 0, "a", Certificate("u", 0, 10, 10, 0.9, 0.2, None), "anger", "anger", True)
    (one,) = summaries([certified(0, silent)], Effort())
    assert (one.median_radius, one.median_snr_db) == (0.2, None)
    assert {at.accuracy.value for at in one.at} == {0.0}
    assert json.loads(json.dumps(one.to_json()))["utterances"][0]["snr_db"] is None


def test_a_second_seed_that_says_the_same_adds_nothing() -> None:
    """Of each utterance there were two: intervals were those of twice as many."""
    rows = [
        replace(row(f"s{place // 4}", place % 4 > 0, 20.0), proof=Certificate(f"u{place}", 0, 9, 10, 0.9, 0.2, 20.0))
        for place in range(40)
    ]
    alone, twice = (summaries([certified(0, *rows)] * seeds, Effort())[0] for seeds in (1, 2))
    assert (alone.right.n, twice.right.n) == (40, 80)
    assert twice.right.ci95 == pytest.approx(alone.right.ci95, abs=1e-12)
