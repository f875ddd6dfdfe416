"""P2's Tables 2 and 3 and its Figures 1, 2 and 3, from made records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import DataError, UsageError
from bench.evaluation.plans.options import Options
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import CellNames
from bench.scoring.records import CellRecords
from leaderboards.reproduce import p2_adversarial_training, p2_defences, p2_figure1
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
    assert (row["noise"], row["defence"], row["published IEMOCAP"]) == (
        "cafe",
        "gan_purification",
        "0.66 or 0.65 → 0.49",
    )
    assert isinstance(row["bare"], Estimate)
    assert isinstance(row["change"], Estimate)
    assert row["bare"].value == pytest.approx(0.65)
    assert row["change"].value == pytest.approx(-0.17)
    assert table.rows[1]["published FAU-AIBO"] is None, "P2 prints none for adversarial training"
    gan = table.claims[2]
    assert (gan.published, dict(gan.beside)) == (0.248, {"against the attacked error of Table 2": 0.175})


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


def test_the_trend_decides_and_not_the_order_of_points(made: Made) -> None:
    """The last point is the worst, and the line falls all the same; and the other way round."""
    (table,) = p2_adversarial_training.tables(trained(made, {0: 0.35, 10: 0.35, 40: 0.5, 70: 0.6, 100: 0.55}))
    assert [claim.verdict for claim in table.claims] == ["holds"] * 4
    figure = table.claims[0].ours
    assert figure is not None
    expected = np.polyfit([0.1, 0.4, 0.7, 1.0], [0.35, 0.5, 0.6, 0.55], 1)[0]
    assert figure.value == pytest.approx(expected)
    (table,) = p2_adversarial_training.tables(trained(made, {0: 0.35, 10: 0.6, 40: 0.5, 70: 0.4, 100: 0.45}))
    assert [claim.verdict for claim in table.claims] == ["does not hold"] * 4


def test_one_percentage_is_no_trend(made: Made) -> None:
    (table,) = p2_adversarial_training.tables(trained(made, {0: 0.35, 50: 0.3}))
    assert {claim.why for claim in table.claims} == {"a trend needs two percentages or more"}
    assert {claim.verdict for claim in table.claims} == {"not tested"}


def strengths(made: Made, right: Mapping[float, float]) -> list[CellRecords]:
    return [
        made("none", attack(category, epsilon), 0.56, share, task="valence2", classes=TWO)
        for category in NOISES.values()
        for epsilon, share in right.items()
    ]


def test_the_error_rises_with_the_noise(made: Made) -> None:
    cells = strengths(made, {0.1: 0.55, 0.5: 0.5, 1.0: 0.45, 1.5: 0.4, 2.0: 0.33})
    (table,) = p2_figure1.tables(cells)
    assert [claim.verdict for claim in table.claims] == ["holds"] * 4 + ["not tested"]
    assert table.claims[-1].why == "needs listeners: bench listen --study"
    assert table.claims[3].published == pytest.approx(0.2425, abs=1e-3)
    clean, *_, last = table.rows
    assert (clean["published FAU-AIBO"], last["published IEMOCAP"]) == (0.3165, 0.6687)
    assert isinstance(clean["error"], Estimate)
    assert clean["error"].value == pytest.approx(0.44)
    assert isinstance(last["success"], Estimate)
    assert last["success"].value == pytest.approx(1 - 33 / 56), "of the 56 that were right, 33 still are"
    assert "79% on FAU-AIBO and 72% on IEMOCAP" in table.notes[1]
    assert json.dumps(table.to_json())


def test_the_noises_are_asked_for_at_each_strength() -> None:
    (found,) = p2_figure1.asked(Options(victims=("v",), attacks=("x",)))
    assert len(found.attacks) == 15
    assert {"real_noise", "real_noise:epsilon=0.1", "real_noise:category=station,epsilon=2.0"} <= set(found.attacks)


def test_percentages_are_asked_for_in_order() -> None:
    options = Options(victims=("v",), attacks=("x",))
    (found,) = asked(options, (100, 50))
    assert found.defenses == ("none", "adversarial_training", "adversarial_training:percent=100.0")
    with pytest.raises(UsageError, match="--percent"):
        asked(options, (0,))


def test_a_second_seed_that_says_the_same_adds_nothing_to_success(made: Made) -> None:
    """Of each utterance there were two: intervals were those of twice as many."""
    cells = strengths(made, {1.0: 0.4, 2.0: 0.33})
    again = [replace(one, description=replace(one.description, names=_of_seed_1(one))) for one in cells]
    found = [p2_figure1.tables(some)[0].rows[-1]["success"] for some in (cells, [*cells, *again])]
    assert all(isinstance(one, Estimate) for one in found)
    alone, twice = (one for one in found if isinstance(one, Estimate))
    assert twice.n == 2 * alone.n
    assert twice.ci95 == pytest.approx(alone.ci95, abs=1e-12)


def _of_seed_1(cell: CellRecords) -> CellNames:
    return replace(cell.description.names, seed=1)
