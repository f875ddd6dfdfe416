"""Every alarm bell: a planted fault rings it, an honest case does not, and it is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.scoring.bells import BELLS, NAMED, Evidence
from bench.scoring.bells import rung as heard
from bench.scoring.entries.attack_reports import attack_reports
from bench.scoring.figures.measured import EntryRecords
from bench.scoring.pooling import clean_of
from bench.scoring.record_files.condensed import condensed
from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import CellRecords
from bench.scoring.results import PooledScores, collect
from leaderboards.ranking import boards

DOCS = Path(__file__).parents[3] / "docs"
CLASSES = ("anger", "happiness", "sadness", "neutral")
SPEAKERS, EACH = 10, 8
RESTS = RestsOn("fp", "np", "p1", 10.0, 5, "cpu", "c", {"harness": "h", "serbench": "0", "torch": "2"})

Candidates = Callable[[int, str], Sequence[Row]]
"""The candidates of an utterance, given its number and the clean answer."""


def nothing(number: int, before: str) -> Sequence[Row]:
    """One candidate a query, up to 5, none of which changes the answer."""
    return [tried(query, before, before) for query in range(1, 6)]


def tried(query: int, before: str, after: str, snr_db: float | None = 12.0, **told: Any) -> Row:
    """A candidate; accepted where it changed the answer above 10 dB."""
    accepted = before != after and (snr_db is None or snr_db > 10) and not told.get("tied")
    row = Row("", "", query, "", before, after, snr_db, "noise", "natural", "rain", imperceptible=True)
    return replace(row, accepted=accepted, **told)


def other(answer: str) -> str:
    """Another class."""
    return CLASSES[(CLASSES.index(answer) + 1) % len(CLASSES)] if answer in CLASSES else CLASSES[0]


def cell(
    candidates: Candidates = nothing,
    answer: Callable[[int, str], str] | None = None,
    attack: str = "boundary",
    speakers: int = SPEAKERS,
    victim: str = "v",
    params: dict[str, object] | None = None,
    **place: int,
) -> CellRecords:
    """A victim that recognises nine of ten, or answers as told; ten speakers, eight utterances each."""
    rows: list[Row] = []
    for number in range(speakers * EACH):
        true = CLASSES[number % len(CLASSES)]
        before = (true if number % 10 else other(true)) if answer is None else answer(number, true)
        mine = {"utterance": f"u{number}", "speaker": f"s{number // EACH}", "label_true": true, "label_before": before}
        rows += [replace(one, **mine) for one in (Row("", "", 0, "", before, before), *candidates(number, before))]
    names = CellNames(
        victim, "none", attack, Setting("c", "n", "ahsn", "k-fold", None), **{"fold": 0, "seed": 0, **place}
    )
    about = Description(names, attack, False, ("all", "imperceptible"), params or {}, {}, RESTS, text="")
    return CellRecords(f"{victim}{attack}{place}", about, as_table(rows).to_pandas())


def pooled(*cells: CellRecords) -> PooledScores:
    """The entry of the first."""
    return collect(cells, [5]).pooled[0]


def rung(*cells: CellRecords) -> dict[str, str]:
    """The bells of the first cell's entry, and what they say; of one alone without any other score."""
    if len(cells) == 1:
        own = EntryRecords.of([condensed(cell) for cell in cells], [5])
        return {ring.bell.name: ring.says for ring in heard(Evidence(own, clean_of(own.records, "fitted")))}
    return {ring.bell.name: ring.says for ring in pooled(*cells).bells}


def at(first: int, of: int, snr_db: float | None = 12.0, **told: Any) -> Candidates:
    """A search that succeeds at its second query with `first` of every `of` utterances."""

    def candidates(number: int, before: str) -> Sequence[Row]:
        hit = number % of < first
        return [
            tried(1, before, before),
            tried(2, before, other(before) if hit else before, snr_db, **(told if hit else {})),
        ]

    return candidates


def once(first: int, of: int, snr_db: float | None = 12.0) -> Candidates:
    """An effect that asks once."""
    return lambda number, before: [tried(1, before, other(before) if number % of < first else before, snr_db)]


HONEST = cell(at(1, 2, survives_pcm=True, burst_snr_db=6.0, flip_share=1.0))


def test_an_honest_run_rings_nothing() -> None:
    assert rung(HONEST) == {}
    assert rung(HONEST, cell(once(1, 4), attack="environmental:snr_db=12")) == {}


