"""Cutting, inserting and pacing: which samples remain, and where the words are then."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import SAMPLE_RATE, Phone, Utterance, Word
from bench.perturbations.edits import inserted, merged, paced, span_of, without

SECOND = SAMPLE_RATE


def said(*words: tuple[str, float, float], seconds: float = 1.0) -> Utterance:
    """Words with two sounds each, of half their length; the samples count up, so that each can be told."""
    timed = []
    for text, start_s, end_s in words:
        middle_s = (start_s + end_s) / 2
        timed.append(Word(text, start_s, end_s, (Phone("A", start_s, middle_s), Phone("B", middle_s, end_s))))
    return Utterance("said", torch.arange(round(seconds * SECOND)).float(), "a", words=tuple(timed))


THREE = said(("one", 0.1, 0.3), ("two", 0.3, 0.5), ("three", 0.6, 1.0))


def times(utterance: Utterance) -> dict[str, tuple[float, float]]:
    return {word.text: (word.start_s, word.end_s) for word in utterance.words or ()}


@settings(max_examples=100, deadline=None)
@given(
    samples=st.integers(1, 400),
    spans=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted), max_size=6),
)
def test_without_keeps_exactly_the_other_samples(samples: int, spans: list[list[int]]) -> None:
    within = [(min(start, samples), min(end, samples)) for start, end in spans]
    gone = {sample for start, end in within for sample in range(start, end)}
    original = Utterance("1", torch.arange(samples).float(), "a")
    left = without(original, within)
    assert left.waveform.tolist() == [sample for sample in range(samples) if sample not in gone]
    assert len(original.waveform) == samples
    joined = merged(within)
    assert all(one[1] < two[0] for one, two in pairwise(joined))


def test_words_after_a_cut_move_and_what_was_cut_is_gone() -> None:
    left = without(THREE, [span_of(0.3, 0.5, SECOND)])
    assert times(left) == {"one": pytest.approx((0.1, 0.3)), "three": pytest.approx((0.4, 0.8))}
    assert left.duration_s == pytest.approx(0.8)
    assert left.words is not None
    assert [phone.start_s for phone in left.words[1].phones] == pytest.approx([0.4, 0.6])
    assert times(THREE)["two"] == (0.3, 0.5)


def test_a_word_that_loses_one_of_its_sounds_stays() -> None:
    left = without(THREE, [span_of(0.8, 1.0, SECOND)])
    assert left.words is not None
    assert times(left)["three"] == pytest.approx((0.6, 0.8))
    assert [phone.label for phone in left.words[2].phones] == ["A"]


def test_times_between_samples_leave_no_splinter_of_what_was_cut() -> None:
    odd = said(("one", 0.10003, 0.30002), ("two", 0.30002, 0.50001))
    left = without(odd, [span_of(0.30002, 0.50001, SECOND)])
    assert list(times(left)) == ["one"]
    assert left.words is not None
    assert left.words[-1].end_s <= left.duration_s


def test_a_word_without_length_stays() -> None:
    left = without(said(("none", 0.0, 0.0), ("two", 0.3, 0.5)), [(0, 100)])
    assert list(times(left)) == ["none", "two"]


def test_an_inserted_piece_moves_what_follows_and_only_that() -> None:
    longer = inserted(THREE, round(0.3 * SECOND), torch.zeros(SECOND // 2))
    assert times(longer) == {
        "one": pytest.approx((0.1, 0.3)),
        "two": pytest.approx((0.8, 1.0)),
        "three": pytest.approx((1.1, 1.5)),
    }
    assert torch.equal(without(longer, [span_of(0.3, 0.8, len(longer.waveform))]).waveform, THREE.waveform)


def test_a_piece_at_the_end_moves_no_word() -> None:
    assert times(inserted(THREE, SECOND, torch.zeros(9))) == times(THREE)


def test_a_piece_within_a_word_makes_it_longer() -> None:
    assert times(inserted(THREE, round(0.4 * SECOND), torch.zeros(SECOND // 10)))["two"] == pytest.approx((0.3, 0.6))


def test_a_stretch_at_another_speed_moves_words_in_and_after_it() -> None:
    faster = paced(THREE, torch.zeros(round(0.9 * SECOND)), span_of(0.3, 0.5, SECOND), round(0.1 * SECOND))
    assert times(faster) == {
        "one": pytest.approx((0.1, 0.3)),
        "two": pytest.approx((0.3, 0.4)),
        "three": pytest.approx((0.5, 0.9)),
    }


def test_without_word_times_there_are_none_after() -> None:
    assert without(Utterance("1", torch.ones(9), "a"), [(0, 3)]).words is None
