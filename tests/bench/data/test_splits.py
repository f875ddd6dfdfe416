"""Splits: no speaker on two sides, every speaker tested once, and the same split whatever the order."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.core.types import Utterance
from bench.data.partitions import Partition, speaker_groups
from bench.data.splits import SPLITS, split_named

SILENCE = torch.zeros(1)


def utterance(number: int, speaker: str, session: str | None = None) -> Utterance:
    return Utterance(f"{speaker}-{number}", SILENCE, speaker, session)


def speakers(part: tuple[Utterance, ...]) -> set[str]:
    return {one.speaker for one in part}


def subject_independent(corpus: list[Utterance], fold: int, folds: int, name: str) -> Partition:
    return split_named(f"k-fold:{folds}").split(corpus, fold, name)


CORPORA = st.lists(st.sampled_from("abcdefghijkl"), min_size=5, max_size=40).filter(lambda found: len(set(found)) >= 5)


@given(CORPORA, st.randoms())
def test_folds_cover_every_speaker_once(names: list[str], random: object) -> None:
    corpus = [utterance(number, speaker) for number, speaker in enumerate(names)]
    splits = [subject_independent(corpus, fold, 5, "made") for fold in range(5)]
    for split in splits:
        parts = [speakers(part) for part in (split.train, split.valid, split.test)]
        assert all(parts)
        assert sum(map(len, parts)) == len(set(names))
        assert sorted(one.id for part in (split.train, split.valid, split.test) for one in part) == sorted(
            one.id for one in corpus
        )
    tested = [one.id for split in splits for one in split.test]
    assert sorted(tested) == sorted(one.id for one in corpus)
    assert [split.valid for split in splits] == [split.test for split in splits[1:] + splits[:1]]

    shuffled = random.sample(corpus, len(corpus))
    assert [speakers(subject_independent(shuffled, fold, 5, "made").test) for fold in range(5)] == [
        speakers(split.test) for split in splits
    ]


def test_sessions_are_the_folds_where_there_are_as_many() -> None:
    corpus = [utterance(0, f"s{speaker}", f"session {speaker % 5}") for speaker in range(10)]
    groups = speaker_groups(corpus, 5, "made")
    assert groups == [{f"s{n}", f"s{n + 5}"} for n in range(5)]


def test_sessions_are_passed_over_where_they_do_not_fit() -> None:
    three = [utterance(0, f"s{speaker}", f"session {speaker % 3}") for speaker in range(10)]
    partly = [utterance(0, f"s{speaker}", f"session {speaker % 5}" if speaker else None) for speaker in range(10)]
    for corpus in (three, partly):
        assert speaker_groups(corpus, 5, "made") == [{f"s{n}", f"s{n + 5}"} for n in range(5)]


def test_parts_keep_the_corpus_order() -> None:
    corpus = [utterance(number, "abcde"[number % 5]) for number in (4, 3, 9, 1, 0, 2, 7, 5, 6, 8)]
    split = subject_independent(corpus, 0, 5, "made")
    assert [one.id for one in split.train] == [one.id for one in corpus if one.speaker in "cde"]


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 speakers"), (1, "1 speaker "), (2, "; --split random-blocks, "), (4, "; --split k-fold:4; ")],
)
def test_too_few_speakers(count: int, said: str) -> None:
    corpus = [utterance(0, f"s{speaker}") for speaker in range(count)]
    with pytest.raises(DataError) as caught:
        subject_independent(corpus, 0, 5, "made")
    assert said in str(caught.value)
    assert "corpus 'made'" in str(caught.value)


@pytest.mark.parametrize("fold", [-1, 5])
def test_a_fold_that_is_not_there(fold: int) -> None:
    corpus = [utterance(0, f"s{speaker}") for speaker in range(5)]
    with pytest.raises(UsageError, match="0 to 4"):
        subject_independent(corpus, fold, 5, "made")


def test_a_speaker_on_two_sides_is_refused() -> None:
    a, b, c = ((utterance(0, name),) for name in "abc")
    assert Partition(a, b, c).test == c
    for parts in ((a, a, c), (a, b, a), (a, b, b)):
        with pytest.raises(DataError, match="two parts"):
            Partition(*parts)


def whole(split: Partition) -> list[str]:
    return sorted(one.id for part in (split.train, split.valid, split.test) for one in part)


SESSIONS = [utterance(number, f"s{number % 6}", f"session {number % 3}") for number in range(24)]


@pytest.mark.parametrize(
    ("name", "folds"), [("leave-one-session-out", 3), ("leave-one-speaker-out", 6), ("k-fold:4", 4)]
)
def test_each_group_is_tested_once(name: str, folds: int) -> None:
    splitting = split_named(name)
    assert splitting.folds(SESSIONS, "made") == folds
    splits = [splitting.split(SESSIONS, fold, "made") for fold in range(folds)]
    assert all(whole(split) == sorted(one.id for one in SESSIONS) for split in splits)
    assert sorted(one.id for split in splits for one in split.test) == sorted(one.id for one in SESSIONS)
    assert all(len({one.session for one in split.test}) == 1 for split in splits if "session" in name)
    with pytest.raises(UsageError, match=f"0 to {folds - 1}"):
        splitting.split(SESSIONS, folds, "made")


def test_sessions_that_do_not_serve_are_named() -> None:
    splitting = split_named("leave-one-session-out")
    with pytest.raises(DataError, match="0 sessions"):
        splitting.split([utterance(0, name) for name in "abcdef"], 0, "made")
    with pytest.raises(DataError, match="x in no session"):
        splitting.split([*SESSIONS, utterance(0, "x")], 0, "made")
    with pytest.raises(DataError, match="s1 in two parts"):
        splitting.split([*SESSIONS, utterance(99, "s1", "session 0")], 0, "made")


def published(number: int, speaker: str, part: str) -> Utterance:
    return Utterance(f"{part}-{number}", SILENCE, speaker, metadata={"official_part": part})


def test_an_official_split_is_taken_as_it_is() -> None:
    corpus = [published(number, f"{part}{number % 6}", part) for part in ("train", "test") for number in range(12)]
    split = split_named("official").split([*corpus, utterance(0, "nobody")], 0, "made")
    assert speakers(split.valid) == {"train0", "train5"}
    assert speakers(split.train) == {"train1", "train2", "train3", "train4"}
    assert len(split.test) == 12
    with_valid = [*corpus, published(0, "v", "valid")]
    assert speakers(split_named("official").split(with_valid, 0, "made").valid) == {"v"}
    assert split_named("official").folds(corpus, "made") == 1
    with pytest.raises(UsageError, match="there is one"):
        split_named("official").split(corpus, 1, "made")
    with pytest.raises(DataError, match="no official split"):
        split_named("official").split(SESSIONS, 0, "made")


def test_an_official_split_that_shares_speakers_has_to_be_asked_for() -> None:
    corpus = [published(number, "Monica", part) for number, part in enumerate(("train", "valid", "test"))]
    with pytest.raises(DataError, match="official-shared"):
        split_named("official").split(corpus, 0, "made")
    split = split_named("official-shared").split(corpus, 0, "made")
    assert split.leaks
    assert [len(part) for part in (split.train, split.valid, split.test)] == [1, 1, 1]


def spoken(number: int, speaker: str, seconds: float) -> Utterance:
    return Utterance(f"{speaker}-{number}", torch.ones(round(seconds * 16_000)), speaker)


def test_blocks_are_of_speakers_that_are_apart() -> None:
    corpus = [spoken(number, "abcde"[number % 5], 2.5) for number in range(10)]
    split = split_named("blocks").split(corpus, 0, "made")
    assert not split.leaks
    assert [one.id for one in split.test] == ["a-0#0", "a-0#1", "a-5#0", "a-5#1"]


def test_random_blocks_are_p4_s_and_say_that_they_leak() -> None:
    corpus = [spoken(number, "abcde"[number % 5], 4) for number in range(50)]
    splits = [split_named("random-blocks").split(corpus, fold, "made") for fold in range(5)]
    assert all(split.leaks and len(split.test) == 40 and len(split.valid) == 20 for split in splits)
    assert len({one.id for split in splits for one in split.test}) == 200
    assert speakers(splits[0].test) & speakers(splits[0].train)
    again = split_named("random-blocks").split(corpus[::-1], 0, "made")
    assert whole(again) == whole(splits[0])
    assert {one.id for one in again.test} == {one.id for one in splits[0].test}


@pytest.mark.parametrize("text", ["", "kfold", "k-fold:2", "k-fold:x", "k-fold:", "official:3", "k-fold:٣"])
def test_a_protocol_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="--split"):
        split_named(text)


def test_the_protocols_that_share_speakers_are_these_two() -> None:
    assert [name for name in SPLITS if split_named(name).leaks] == ["official-shared", "random-blocks"]
