"""Cells compared with themselves, run again: what is said follows from utterances, not from figures alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.records import Store
from bench.sharing.entry.verdicts import compared
from bench.sharing.entry.verified import Verification


@pytest.fixture(scope="module")
def cell(submission: Path) -> CellRecords:
    """A cell with every success counted."""
    return next(one for one in Store(submission / "run").cells() if one.description.noises == ("all",))


def judged(cell: CellRecords, again: pd.DataFrame) -> Any:
    return compared(cell, again, (2, 4), ("all",))


def robbed(rows: pd.DataFrame, utterances: int) -> pd.DataFrame:
    """The rows with other clean answers for the first utterances that are recognised: wrong ones, never attacked."""
    right = rows[(rows["query"] == 0) & (rows["label_true"] == rows["label_before"])]
    whose = set(sorted(right["utterance"])[:utterances])
    assert len(whose) == utterances
    taken = rows["utterance"].isin(whose)
    wrong = rows["label_true"].map({"anger": "sadness"}).fillna("anger")
    changed = {name: rows[name].mask(taken, wrong) for name in ("label_before", "label_after")}
    return rows.assign(**changed, accepted=rows["accepted"] & ~taken)


def claimed(cell: CellRecords) -> CellRecords:
    """The cell of somebody who says that all is recognised and that nothing succeeds."""
    rows = cell.rows
    lied = rows.assign(label_before=rows["label_true"], label_after=rows["label_true"], accepted=False)
    return replace(cell, rows=lied)


def test_the_same_rows_are_the_same_in_any_order(cell: CellRecords) -> None:
    found = judged(cell, cell.rows.sample(frac=1.0, random_state=0).sort_values("query", kind="stable"))
    assert (found.verdict, found.n, found.ties) == ("same", 16, 0)
    assert {one.verdict for one in found.figures} == {"same"}
    assert {(one.figure, one.noises, one.k) for one in found.figures} >= {
        ("acc_att", "all", 4),
        ("recognised", None, None),
    }


def test_an_answer_that_is_another_wrong_one_is_not_the_same(cell: CellRecords) -> None:
    rows = cell.rows
    wrong = rows["label_true"] != rows["label_before"]
    whose = rows.loc[wrong, "utterance"].min()
    other = {"anger": "sadness", "sadness": "neutral", "neutral": "happiness", "happiness": "anger"}
    taken = rows["utterance"].eq(whose)
    changed = rows.assign(label_before=rows["label_before"].mask(taken, rows["label_before"].map(other)))
    assert judged(cell, changed).figures[0].verdict == "within the interval"


def test_a_few_that_differ_lie_within_the_interval(cell: CellRecords) -> None:
    found = judged(cell, robbed(cell.rows, 1))
    robust = next(one for one in found.figures if one.figure == "robust_accuracy" and one.k == 4)
    assert (found.verdict, robust.lost + robust.gained) == ("within the interval", 1)


def test_a_lie_is_seen_and_ties_of_its_own_do_not_hide_it(cell: CellRecords) -> None:
    lie = claimed(cell)
    assert judged(lie, cell.rows).verdict == "different"
    assert judged(replace(lie, rows=lie.rows.assign(tied=True)), cell.rows).verdict == "different"


def test_a_tie_when_run_again_is_left_out(cell: CellRecords) -> None:
    rows = robbed(cell.rows, 2)
    changed = set(rows.loc[rows["label_before"] != cell.rows["label_before"], "utterance"])
    rows["tied"] = rows["tied"].astype(object).mask(rows["utterance"].isin(changed), True)
    found = judged(cell, rows)
    assert (found.verdict, found.n, found.ties) == ("same", 14, 2)
    assert judged(cell, rows.assign(tied=True)).verdict == "could not be run"


def test_other_utterances_or_labels_are_different(cell: CellRecords) -> None:
    rows = cell.rows
    assert "utterances" in judged(cell, rows[rows["utterance"] != rows["utterance"].iloc[0]]).reason
    turned = rows.assign(label_true=rows["label_true"].replace("anger", "neutral"))
    assert "labels" in judged(cell, turned).reason


def test_what_the_corpus_tells_is_no_entry_s_to_tell(cell: CellRecords) -> None:
    """Sixteen speakers where there are two make intervals narrow; ratings next to the answers make a CCC of 1."""
    many = replace(cell, rows=cell.rows.assign(speaker=cell.rows["utterance"]))
    assert judged(many, cell.rows).reason == "other speakers than the corpus's"
    rated = replace(cell, rows=cell.rows.assign(value_true=3.0))
    assert judged(rated, cell.rows.assign(value_true=1.0)).reason == "other ratings than the corpus's"


def test_numbers_are_those_that_were_told(cell: CellRecords) -> None:
    """Answers that agree with the ratings, and moved no less and no more than they did, make a CCC of any height."""
    scale = Dimension("valence", 1.0, 5.0, 0.5, "either", (), ("lower", "same", "higher"))
    about = replace(cell.description, dimension=scale)
    rows = cell.rows.assign(value_true=3.0, value_before=2.0, value_after=2.0)
    asked = rows["query"] > 0
    for changed, figure in ((rows["query"] >= 0, "told_numbers"), (asked, "told_numbers_after")):
        name = "value_before" if figure == "told_numbers" else "value_after"
        lie = replace(cell, description=about, rows=rows.assign(**{name: rows[name].mask(changed, 2.4)}))
        found = {one.figure: one.verdict for one in judged(lie, rows).figures}
        assert {one for one, verdict in found.items() if verdict == "different"} == {figure}
    assert judged(replace(cell, description=about, rows=rows), rows).verdict == "same"


def test_candidates_are_what_they_were(cell: CellRecords) -> None:
    """Successes said to be softer, without bursts, of sounds of their own: what no outcome shows."""
    rows, asked = cell.rows, cell.rows["query"] > 0
    lies: dict[str, Any] = {
        "snr_db": rows["snr_db"].mask(asked, 40.0),
        "burst_snr_db": rows["burst_snr_db"].mask(asked, 40.0),
        "source": rows["source"].mask(asked, "rain-" + rows["utterance"]),
        "recipe": rows["recipe"].mask(asked, '[{"effect":"fade_in"}]'),
    }
    for name, lie in lies.items():
        found = judged(replace(cell, rows=rows.assign(**{name: lie})), rows)
        told = {one.figure: one for one in found.figures}["candidates"]
        assert (found.verdict, told.verdict) == ("different", "different"), name
        others = {one.verdict for one in found.figures if one.figure != "candidates"}
        assert others == {"same"}, name


def test_candidates_after_another_answer_are_others(cell: CellRecords) -> None:
    """Nor are last bits of a measure a lie, nor free samples, whose digests they change."""
    rows = cell.rows
    moved = rows.assign(snr_db=rows["snr_db"] + 0.0004, recipe=rows["recipe"].mask(rows["query"] > 1, "[]"))
    first = rows["query"] == 1
    moved["label_after"] = rows["label_after"].mask(first & ~rows["accepted"], "(refused)")
    same = {one.figure: one for one in judged(replace(cell, rows=moved), rows).figures}["candidates"]
    assert same.lost < 8
    free = [rows.assign(recipe=f'[{{"samples":"{digest}"}}]') for digest in ("a", "b")]
    assert judged(replace(cell, rows=free[0]), free[1]).verdict == "same"


def test_a_lie_spread_over_cells_is_seen_in_all_together(cell: CellRecords) -> None:
    one = judged(replace(cell, rows=cell.rows), robbed(cell.rows, 3))
    assert one.verdict != "different"
    found = Verification({}, True, 0, 4, (one,) * 4)
    assert found.pooled.lost >= 8
    assert found.outcome == "different"
    assert Verification({}, True, 0, 1, (judged(cell, cell.rows),)).outcome == "verified"


def test_ties_that_are_found_here_alone_are_few_or_nothing_is_said(cell: CellRecords) -> None:
    """A victim that knows where it is run again could be undecided wherever the entry lies."""
    lie, rows = claimed(cell), cell.rows
    wrong = set(rows.loc[(rows["label_true"] != rows["label_before"]) | rows["accepted"], "utterance"])
    assert len(wrong) >= 4
    refused = rows["utterance"].isin(wrong)
    undecided = rows.assign(tied=rows["tied"].astype(object).mask(refused & (rows["query"] == 0), True))
    found = judged(lie, undecided)
    assert found.verdict == "could not be run"
    assert f"{len(wrong)} of 16 utterances are ties here" in found.reason
    told = lie.rows.assign(tied=undecided["tied"])
    assert judged(replace(lie, rows=told), undecided).verdict == "different", "a tie of both is compared"


def test_what_uar_after_an_effect_is_made_of_is_compared(cell: CellRecords) -> None:
    """Where the SNR is too low nothing succeeds, whatever the label."""
    rows = cell.rows[cell.rows["query"] <= 1].assign(snr_db=-5.0, accepted=False)
    asked = rows["query"] == 1
    wrong = rows["label_true"].map({"anger": "sadness"}).fillna("anger")
    rows = rows.assign(snr_db=rows["snr_db"].where(asked), label_after=rows["label_after"].mask(asked, wrong))
    kind = rows.assign(label_after=rows["label_after"].mask(asked, rows["label_true"]))
    found = judged(replace(cell, rows=kind), rows)
    assert {one.figure: one.verdict for one in found.figures} == {
        **dict.fromkeys(
            ("recognised", "robust_accuracy", "acc_att", "acc_att_pcm", "applied", "candidates", "ties"), "same"
        ),
        "recognised_after": "different",
    }
    left_out = rows[~(asked & rows["utterance"].isin(sorted(rows["utterance"].unique())[:9]))]
    found = judged(replace(cell, rows=left_out), rows)
    assert found.verdict == "different"


def test_what_dies_in_pcm_is_compared_and_saying_nothing_hides_nothing(cell: CellRecords) -> None:
    rows = cell.rows.assign(survives_pcm=cell.rows["survives_pcm"].astype(object).mask(cell.rows["accepted"], False))
    fell = rows.loc[rows["accepted"], "utterance"].nunique()
    for said in (True, None):
        lie = replace(cell, rows=rows.assign(survives_pcm=rows["survives_pcm"].mask(rows["accepted"], said)))
        found = next(one for one in judged(lie, rows).figures if (one.figure, one.k) == ("acc_att_pcm", 4))
        assert (found.gained, found.lost) == (0, fell)
    assert fell


def test_ties_that_are_here_alone_add_up_over_cells(cell: CellRecords) -> None:
    """A tenth of the utterances of each cell is left out where they are ties here, whatever the entry says of them."""
    lie, rows = claimed(cell), cell.rows
    wrong = sorted(rows.loc[(rows["label_true"] != rows["label_before"]) | rows["accepted"], "utterance"].unique())
    tied = rows["tied"].astype(object).mask(rows["utterance"].isin(wrong[:3]) & (rows["query"] == 0), True)
    honest = replace(
        cell, rows=rows.assign(tied=rows["tied"].astype(object).mask(rows["utterance"].eq(wrong[4]), True))
    )
    kept = rows["utterance"].isin(wrong[:3])
    shown = {name: rows[name].where(~kept, lie.rows[name]) for name in ("label_before", "label_after", "accepted")}
    alone = judged(replace(lie, rows=rows.assign(**shown)), rows.assign(tied=tied))
    assert (alone.verdict, alone.ties) == ("same", 3)
    assert Verification({}, True, 0, 1, (alone,)).outcome == "verified"
    assert Verification({}, True, 0, 3, (alone,) * 3).outcome == "different"
    both = judged(honest, rows.assign(tied=tied))
    assert {one.figure: (one.gained, one.lost) for one in both.figures}["ties"] == (3, 1)
