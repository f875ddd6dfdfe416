"""A noise bank that has been read."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.core.noises import LentNoises, NoiseSet
from bench.core.rng import keyed
from bench.core.types import NoiseClip


def bank(*clips: tuple[str, str, str]) -> NoiseSet:
    wave = torch.full((16,), 0.1)
    return NoiseSet("some", tuple(NoiseClip(name, category, wave, source) for name, category, source in clips), "f")


SOME = bank(
    ("a", "natural", "1"), ("b", "human", "2"), ("c", "natural", "3"), ("d", "natural", "1"), ("e", "human", "4")
)


def test_clips_by_category() -> None:
    assert SOME.categories == ("human", "natural")
    assert [clip.id for clip in SOME.of("natural")] == ["a", "c", "d"]


def test_an_unknown_category_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="human, natural"):
        SOME.of("crowd")
    with pytest.raises(UsageError, match="'crowd'"):
        SOME.draw(keyed(0), "crowd")


def test_draws_depend_on_the_generator_alone_and_reach_every_clip() -> None:
    assert SOME.draw(keyed(1, "x"), "natural") == SOME.draw(keyed(1, "x"), "natural")
    assert {SOME.draw(keyed(i), "natural").id for i in range(60)} == {"a", "c", "d"}


def test_a_category_of_one_source_cannot_be_split() -> None:
    with pytest.raises(DataError, match="one source recording"):
        bank(("a", "natural", "1"), ("b", "natural", "1")).part("train")


def test_parts_have_fingerprints_of_their_own() -> None:
    assert SOME.part("train").fingerprint != SOME.part("test").fingerprint != SOME.fingerprint


@given(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 30)), min_size=1, max_size=60))
def test_parts_share_no_source_lose_no_clip_and_do_not_depend_on_order(drawn: list[tuple[str, int]]) -> None:
    clips = [(f"{i}", category, f"{category}{source}") for i, (category, source) in enumerate(drawn)]
    clips += [(f"{category}{source}!", category, f"{category}{source}") for category in "xy" for source in (98, 99)]
    noises = bank(*clips)
    train, test = noises.part("train"), noises.part("test")
    assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
    assert {clip.id for clip in train.clips} | {clip.id for clip in test.clips} == {name for name, _, _ in clips}
    assert train.categories == test.categories == ("x", "y")
    backward = replace(noises, clips=noises.clips[::-1])
    assert {clip.id for clip in backward.part("test").clips} == {clip.id for clip in test.clips}


def test_a_source_in_two_categories_stands_on_one_side_in_both() -> None:
    video = [("a", "laugh", "v1"), ("b", "cry", "v1"), ("c", "laugh", "v2"), ("d", "cry", "v3"), ("e", "cry", "v2")]
    for noises in (bank(*video), bank(*video[::-1])):
        train, test = noises.part("train"), noises.part("test")
        assert not {clip.source for clip in train.clips} & {clip.source for clip in test.clips}
        assert train.categories == test.categories == ("cry", "laugh")


def test_sources_that_all_stand_on_one_side_are_named() -> None:
    shared = bank(
        ("a", "a", "v1"), ("b", "a", "v2"), ("c", "b", "v1"), ("d", "b", "v1"), ("e", "a", "v3"), ("f", "c", "v3")
    )
    with pytest.raises(DataError, match="category 'b'"):
        shared.part("test")


def test_what_is_heard_is_found_by_category_or_label() -> None:
    clips = (replace(SOME.clips[0], label="Dog"), replace(SOME.clips[1], category="laugh"), SOME.clips[2])
    noises = replace(SOME, clips=clips)
    assert [clip.id for clip in noises.heard("dog", "laugh")] == ["a", "b"]
    assert noises.heard("do") == ()
    assert noises.ambient == ("natural",)


@given(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 30)), min_size=1, max_size=60))
def test_halves_of_a_part_share_no_source_and_are_about_as_large(drawn: list[tuple[str, int]]) -> None:
    clips = [(f"{i}", category, f"{category}{source}") for i, (category, source) in enumerate(drawn)]
    clips += [
        (f"{category}{source}!", category, f"{category}{source}") for category in "xy" for source in range(96, 100)
    ]
    test = bank(*clips).part("test")
    first, second = test.half("first"), test.half("second")
    assert {clip.id for clip in (*first.clips, *second.clips)} == {clip.id for clip in test.clips}
    assert len({first.fingerprint, second.fingerprint, test.fingerprint}) == 3
    for category in test.categories:
        sources = [{clip.source for clip in half.of(category)} for half in (first, second)]
        assert not sources[0] & sources[1]
        assert 0 <= len(sources[0]) - len(sources[1]) <= 1


def test_what_cannot_be_halved_is_named() -> None:
    with pytest.raises(DataError, match=r"category 'human'.*one source recording.*for either half"):
        SOME.part("test").half("first")


def test_what_is_lent_is_a_copy() -> None:
    lent = LentNoises.copying(SOME, torch.device("cpu"))
    assert (lent.name, lent.fingerprint, lent.categories) == (SOME.name, SOME.fingerprint, SOME.categories)
    assert not any(isinstance(value, NoiseSet) for value in vars(lent).values()), "the bank is not handed along"
    lent.clip("a").waveform.zero_()
    assert lent.clip("a").waveform is lent.clips[0].waveform, "one copy, however often it is looked at"
    assert SOME.clip("a").waveform.all()
    sent = pickle.loads(pickle.dumps(lent))
    assert type(sent) is NoiseSet
    assert [clip.id for clip in sent.clips] == [clip.id for clip in SOME.clips]
    assert lent.part("test").clips
    assert replace(lent, clips=SOME.clips[:1]).clips == SOME.clips[:1]
