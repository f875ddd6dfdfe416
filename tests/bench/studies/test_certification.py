"""Certificates put together: shares, medians, and what is refused beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.studies.certification import Certified, Effort, check_certifies, summaries

NAMES = {"victim": "v", "defense": "smoothing", "corpus": "c", "task": "ahsn", "split": "k-fold"}


def row(speaker: str, right: bool, snr_db: float | None) -> dict[str, Any]:
    label = None if snr_db is None else "anger"
    return {
        "speaker": speaker,
        "label": label,
        "right": right,
        "snr_db": snr_db,
        "radius": 0.0 if label is None else 0.1,
    }


def certified(fold: int, *rows: dict[str, Any], **names: str) -> Certified:
    return Certified({**NAMES, **names, "fold": fold, "seed": 0}, {"device": "cpu"}, list(rows))


def test_folds_are_pooled_and_victims_are_not() -> None:
    found = [
        certified(1, row("a", True, 25.0), row("a", False, 25.0)),
        certified(0, row("b", True, 45.0), row("b", False, None)),
        certified(0, row("b", True, 5.0), victim="other"),
    ]
    one, other = summaries(found, Effort(10, 20, 0.01), snrs_db=(10.0, 30.0, 50.0))
    assert (one["victim"], other["victim"]) == ("v", "other")
    assert (one["folds"], one["seeds"], one["n"], one["speakers"]) == ([0, 1], [0], 4, 2)
    assert (one["first"], one["copies"], one["alpha"]) == (10, 20, 0.01)
    assert (one["right"], one["abstained"]) == (0.5, 0.25)
    assert [point["accuracy"] for point in one["certified"]] == [0.0, 0.25, 0.5], (
        "a wrong answer proven counts for nothing"
    )
    assert (one["median_snr_db"], one["median_radius"]) == (25.0, 0.1)
    assert [point["accuracy"] for point in other["certified"]] == [1.0, 1.0, 1.0]


def test_nothing_proven_has_no_median() -> None:
    (one,) = summaries([certified(0, row("a", False, None), row("b", False, None))], Effort())
    assert one["abstained"] == 1.0
    assert one["median_radius"] is None
    assert one["median_snr_db"] is None


@pytest.mark.parametrize("wrong", ["none", "random_noise"])
def test_a_defence_that_proves_nothing_is_named(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"--defense '{wrong}': found one that proves nothing"):
        check_certifies(Registry.discover(), [wrong])
