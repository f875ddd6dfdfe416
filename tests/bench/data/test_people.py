"""Who speaks, from whatever a corpus calls it."""

from __future__ import annotations

import torch

from bench.core.types import Utterance
from bench.data.people import people_of


def spoken(speaker: str, **metadata: str) -> Utterance:
    return Utterance(f"{speaker}-{metadata}", torch.zeros(16), speaker, metadata=metadata)


def test_names_and_spellings_of_corpora_are_one() -> None:
    told = [
        spoken("a", sex="female", age_years="31"),
        spoken("b", Gender="F", Age="19"),
        spoken("c", gender="Male", language="de"),
        spoken("d", SEX=" m ", lang="DE", age="40"),
        spoken("e", gender="non-binary", age="60+"),
    ]
    assert people_of(told) == {
        "sex": {"female": ["a", "b"], "male": ["c", "d"], "non-binary": ["e"]},
        "age": {"20-39": ["a"], "40-59": ["d"], "60+": ["e"], "under 20": ["b"]},
        "language": {"de": ["c", "d"]},
    }


def test_who_is_told_of_in_two_ways_or_not_at_all_is_in_no_group() -> None:
    told = [spoken("a", sex="female"), spoken("a", sex="male"), spoken("b", sex="unknown", age="-3"), spoken("c")]
    assert people_of(told) == {}


def test_an_utterance_that_says_nothing_leaves_what_others_say() -> None:
    assert people_of([spoken("a"), spoken("a", gender="w")]) == {"sex": {"female": ["a"]}}