def test_a_cell_that_is_there_twice_counts_once() -> None:
    """Who repeats a run to measure more has each cell of it under another key."""
    about = replace(HONEST.description, measures={"seg_snr_db": "1"})
    again = replace(HONEST, description=about)
    once, twice = pooled(HONEST), pooled(HONEST, again)
    assert (twice.n, twice.scores, twice.candidates) == (once.n, once.scores, once.candidates)
    assert attack_reports([HONEST, again]) == attack_reports([HONEST])


def test_a_constant_answer() -> None:
    said = rung(cell(answer=lambda number, true: "neutral" if number % 20 else "anger"))
    assert said["constant-answer"].startswith("answers 'neutral' to 93% of the clean utterances of other labels (fold")
    assert "constant-answer" not in rung(cell(answer=lambda number, true: "neutral" if number % 3 else true))


def test_an_answer_is_constant_by_those_whose_label_is_another() -> None:
    """One that says the commonest label to 85 of 100 leads where that is common; one that is right says it as often."""
    nearly = cell(answer=lambda number, true: true if number % 20 in (1, 5, 6) else "neutral")
    assert "to 80% of the clean utterances of other labels" in rung(nearly)["constant-answer"]
    rows = HONEST.rows.assign(label_true="neutral", label_before="neutral", label_after="neutral", accepted=False)
    few = rows["utterance"].isin({f"u{number}" for number in range(0, 80, 10)})
    rare = {name: rows[name].mask(few, "anger") for name in ("label_true", "label_before", "label_after")}
    assert "constant-answer" not in rung(replace(HONEST, rows=rows.assign(**rare)))


def numbers(spread: float) -> dict[str, str]:
    """What is heard of a victim that answers as ratings from 1 to 5 lie, over so much of the scale."""
    dimension = Dimension("valence", 1.0, 5.0, 0.5, "either", (), ("lower", "same", "higher"))
    rows = HONEST.rows
    rating = 1 + 4 * (rows["utterance"].str[1:].astype(int) * 7 % 80) / 79
    said = 3 + (rating - 3) * spread / 4
    rows = rows.assign(value_true=rating, value_before=said, value_after=said)
    return rung(replace(HONEST, rows=rows, description=replace(HONEST.description, dimension=dimension)))


def test_numbers_that_lie_closer_together_than_what_counts_as_a_change() -> None:
    """None of them can be moved so far, and most lie near some ratings: it led those whose answers go by the speech."""
    assert "answers 3.00 ± 0.25 to 100%" in numbers(0.48)["constant-answer"]
    assert "constant-answer" in numbers(0.7)
    assert "constant-answer" not in numbers(0.8)


def test_a_label_from_outside_stays_text() -> None:
    """No terminal's control sequence, no second line."""
    said = rung(cell(answer=lambda number, true: "\x1b[2J\n<b>"))["constant-answer"]
    assert said.isprintable()


def test_a_constant_answer_in_one_fold_of_two_with_another_in_each() -> None:
    folds = [cell(answer=lambda number, true, own=own: own, fold=fold) for fold, own in enumerate(("anger", "neutral"))]
    assert "100%" in rung(*folds)["constant-answer"]


def test_a_constant_victim_does_not_lead_a_board() -> None:
    """It is never fooled, and right with a quarter of the utterances: more than is left of a victim under attack."""
    constant = cell(answer=lambda number, true: "neutral", victim="constant")
    attacked = cell(at(9, 10), victim="attacked")
    found = collect([constant, attacked], [5])
    robust = {entry.victim: entry.scores[0].robust_accuracy.value for entry in found.pooled}
    assert robust == {"constant": 0.25, "attacked": pytest.approx(0.1)}
    for board in boards(found):
        ranks = [(line.rank and line.rank.value, line.victim) for line in board.lines]
        assert ranks == [(1, "attacked"), (None, "constant")]
        assert {line.score.acc_att.value for line in board.lines} == {0.0, 0.9}


