"""P2's Tables 2 and 3 and its Figures 2 and 3, from made records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bench.core.errors import DataError, UsageError
from bench.evaluation.options import Options
from bench.scoring.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce import p2_adversarial_training, p2_defences
from leaderboards.reproduce.p2_adversarial_training import asked, curves, defense
from leaderboards.reproduce.p2_defences import ADVERSARIAL, GAN, NOISES, RANDOM, attack

Made = Callable[..., CellRecords]
TWO = ("negative", "positive")


def defended(made: Made, right: Mapping[str, float]) -> Iterator[CellRecords]:
    for name, share in right.items():
        for category in NOISES.values():
            yield made(name, attack(category), 0.56, share, task="valence2", each=100, classes=TWO)


def test_the_order_of_the_paper_bears_out_its_claims(made: Made) -> None:
    cells = list(defended(made, {"none": 0.35, RANDOM: 0.43, ADVERSARIAL: 0.48, GAN: 0.52}))
    (table,) = p2_defences.tables(cells)
    assert [claim.verdict for claim in table.claims] == ["holds"] * 6
    assert len(table.rows) == 9
    row = table.rows[2]
    assert (row["noise"], row["defence"], row["published IEMOCAP"]) == ("cafe", "gan_purification", "0.66 → 0.49")
    assert isinstance(row["bare"], Estimate)
    assert isinstance(row["change"], Estimate)
    assert row["bare"].value == pytest.approx(0.65)
    assert row["change"].value == pytest.approx(-0.17)
    assert table.rows[1]["published FAU-AIBO"] is None, "P2 prints none for adversarial training"


def test_another_order_does_not(made: Made) -> None:
    cells = list(defended(made, {"none": 0.35, RANDOM: 0.52, ADVERSARIAL: 0.48, GAN: 0.43}))
    (table,) = p2_defences.tables(cells)
    assert [claim.verdict for claim in table.claims] == ["holds"] * 3 + ["does not hold"] * 3


def test_a_defence_that_failed_leaves_the_rest(made: Made) -> None:
    (table,) = p2_defences.tables(list(defended(made, {"none": 0.35, RANDOM: 0.43, ADVERSARIAL: 0.48})))
    assert [claim.verdict for claim in table.claims].count("not tested") == 3
    assert table.rows[2]["applied to"] == "not run"
    assert json.dumps(table.to_json())


def trained(made: Made, right: Mapping[int, float]) -> list[CellRecords]:
    return list(defended(made, {defense(percent): share for percent, share in right.items()}))


def test_a_falling_curve(made: Made, tmp_path: Path) -> None:
    cells = trained(made, {0: 0.35, 10: 0.38, 50: 0.45, 100: 0.5})
    (table,) = p2_adversarial_training.tables(cells)
    assert [row["adversarial examples"] for row in table.rows] == ["0 %", "10 %", "50 %", "100 %"]
    assert [claim.verdict for claim in table.claims] == ["holds"] * 4
    drawn = curves(cells)
    assert [curve.names.category for curve in drawn] == list(NOISES) == ["cafe", "meeting", "station"]
    assert {curve.names.attack for curve in drawn} == {"real_noise:epsilon=2.0"}
    assert [(point.x, round(point.errors["uar"].error.value, 3)) for point in drawn[0].points] == [
        (0.0, 0.65),
        (10.0, 0.62),
        (50.0, 0.55),
        (100.0, 0.5),
    ]
    assert drawn[0].points[0].errors["war"].clean == pytest.approx(0.44)
    pytest.importorskip("matplotlib")
    p2_adversarial_training.draw(cells, tmp_path / "curve.svg")
    text = (tmp_path / "curve.svg").read_text(encoding="utf-8")
    assert "percent of adversarial examples" in text
    assert "station" in text


def test_noise_that_applies_to_nothing_cannot_be_drawn(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to draw"):
        p2_adversarial_training.draw([made("none", attack("crowd"), 0.5, None)], tmp_path / "curve.svg")


def test_one_percentage_says_nothing_of_more(made: Made) -> None:
    (table,) = p2_adversarial_training.tables(trained(made, {0: 0.35, 50: 0.3}))
    assert [claim.verdict for claim in table.claims] == ["does not hold"] * 3 + ["not tested"]


def test_percentages_are_asked_for_in_order() -> None:
    options = Options(victims=("v",), attacks=("x",))
    (found,) = asked(options, (100, 50))
    assert found.defenses == ("none", "adversarial_training", "adversarial_training:percent=100.0")
    with pytest.raises(UsageError, match="--percent"):
        asked(options, (0,))
