"""Differences of scores, against the harness's own and against arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.rng import keyed
from bench.scoring.pooling import perturbed_scores
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.records import CellRecords, pooled_rows
from leaderboards.reproduce.answers import Answers, applied, error, level, paired, read
from leaderboards.reproduce.contrasts import Term, contrast, relative
from leaderboards.reproduce.impacts import filled, impact, impact_difference

LABELS = np.array(["a", "b", "c"])


def cell(seed: int, defense: str = "none", fold: int = 0, attack: str = "x", corpus: str = "c") -> CellRecords:
    """Random answers about the same utterances; every third is left alone by the attack."""
    rng, truth = keyed("answers", seed, defense, fold), keyed("truth", seed, fold)
    names = CellNames("v", defense, attack, Setting(corpus, "n", "t", "k-fold", None), fold, seed=0)
    rests = RestsOn("c", "n", "p1", 10.0, 1, "cpu", "code", {})
    about = Description(names, attack, False, ("all",), {}, {}, rests, text="")
    rows = []
    for number in range(60):
        told = {"utterance": f"u{number}", "speaker": f"f{fold}s{number % 5}", "label_true": LABELS[truth.integers(3)]}
        told["label_before"] = told["label_true"] if rng.random() < 0.7 else LABELS[rng.integers(3)]
        rows.append({**told, "query": 0, "label_after": told["label_before"]})
        if number % 3:
            rows.append({**told, "query": 1, "label_after": LABELS[rng.integers(3)]})
    return CellRecords(f"{defense}{fold}", about, pd.DataFrame(rows))


def one(*cells: CellRecords) -> Answers:
    (found,) = read(cells)
    return found


def rows_of(*cells: CellRecords) -> pd.DataFrame:
    (rows,) = one(*cells).of.values()
    return rows


@given(st.integers(0, 50), st.sampled_from(["uar", "war"]))
@settings(max_examples=15, deadline=None)
def test_the_change_is_the_harness_s_own(seed: int, score: str) -> None:
    cells = [cell(seed, fold=fold) for fold in (0, 1)]
    scores = perturbed_scores(pooled_rows(cells))
    assert scores is not None
    own = scores.uar if score == "uar" else scores.war
    rows = rows_of(*cells)
    found = contrast([Term(rows, "attacked", "clean")], score)  # type: ignore[arg-type]
    after = level(rows, "attacked", score)  # type: ignore[arg-type]
    assert found is not None
    assert after is not None
    assert found.value == pytest.approx(own.change.value)
    low, high = own.change.ci95  # a claim's interval goes with its test, and is no narrower
    assert found.ci95[0] <= low + 1e-9
    assert found.ci95[1] >= high - 1e-9
    assert (after.value, *after.ci95) == pytest.approx((own.after.value, *own.after.ci95))
    assert found.n == after.n == own.after.n == 80
    assert applied(rows) == "80 of 120"


def test_settings_and_folds() -> None:
    found = read([cell(0), cell(0, fold=1), cell(0, "d"), cell(0, corpus="other")])
    assert [answers.setting.corpus for answers in found] == ["c", "other"]
    assert list(found[0].of) == [("v", "none", "x"), ("v", "d", "x")]
    about = found[0].about(victim="v")
    assert (about.folds, about.seeds, about.speakers, about.n) == ((0, 1), (0,), 10, 60)
    assert found[0].get("v", "none", "y") is None


def test_pairs_are_of_the_same_utterances() -> None:
    found = one(cell(1), cell(1, fold=1), cell(1, "d"))
    both = paired(found.get("v", "d", "x"), found.get("v", "none", "x"))
    assert both is not None
    assert len(both) == 60, "the defended victim has one fold"
    bare = found.of["v", "none", "x"].query("fold == 0")
    assert both["other_attacked"].tolist() == bare["attacked"].tolist()
    assert both["clean"].tolist() == found.of["v", "d", "x"]["clean"].tolist()
    assert paired(None, both) is None


def test_terms_add_up_and_share_their_speakers() -> None:
    found = one(cell(2), cell(2, "d"))
    both = paired(found.get("v", "d", "x"), found.get("v", "none", "x"))
    single = contrast([Term(both)])
    assert single is not None
    half, quarter = (contrast([Term(both, times=0.25 / count)] * (2 * count)) for count in (1, 2))
    assert half is not None
    assert quarter is not None
    assert 2 * half.value == pytest.approx(single.value)
    assert (quarter.value, *quarter.ci95) == pytest.approx((half.value, *half.ci95)), "they share their utterances"
    nothing = contrast([Term(both), Term(both, times=-1.0)])
    assert nothing is not None
    assert nothing.value == pytest.approx(0)
    assert nothing.low == pytest.approx(-nothing.high)
    assert nothing.high > 0, "where nothing differs nothing is certain"
    assert contrast([Term(both), Term(None)]) is None


def test_of_one_speaker_nothing_is_known_but_how_far_a_figure_can_lie_from_0() -> None:
    """A relative gain of +3.00 stood beside [-1.00, +1.00]."""
    rows = rows_of(cell(5)).assign(speaker="alone").query("attacked.notna()")
    later = rows.assign(clean=rows["clean"].where(rows.index % 4 == 0, "none"), attacked=rows["label_true"])
    found = relative([Term(later, "attacked", "clean")])
    assert found is not None
    assert found.value > 1
    assert found.low < -1 < found.value < found.high
    assert not found.tails
    steep = contrast([Term(later, "attacked", "clean", 2.0), Term(later, "clean", "attacked", -1.5)])
    assert steep is not None
    assert steep.ci95 == (-3.5, 3.5)
    assert abs(steep.value) > 1
    single = contrast([Term(later, "attacked", "clean")])
    assert single is not None
    assert single.ci95 == (-1.0, 1.0)


def test_nothing_applied() -> None:
    rows = rows_of(cell(3)).assign(attacked=None)
    assert contrast([Term(rows, "attacked", "clean")]) is None
    assert level(rows, "attacked") is None
    assert impact(rows) is None
    assert filled(rows) is None
    assert applied(rows) == "0 of 60"
    assert applied(None) == "not run"


def test_error_turns_the_interval_round() -> None:
    rows = rows_of(cell(4))
    right, wrong = level(rows, "clean"), error(level(rows, "clean"))
    assert right is not None
    assert wrong is not None
    assert wrong.value == 1 - right.value
    assert wrong.ci95 == (1 - right.ci95[1], 1 - right.ci95[0])


def test_impact_is_the_relative_change_over_all_utterances() -> None:
    rows = rows_of(cell(5))
    kept = filled(rows)
    assert kept is not None
    after, before = ((kept[name] == kept["label_true"]).mean() for name in ("attacked", "clean"))
    found = impact(rows)
    assert found is not None
    assert found.value == pytest.approx(after / before - 1)


def _jackknife(figures: list[float]) -> float:
    """Standard error from figures with each speaker left out."""
    groups = len(figures)
    return float(np.sqrt((groups - 1) / groups * np.square(np.array(figures) - np.mean(figures)).sum()))


def test_the_intervals_of_impacts_are_near_the_jackknife_s() -> None:
    found = one(cell(6), cell(6, "d"))
    both = paired(found.get("v", "d", "x"), found.get("v", "none", "x"))
    assert both is not None
    for figure in (impact, impact_difference):
        whole = figure(both)
        assert whole is not None
        errors = []
        for unit in ("speaker", "utterance"):
            without = [figure(both[both[unit] != one]) for one in sorted(set(both[unit]))]
            errors.append(_jackknife([part.value for part in without if part is not None]))
        error_of = max(errors)
        assert 0.8 < (whole.ci95[1] - whole.ci95[0]) / 2 / (2.776 * error_of) < 1.4, "five speakers: a little wider"
        assert whole.value == pytest.approx(sum(whole.ci95) / 2, abs=0.1), "drawn to 0 a little, as differences are"


def test_an_impact_less_itself_is_nothing(made: Callable[..., CellRecords]) -> None:
    rows = rows_of(made("none", "x", 0.8, 0.6, each=20))
    both = rows.assign(other_clean=rows["clean"], other_attacked=rows["attacked"])
    found = impact_difference(both)
    assert found is not None
    assert found.value == 0
    assert found.high == pytest.approx(-found.low)
    assert 0.01 < found.high < 0.5, "as wide as so many utterances leave, never 0"
    assert not found.tails, "what is 0 but for rounding is not tested"


def test_answers_about_clean_speech_have_no_sound_in_common() -> None:
    """They lay beside those about an attack, and were clustered by its sounds."""
    rng, n = np.random.default_rng(3), 160
    said = {name: rng.choice(["anger", "sadness"], n) for name in ("label_true", "other_clean")}
    said |= dict.fromkeys(("clean", "attacked"), np.where(np.arange(n) % 12 < 6, said["label_true"], "none"))
    place = {"fold": 0, "seed": 0, "repeat": 0, "utterance": [f"u{one}" for one in range(n)]}
    heard = {"speaker": [f"s{one % 8}" for one in range(n)], "sound": [f"n{one % 12}" for one in range(n)]}
    rows = pd.DataFrame({**place, **said, **heard, "other_attacked": said["attacked"][::-1]}).astype(object)
    silent = rows.assign(sound=None)

    def found(of: pd.DataFrame, *columns: str) -> object:
        told = contrast([Term(of, *columns)])
        assert told is not None
        return told.value, told.ci95

    assert found(rows, "clean", "other_clean") == found(silent, "clean", "other_clean")
    assert found(rows, "attacked", "other_clean") != found(silent, "attacked", "other_clean")