def test_chance_level() -> None:
    guesses = cell(answer=lambda number, true: CLASSES[(number * 7 // 4) % 4])
    assert "does not lie above chance, 0.25 with 4 classes" in rung(guesses)["chance-level"]
    boards_of = boards(collect([guesses, cell(at(9, 10), victim="attacked")], [5]))
    assert all(board.lines[0].victim == "attacked" for board in boards_of)


def shouted(changed: int, snr_db: float = 0.0) -> Candidates:
    """A search that shouts at every utterance, and makes another answer of the first ones."""
    return lambda number, before: [
        tried(1, before, other(before) if number < changed else before, snr_db),
        tried(2, before, before, 12.0),
    ]


def test_a_victim_that_no_noise_moves() -> None:
    """One that reads what was said, or knows who said it."""
    says = "noise at 5 dB SNR and below changes the answer about 7 of 80 utterances"
    assert rung(cell(shouted(7)))["unmoved"] == says
    assert "unmoved" not in rung(cell(shouted(8))), "one of ten"
    assert "unmoved" not in rung(cell(shouted(0, 5.1))), "it was asked about nothing so loud"
    assert "unmoved" not in rung(cell(shouted(0), speakers=3)), "so few say nothing"
    softer = lambda number, before: [tried(1, before, before, 0.0, imperceptible=False)]  # noqa: E731
    assert "unmoved" not in rung(cell(softer)), "a change of gain is no noise"
    refused = lambda number, before: [tried(1, before, "(refused)", 0.0)]  # noqa: E731
    assert "unmoved" not in rung(cell(refused)), "who refuses hears it"


@pytest.mark.parametrize("sign", [{"tied": True}, {"flip_share": 0.4}], ids=str)
def test_labels_that_flip(sign: dict[str, Any]) -> None:
    assert rung(cell(at(1, 2, **sign)))["labels-flip"] == "40 of 40 changed labels did not hold when asked again"
    few = cell(lambda number, before: at(1, 2, **(sign if number == 2 else {"flip_share": 0.9}))(number, before))
    assert "labels-flip" not in rung(few), "one of forty"


def test_answers_about_clean_speech_that_flip() -> None:
    def under(share: float) -> CellRecords:
        made = cell()
        return replace(made, rows=made.rows.assign(flip_share=made.rows["query"].map({0: share})))

    assert rung(under(0.1))["labels-flip"] == "10% of further answers about clean speech are other labels"
    assert "labels-flip" not in rung(under(0.01))


def test_plain_noise_that_does_as_much() -> None:
    search = cell(at(1, 2))
    said = rung(search, cell(once(3, 5, 11.5), attack="environmental:snr_db=11.5"))
    assert said["plain-noise"].startswith("environmental:snr_db=11.5 alone has Acc_att 0.60, the search 0.50")
    assert "plain-noise" in rung(cell(), cell(once(1, 9), attack="white_noise")), (
        "where the search finds nothing at all"
    )


def test_plain_noise_that_does_less_or_is_louder_or_of_another_victim_says_nothing() -> None:
    search = cell(at(1, 2, 25.0))
    noise = "environmental:snr_db=12"
    assert "plain-noise" not in rung(search, cell(once(2, 5, 25.0), attack=noise)), "less"
    assert "plain-noise" not in rung(search, cell(once(3, 5, 12.0), attack=noise)), "louder by 13 dB"
    assert "plain-noise" not in rung(search, cell(once(3, 5, 25.0), attack=noise, victim="w"))
    assert "plain-noise" not in rung(search, cell(once(3, 5, 25.0), attack=noise, fold=1))
    assert "plain-noise" not in rung(search, cell(once(3, 5, 25.0), attack="reverb"))
    assert "plain-noise" not in rung(cell(once(3, 5, 25.0), attack=noise), search), "which is no search"


def test_transfer_that_beats_the_search() -> None:
    def brought(first: int, inner: str) -> CellRecords:
        return cell(once(first, 10), attack=f"transfer:attack={inner}", params={"attack": inner})

    search = cell(at(1, 10))
    told = "boundary:corr=true,noises=imperceptible"
    assert rung(search, brought(5, told))["transfer-stronger"].startswith(
        f"transfer:attack={told} has 0.40 more Acc_att"
    )
    assert "transfer-stronger" not in rung(search, brought(1, told)), "as often"
    assert "transfer-stronger" not in rung(search, brought(5, "boundary:step_db=1")), "of another search"


def test_success_that_dies_in_pcm() -> None:
    assert rung(cell(at(1, 2, survives_pcm=False)))["dies-in-pcm"].startswith("100% of the successes are none")
    assert "dies-in-pcm" not in rung(cell(at(1, 2, survives_pcm=True)))
    score = pooled(cell(at(1, 2, survives_pcm=False))).scores[0]
    assert score.acc_att_pcm is not None
    assert (score.acc_att.value, score.acc_att_pcm.value) == (0.5, 0.0)
    assert pooled(cell(at(1, 2))).scores[0].acc_att_pcm is None, "older records do not say"


def test_a_success_after_the_first_need_not_say_whether_it_lives_on() -> None:
    def twice(number: int, before: str) -> Sequence[Row]:
        return [tried(1, before, other(before), survives_pcm=True), tried(2, before, other(before))]

    score = pooled(cell(twice)).scores[0]
    assert score.acc_att_pcm is not None
    assert score.acc_att_pcm.value == score.acc_att.value == 1.0


def test_attacked_speakers_that_the_victim_has_met() -> None:
    def met(*speakers: str) -> CellRecords:
        return replace(HONEST, description=replace(HONEST.description, trained_on=speakers))

    assert rung(met("s1", "s3", "s99"))["trained-on"] == (
        "2 of 10 attacked speakers are among those that it was trained on"
    )
    assert "trained-on" not in rung(met("s99")), "who is not attacked"


def test_clean_speech_that_is_lost_in_sessions() -> None:
    def remembers(lost: int, **named: Any) -> CellRecords:
        own = cell(at(1, 2), **named)
        return replace(own, description=replace(own.description, in_sessions=(lost, 80)))

    assert rung(remembers(20))["lost-in-sessions"].startswith("25% of clean utterances are refused")
    assert "lost-in-sessions" not in rung(remembers(19))
    assert "lost-in-sessions" not in rung(HONEST), "remembers nothing"
    patient = cell(victim="patient", attack="boundary")
    patient = replace(patient, description=replace(patient.description, in_sessions=(60, 80)))
    weak = cell(at(1, 2), victim="weak")
    for board in boards(collect([patient, weak], [5])):
        assert [line.victim for line in board.lines] == ["weak", "patient"], "below, though nothing succeeds"


def test_short_bursts() -> None:
    assert "100% of the successes" in rung(cell(at(1, 2, burst_snr_db=-9.0)))["short-bursts"]
    assert "short-bursts" not in rung(cell(at(1, 2, burst_snr_db=2.0)))
    assert "short-bursts" not in rung(cell(at(1, 2, None))), "of another length"


def test_an_effect_that_applied_to_few() -> None:
    def some(of: int) -> CellRecords:
        return cell(lambda number, before: [] if number % of else [tried(1, before, before)], attack="drop_words")

    assert rung(some(4))["few-applied"] == "applied to 20 of 80 utterances"
    assert "few-applied" not in rung(some(2))
    assert rung(cell(lambda number, before: []))["few-applied"] == "applied to 0 of 80 utterances"


def test_measurements_that_were_left_out() -> None:
    """Of many, the best one alone."""
    said = rung(cell(fold=1, repeat=3), cell(repeat=0), cell(repeat=1))["measurements-missing"]
    assert said == "3 missing: fold 1, seed 0, repeat 0, where others are"
    assert "measurements-missing" not in rung(cell(repeat=0), cell(repeat=1), cell(fold=1))


def test_few_speakers() -> None:
    said = rung(*(cell(fold=fold, speakers=5) for fold in range(5)))["few-speakers"]
    assert said.startswith("5 speakers can say little about others: test all folds")
    assert said.endswith("or a corpus with more speakers"), "where all folds are tested"
    assert "few-speakers" not in rung(cell(speakers=6))


def test_all_candidates_broke_the_rule() -> None:
    loud = cell(once(1, 2, 9.5), attack="environmental:snr_db=9.5")
    assert rung(loud)["all-broke-the-rule"] == "0 of 80 above 10 dB (40 changed the label)"
    assert pooled(loud).scores[0].acc_att.value == 0, "which says nothing of the victim"
    assert pooled(loud).candidates.to_json() == {
        "asked": 80, "with_snr": 80, "above_min_snr": 0, "changed_label": 40
    }  # fmt: skip
    assert "all-broke-the-rule" not in rung(cell(once(1, 2, 10.5), attack="environmental:snr_db=10.5"))
    assert "all-broke-the-rule" not in rung(cell(once(1, 2, None), attack="speed_utterance")), "has no SNR"


def test_bells_stand_in_the_json_and_the_frame() -> None:
    found = collect([cell(speakers=2)], [5])
    (told,) = (one for one in json.loads(json.dumps(found.to_json()))["pooled"][0]["bells"] if one["figure"] == 2)
    assert told["bell"] == "few-speakers"
    assert told["threshold"] == 6
    assert told["see"] == "docs/bells.md#few-speakers"
    for frame in (found.to_frame(), found.to_frame(pooled=True)):
        assert all("few-speakers" in bells for bells in frame["bells"])


def test_every_bell_is_documented_and_has_a_test_here() -> None:
    page = (DOCS / "bells.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)$", page, flags=re.MULTILINE) == list(NAMED)
    own = "".join(Path(__file__).with_name(f"test_{name}.py").read_text("utf-8") for name in ("bells", "rehearsed"))
    for bell, section in zip(BELLS, re.split(r"^## ", page, flags=re.MULTILINE)[1:], strict=True):
        assert bell.means in " ".join(section.split()), bell.name
        assert f'["{bell.name}"]' in own, "a planted fault"
        assert f'"{bell.name}" not in rung(' in own or bell.name == "chance-level", "an honest case"
