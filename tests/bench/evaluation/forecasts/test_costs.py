"""What a query takes is known from its own kind, then from its victim; from any other it is a guess."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bench.evaluation.forecasts.costs import Costs, Spent
from bench.evaluation.forecasts.fits import Fits

OWN = "cnn_gru\tnone\tboundary\tcpu"


def test_the_nearest_kind_is_taken() -> None:
    assert Costs().seconds_a_query(OWN) == (None, True)
    slow = Costs({"lstm_egemaps\tnone\treal_noise\tcpu": Spent(10, 5.0)})
    assert slow.seconds_a_query(OWN) == (0.5, True)
    slow.add("cnn_gru\tnone\tboundary\tcuda", 1000, 1.0)
    assert slow.seconds_a_query(OWN)[1], "a GPU says nothing of a processor"
    slow.add("cnn_gru:hidden=4\tnone\tboundary\tcpu", 1000, 1.0)
    assert slow.seconds_a_query(OWN) == (0.001, True), "a small one says little of a large one"
    slow.add("cnn_gru\tspectral_subtraction + gan\twhite_noise\tcpu", 100, 1.0)
    assert slow.seconds_a_query(OWN) == (0.01, False)
    slow.add(OWN, 1000, 2.0)
    assert slow.seconds_a_query(OWN) == (0.002, False)


def test_a_kind_of_which_nothing_could_be_asked_says_nothing() -> None:
    assert Costs({OWN: Spent(0, 1.0)}).seconds_a_query(OWN) == (None, True)


@pytest.mark.parametrize(
    "told", ['{"victim": {"spec": 5}, "defense": null}', "[]", '{"victim": {"spec": "a"}, "defense": 1}']
)
def test_a_victim_that_tells_nothing_of_itself_is_passed_over(own_cache: Path, told: str) -> None:
    folder = own_cache / "victims" / "a-1"
    folder.mkdir(parents=True)
    (folder / "fitting.json").write_text(told)
    (folder / "cost.json").write_text('{"fit_s": 1.0, "utterances": 1e999}')
    assert not any(Fits.known().seconds.values())


@pytest.mark.parametrize("seconds", ["NaN", "1e999", "-1"])
def test_what_nothing_can_take_is_passed_over(own_cache: Path, seconds: str) -> None:
    """Estimates stand in JSON, which has no such numbers."""
    folder = own_cache / "victims" / "a-1"
    folder.mkdir(parents=True)
    (own_cache / "costs_of_victims.json").write_text(f'{{{json.dumps(OWN)}: [10, {seconds}], "other": [1, 2.0]}}')
    assert Costs.known().cells == {"other": Spent(1, 2.0)}
    (folder / "fitting.json").write_text('{"victim": {"spec": "a"}, "defense": null}')
    (folder / "cost.json").write_text(f'{{"fit_s": {seconds}, "utterances": 1}}')
    assert not any(Fits.known().seconds.values())


def test_a_note_that_is_no_file_keeps_nobody_waiting(own_cache: Path) -> None:
    own_cache.mkdir(exist_ok=True)
    os.mkfifo(own_cache / "costs_of_victims.json")
    assert Costs.known().cells == {}
    Costs({OWN: Spent(10, 1.0)}).keep()
    assert Costs.known().cells == {OWN: Spent(10, 1.0)}
