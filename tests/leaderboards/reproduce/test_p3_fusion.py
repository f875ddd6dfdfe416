"""P3's Tables 3 to 6, from made records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from bench.core.errors import UsageError
from bench.evaluation.plans.options import Options
from bench.scoring.inference.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.facts import facts
from leaderboards.reproduce.p3_fusion import ATTACKS, asked, tables
from leaderboards.reproduce.shape import Table

Made = Callable[..., CellRecords]
WHO = {
    "text": ("bert_text", "none"),
    "audio": ("cnn_gru", "none"),
    "multimodal": ("cnn_gru", "fusion:other=bert_text"),
}


def printed(made: Made) -> Iterator[CellRecords]:
    """The paper's accuracies."""
    rows = {(row["model"], row["perturbation"]): float(row["accuracy_percent"]) / 100 for row in facts("p3_fusion.csv")}
    for (model, name), accuracy in rows.items():
        if name != "none":
            victim, defense = WHO[model]
            yield made(defense, ATTACKS[model][name], rows[model, "none"], accuracy, victim=victim, each=250)


@pytest.fixture(scope="module")
def papers_own(made: Made) -> Table:
    """The table of a run that came out as the paper's own figures."""
    table, _ = tables(list(printed(made)))
    return table


def test_the_paper_s_own_figures_bear_out_its_claims(papers_own: Table) -> None:
    table = papers_own
    for row in table.rows:
        if row["published accuracy"] is not None:
            assert isinstance(row["accuracy"], Estimate)
            assert row["accuracy"].value == pytest.approx(row["published accuracy"], abs=0.005)
        if row["published impact"] is not None and row["perturbation"] != "pitch+random_as_nouns":
            assert isinstance(row["impact"], Estimate)
            assert row["impact"].value == pytest.approx(row["published impact"], abs=0.01)
    verdicts = {claim.text: claim.verdict for claim in table.claims}
    sums = {text for text in verdicts if "sum" in text}
    assert len(sums) == 2
    assert {verdict for text, verdict in verdicts.items() if text not in sums} == {"holds"}
    for claim in table.claims:
        if claim.published is not None:
            assert claim.ours is not None
            assert claim.ours.value == pytest.approx(claim.published, abs=0.02), claim.text
    assert table.about.victim == "bert_text and cnn_gru"


def test_each_fold_stands_beside_its_session(made: Made) -> None:
    """Two folds of another accuracy, one of them with half the speakers' answers wrong."""
    cells = [
        made(defense, ATTACKS[model]["nouns"], 0.9 - 0.1 * fold, 0.6 - 0.1 * fold, victim=victim, fold=fold)
        for model, (victim, defense) in WHO.items()
        if model != "audio"
        for fold in (0, 1)
    ]
    table, sessions = tables(cells)
    assert (len(sessions.rows), sessions.claims, sessions.family) == (len(table.rows), (), table.family)
    rows = {(row["model"], row["perturbation"]): row for row in sessions.rows}
    clean, masked = rows["text", "none"], rows["text", "nouns"]
    assert [clean["fold 0"], clean["fold 1"], masked["fold 0"], masked["fold 1"]] == pytest.approx([0.9, 0.8, 0.6, 0.5])
    assert [clean[f"published session {n}"] for n in (1, 2, 3, 4, 5)] == [0.6744, 0.7221, 0.6367, 0.664, 0.6782]
    assert masked["published session 5"] == 0.581
    assert rows["audio", "pitch"]["fold 0"] is None, "not run"
    assert json.dumps(sessions.to_json())


def test_the_sessions_average_to_what_the_paper_prints() -> None:
    for row in facts("p3_fusion.csv"):
        sessions = [float(row[f"session_{n}"]) for n in (1, 2, 3, 4, 5)]
        assert sum(sessions) / 5 == pytest.approx(float(row["accuracy_percent"]), abs=0.011), row


def test_the_single_victim_of_two_perturbations_is_two(papers_own: Table) -> None:
    rows = {row["perturbation"]: row for row in papers_own.rows if row["model"] == "multimodal"}
    assert str(rows["pitch+nouns"]["single"]).count(",") == 1
    assert isinstance(rows["nouns"]["single"], Estimate)
    assert rows["no_text"]["single"] is None


def test_together_and_in_sum(made: Made) -> None:
    cells = [
        made("fusion:other=r", attack, 0.8, share, victim="h", each=100)
        for attack, share in (
            ("pitch_semitone", 0.75),
            ("mask_nouns", 0.7),
            ("pitch_semitone+mask_nouns", 0.65),
            ("mask_adjectives", 0.75),
            ("pitch_semitone+mask_adjectives", 0.6),
        )
    ]
    cells.append(made("none", "mask_nouns", 0.7, 0.6, victim="r", each=100))
    table, _ = tables(cells)
    verdicts = {claim.text.split()[3]: claim.verdict for claim in table.claims if "sum" in claim.text}
    assert verdicts == {"nouns": "holds", "adjectives": "does not hold"}
    assert json.dumps(table.to_json())
    assert {claim.verdict for claim in table.claims if "audio" in claim.text} == {"not tested"}


def test_what_has_no_adjective_keeps_its_label(made: Made) -> None:
    cells = [
        made("none", "mask_adjectives", 0.8, 0.0, victim="r", applied=0.5, each=100),
        made("fusion:other=r", "pitch_semitone", 0.9, 0.9, victim="h", each=100),
    ]
    table, _ = tables(cells)
    row = next(row for row in table.rows if (row["model"], row["perturbation"]) == ("text", "adjectives"))
    assert isinstance(row["accuracy"], Estimate)
    assert row["accuracy"].value == pytest.approx(0.3), "right about 30 of the 50 that it left alone"
    assert row["applied to"] == "1200 of 2400"


def test_where_nothing_can_be_masked_pitch_still_moves(made: Made) -> None:
    cells = [
        made("fusion:other=r", "pitch_semitone", 0.8, 0.4, victim="h"),
        made("fusion:other=r", "pitch_semitone+mask_nouns", 0.8, 0.0, victim="h", applied=0.25),
        made("none", "mask_nouns", 0.7, 0.6, victim="r"),
    ]
    table, _ = tables(cells)
    row = next(row for row in table.rows if row["perturbation"] == "pitch+nouns")
    assert isinstance(row["accuracy"], Estimate)
    assert row["accuracy"].value == pytest.approx(0.15), "of those right under pitch, 25 of 40 are masked too"
    assert row["applied to"] == "2400 of 2400"


def test_the_fusion_is_asked_for_once_and_the_single_ones_about_their_own() -> None:
    found = asked(Options(victims=("cnn_gru:dense=8,hidden=8", "bert_text:dropout=0.1,pooling=mean"), attacks=("x",)))
    assert [(one.victims[0].partition(":")[0], len(one.attacks)) for one in found] == [
        ("bert_text", 4),
        ("cnn_gru", 2),
        ("cnn_gru", 12),
    ]
    assert found[2].defenses == ("fusion:other=bert_text:dropout=0.1,,pooling=mean",)


@pytest.mark.parametrize("victims", [("cnn_gru",), ("cnn_gru", "lstm_egemaps"), ("cnn_gru", "bert_text", "multimodal")])
def test_other_victims_are_refused(victims: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="one that reads alone, one that hears alone"):
        asked(Options(victims=victims, attacks=("x",)))
