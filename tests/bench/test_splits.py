"""Splits: no speaker on two sides, every speaker tested once, and the same split whatever the order."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError, UsageError
from bench.splits import Split, speaker_groups, subject_independent
from bench.types import Utterance

SILENCE = torch.zeros(1)


def utterance(number: int, speaker: str, session: str | None = None) -> Utterance:
    return Utterance(f"{speaker}-{number}", SILENCE, speaker, session)


def speakers(part: tuple[Utterance, ...]) -> set[str]:
    return {one.speaker for one in part}


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


@pytest.mark.parametrize(("count", "said"), [(0, "0 speakers"), (1, "1 speaker "), (4, "4 speakers")])
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
    assert Split(a, b, c).test == c
    for parts in ((a, a, c), (a, b, a), (a, b, b)):
        with pytest.raises(DataError, match="two parts"):
            Split(*parts)
