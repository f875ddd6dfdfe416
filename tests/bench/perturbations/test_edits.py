"""Cutting, inserting and pacing: which samples remain, and where the words are then."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import SAMPLE_RATE, Heard, Phone, Word
from bench.perturbations.edits import inserted, merged, paced, span_of, unsaid, without

SECOND = SAMPLE_RATE


def said(*words: tuple[str, float, float], seconds: float = 1.0) -> Heard:
    """Words with two sounds each, of half their length; the samples count up, so that each can be told."""
    timed = []
    for text, start_s, end_s in words:
        middle_s = (start_s + end_s) / 2
        timed.append(Word(text, start_s, end_s, (Phone("A", start_s, middle_s), Phone("B", middle_s, end_s))))
    return Heard(torch.arange(round(seconds * SECOND)).float(), "a", words=tuple(timed))


THREE = said(("one", 0.1, 0.3), ("two", 0.3, 0.5), ("three", 0.6, 1.0))


def times(said: Heard) -> dict[str, tuple[float, float]]:
    return {word.text: (word.start_s, word.end_s) for word in said.words or ()}


@settings(max_examples=100, deadline=None)
@given(
    samples=st.integers(1, 400),
    spans=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted), max_size=6),
)
def test_without_keeps_exactly_the_other_samples(samples: int, spans: list[list[int]]) -> None:
    within = [(min(start, samples), min(end, samples)) for start, end in spans]
    gone = {sample for start, end in within for sample in range(start, end)}
    original = Heard(torch.arange(samples).float(), "a")
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


@pytest.mark.parametrize("transcript", ["One, two  three", "one (two) three.", "ONE two -- three"])
def test_a_word_that_is_wholly_cut_out_leaves_the_transcript_too(transcript: str) -> None:
    original = replace(THREE, transcript=transcript)
    assert without(original, [span_of(0.3, 0.5, SECOND)]).transcript in ("One, three", "one three.", "ONE -- three")
    assert without(original, [span_of(0.31, 0.5, SECOND)]).transcript == transcript
    assert without(original, [span_of(0.5, 0.6, SECOND)]).transcript == transcript


def test_a_word_that_is_written_otherwise_is_found_by_its_place() -> None:
    original = replace(THREE, transcript="one 2 three")
    assert unsaid(original, [1]).transcript == "one three"
    assert unsaid(original, [1]).words == (THREE.words or ())[::2]
    assert unsaid(original, []) is original
    assert unsaid(replace(original, transcript=None), [1]).transcript is None
    assert unsaid(replace(original, transcript="one three"), [1]).transcript == "one three"


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.sampled_from(["a", "b", "c"]), max_size=8), bits=st.integers(0, 255))
def test_transcript_and_words_say_the_same_after_a_cut(texts: list[str], bits: int) -> None:
    """Whatever is repeated, each word goes from its own place."""
    whole = said(*((text, place / 8, (place + 1) / 8) for place, text in enumerate(texts)))
    original = replace(whole, transcript=" ".join(f"{text}-{place}" for place, text in enumerate(texts)))
    numbered = tuple(replace(word, text=f"{word.text}-{place}") for place, word in enumerate(original.words or ()))
    gone = [place for place in range(len(texts)) if bits >> place & 1]
    spans = [span_of(place / 8, (place + 1) / 8, SECOND) for place in gone]
    for one in (replace(original, words=numbered), replace(original, transcript=" ".join(texts))):
        left = without(one, spans)
        assert left.transcript == " ".join(word.text for word in left.words or ())
        assert len(left.words or ()) == len(texts) - len(gone)


def test_a_word_beyond_the_end_is_not_cut_out() -> None:
    original = replace(said(("one", 0.1, 0.3), ("late", 1.1, 1.2)), transcript="one late")
    left = without(original, [span_of(0.1, 0.3, SECOND)])
    assert left.transcript == "late"
    assert times(left) == {"late": (0.8, 0.8)}


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


def test_a_word_that_is_only_played_faster_stays_however_short() -> None:
    short = replace(said(("one", 0.1, 0.1001), ("two", 0.3, 0.5)), transcript="one two")
    faster = paced(short, torch.zeros(SECOND // 4), (0, SECOND), SECOND // 4)
    assert times(faster) == {"one": pytest.approx((0.025, 0.025025)), "two": pytest.approx((0.075, 0.125))}
    assert faster.transcript == "one two"


def test_without_word_times_there_are_none_after() -> None:
    assert without(Heard(torch.ones(9), "a"), [(0, 3)]).words is None
