"""The boundary attack's moves, told step by step what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from attacks.boundary import Boundary
from bench import UsageError, Utterance, keyed
from bench.audio.signal import snr_db
from bench.testing import attacked, sample_tools, sample_utterances

ORIGINAL = sample_utterances(1, each=1)[0]
Asked = list[Utterance]


def played(attack: Boundary, fooled: Callable[[int, Utterance], bool], most: int = 25, **known: object) -> Asked:
    """The candidates of a search whose every question is answered by `fooled(number, candidate)`."""
    search = attack.search(ORIGINAL, replace(sample_tools(), **known), keyed(1))  # type: ignore[arg-type]
    asked: Asked = []
    try:
        candidate = next(search)
        while len(asked) < most:
            asked.append(candidate)
            candidate = search.send(fooled(len(asked), candidate))
    except StopIteration:
        pass
    return asked


def levels(asked: Sequence[Utterance]) -> list[float]:
    return [round(float(snr_db(ORIGINAL.waveform, candidate.waveform)), 1) for candidate in asked]


def categories(asked: Sequence[Utterance]) -> list[str]:
    return [candidate.perturbation.category for candidate in asked if candidate.perturbation]


SOUNDS = ("natural", "human", "interior")


def test_while_the_label_stays_changed_the_same_sound_gets_softer_to_just_above_the_threshold() -> None:
    asked = played(Boundary(categories=("natural",)), lambda number, candidate: True)
    assert levels(asked) == [0.0, 5.0, 10.0, 10.1] or levels(asked) == [0.0, 5.0, 10.1]
    assert len({candidate.perturbation for candidate in asked}) == 1


def test_where_the_label_does_not_change_other_sounds_of_any_category_are_tried_at_the_lowest_snr() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, candidate: False)
    assert set(levels(asked)) == {0.0}
    assert set(categories(asked)) == set(SOUNDS)
    assert len({candidate.perturbation for candidate in asked}) == len(asked) == 6  # two test clips a category


def test_once_the_label_has_changed_it_stays_in_the_category_and_tries_its_other_sounds_at_that_level() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, candidate: number == 1, most=3)
    assert levels(asked) == [0.0, 5.0, 5.0]
    assert len(set(categories(asked))) == 1
    assert asked[1].perturbation == asked[0].perturbation != asked[2].perturbation


def test_a_category_used_up_is_left_for_another() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, candidate: number == 1)
    home = categories(asked)[0]
    assert categories(asked)[:3] == [home] * 3
    assert home not in categories(asked)[3:]
    assert levels(asked)[3:] == [0.0] * 4


def test_an_informed_attacker_takes_the_worst_category_first_and_the_next_one_then() -> None:
    loss = {"natural": 0.1, "human": 0.4, "interior": 0.2}
    asked = played(Boundary(categories=SOUNDS, corr=True), lambda number, candidate: False, degradation=loss)
    assert categories(asked) == ["human"] * 2 + ["interior"] * 2 + ["natural"] * 2


def test_all_noises_have_effects_that_people_hear_and_imperceptible_ones_have_not() -> None:
    def effects(noises: str) -> set[str]:
        attack = Boundary(categories=("signal",), noises=noises)  # type: ignore[arg-type]
        asked = played(attack, lambda number, candidate: False)
        return {candidate.perturbation.name for candidate in asked if candidate.perturbation}

    same = {"speed_segment", "fade_in", "fade_out", "drop_words", "drop_letters", "reverb"}
    assert effects("all") == same | {"filler", "laugh", "cry", "speed_utterance", "pitch"}, "P1's ten synthetic noises"
    assert effects("imperceptible") == same


def test_an_effect_within_the_rules_ends_the_search_and_one_beyond_them_does_not() -> None:
    def one(effect: str) -> int:
        attack = Boundary(categories=("signal",), signals=(effect, "fade_in"))
        return len(played(attack, lambda number, candidate: "fade" not in str(candidate.perturbation)))

    assert one("pitch") == 2
    assert one("speed_utterance") <= 2
    assert len(played(Boundary(categories=("signal",), signals=("speed_utterance",)), lambda *_: True)) == 1


def test_the_original_snr_threshold_is_that_of_the_tools() -> None:
    asked = played(Boundary(categories=("natural",)), lambda number, candidate: True, min_snr_db=20.0)
    assert levels(asked)[-1] == pytest.approx(20.1, abs=0.05)


@pytest.mark.parametrize("wrong", [{"step_db": 0.0}, {"step_db": -1.0}, {"categories": ()}])
def test_parameters_that_make_no_sense_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Boundary(**wrong)  # type: ignore[arg-type]


def test_through_the_referee_its_successes_are_above_the_threshold() -> None:
    rows = [row for row in attacked(Boundary(noises="imperceptible"), 25) if row.query]
    wins = [row for row in rows if row.accepted]
    assert wins
    assert all(row.imperceptible and (row.snr_db is None or row.snr_db > 10) for row in wins)
    assert {row.perturbation for row in wins if row.snr_db is None} <= {"drop_words", "drop_letters", "speed_segment"}
    for row in wins:  # and it ends there
        assert row.query == max(other.query for other in rows if other.utterance == row.utterance)
