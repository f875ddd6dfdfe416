"""P1's sections 7.2 and 7.3 from made records: of the paper's own figures, of other ones, and of too few."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from bench.scoring.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce import p1_augmentation, p1_denoising
from leaderboards.reproduce.p1_augmentation import augmentation
from leaderboards.reproduce.p1_table1 import Published, published
from leaderboards.reproduce.shape import facts

Made = Callable[..., CellRecords]
CLEAN = 0.67
GAINS = {row["noise"] + row["snr_db"]: float(row["aug_activation_gain"]) for row in facts("best_practices_table1.csv")}


def attacked(row: Published) -> float:
    return CLEAN + row.activation


def gained(row: Published) -> float:
    return attacked(row) + GAINS[row.noise + row.snr_db]


def augmented(made: Made, sign: float = 1.0) -> Iterator[CellRecords]:
    for row in published():
        yield made("none", row.attack, CLEAN, attacked(row), task="activation3", each=100)
        after = attacked(row) + sign * GAINS[row.noise + row.snr_db]
        yield made(augmentation(row.noise), row.attack, CLEAN, after, task="activation3", each=100)


def test_the_paper_s_own_gains_bear_out_its_claims(made: Made) -> None:
    (table,) = p1_augmentation.tables(list(augmented(made)))
    for row, paper in zip(table.rows, published(), strict=True):
        assert isinstance(row["gain"], Estimate)
        assert row["gain"].value == pytest.approx(row["published activation"], abs=0.006)
        assert row["noise"] == paper.noise
    assert [claim.verdict for claim in table.claims] == ["holds"] * 5
    for claim in table.claims[:4]:
        assert claim.ours is not None
        assert claim.ours.value == pytest.approx(claim.published, abs=0.006), claim.text
    assert json.loads(json.dumps(table.to_json()))["rows"][0]["left out"] == "natural"


def test_losses_in_their_place_do_not(made: Made) -> None:
    (table,) = p1_augmentation.tables(list(augmented(made, sign=-1.0)))
    assert [claim.verdict for claim in table.claims[:3]] == ["does not hold"] * 3


def test_what_was_not_run_is_not_told(made: Made) -> None:
    cells = [made("none", row.attack, CLEAN, attacked(row), each=10) for row in published()]
    (table,) = p1_augmentation.tables(cells)
    assert {row["applied to"] for row in table.rows} == {"not run"}
    assert {claim.verdict for claim in table.claims} == {"not tested"}


def test_a_noise_that_applies_to_none_leaves_its_row_open(made: Made) -> None:
    cells = [one for one in augmented(made) if one.description.names.attack != "drop_words"]
    for defense in ("none", augmentation("DropW")):
        cells.append(made(defense, "drop_words", CLEAN, None, task="activation3", each=100))
    (table,) = p1_augmentation.tables(cells)
    row = next(row for row in table.rows if row["noise"] == "DropW")
    assert (row["gain"], row["applied to"]) == (None, "0 of 1600")


def denoised(made: Made) -> Iterator[CellRecords]:
    """0.23 gained at 20 dB, lost at the others, nothing under fades; +0.36 and −0.28 under reverberation."""
    gain = {"20": 0.23, "10": -0.05, "0": -0.03}
    for row in published():
        bare = 0.4
        yield made("none", row.attack, CLEAN, bare, each=100)
        yield made("rnnoise", row.attack, CLEAN, bare + gain.get(row.snr_db, 0.0), each=100)
        if row.noise != "Reverb":
            yield made(p1_denoising.both(row.noise), row.attack, CLEAN, bare + 0.1, each=100)
    yield made(augmentation("Reverb"), "reverb", 0.7, 0.06, each=100)
    yield made(p1_denoising.both("Reverb"), "reverb", 0.7, 0.42, each=100)


def test_the_text_s_own_figures_bear_out_its_claims(made: Made) -> None:
    (table,) = p1_denoising.tables(list(denoised(made)))
    assert [claim.verdict for claim in table.claims] == ["holds"] * 6
    for claim in table.claims:
        assert claim.ours is not None
        if claim.published is not None:
            assert claim.ours.value == pytest.approx(claim.published, abs=0.001), claim.text
    assert str(table.rows[0]["gain of both"]) == "+0.10 [+0.08, +0.12]"


def test_without_the_stack_two_claims_are_not_tested(made: Made) -> None:
    cells = [one for one in denoised(made) if "+" not in one.description.names.defense]
    (table,) = p1_denoising.tables(cells)
    assert [claim.verdict for claim in table.claims].count("not tested") == 2
    assert {row["gain of both"] for row in table.rows} == {None}


def test_speakers_who_differ_leave_a_claim_undecided(made: Made) -> None:
    cells = []
    for row in published():
        cells += [made("none", row.attack, CLEAN, 0.4, each=100)]
        cells += [made("rnnoise", row.attack, CLEAN, 0.45, each=100, spread=0.2)]
    (table,) = p1_denoising.tables(cells)
    assert table.claims[0].verdict == "not decided"
