"""DropW takes out exactly the samples of exactly its words, and moves the times along."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.drop_words import DropWords
from bench import SAMPLE_RATE, Heard, UsageError, Word, keyed
from bench.testing import applied, sample_effect_tools, sample_utterances

TOOLS = sample_effect_tools()
P1 = ("a", "the", "an", "so", "like", "and")
OTHERS = ("I", "likes", "Anne", "sofa", "went", "home")


def spoken(texts: list[str], lengths: list[float], transcript: str | None = None) -> Heard:
    """The words one after the other, with gaps of a tenth of their length."""
    words, at = [], 0.05
    for text, length in zip(texts, lengths, strict=True):
        words.append(Word(text, at, at + length))
        at += 1.1 * length
    samples = round((at + 0.05) * SAMPLE_RATE)
    wave = torch.rand(samples, generator=torch.Generator().manual_seed(samples)) - 0.5
    return Heard(wave, "a", transcript=transcript, words=tuple(words))


def dropped(original: Heard, effect: DropWords = DropWords()) -> list[Heard]:
    return applied(effect, original, TOOLS, keyed(0))


@settings(max_examples=80, deadline=None)
@given(
    said=st.lists(
        st.tuples(st.sampled_from([*P1, "The", "AND", *OTHERS]), st.floats(0.03, 0.4)), min_size=1, max_size=12
    )
)
def test_exactly_the_samples_of_its_words_go(said: list[tuple[str, float]]) -> None:
    original = spoken([text for text, _ in said], [length for _, length in said], " ".join(text for text, _ in said))
    before = original.waveform.clone()
    assert original.words is not None
    kept = torch.ones(len(original.waveform), dtype=torch.bool)
    for word in original.words:
        if word.text.lower() in P1:
            kept[round(word.start_s * SAMPLE_RATE) : round(word.end_s * SAMPLE_RATE)] = False
    asked = dropped(original)
    assert len(asked) == (not kept.all())
    assert torch.equal(original.waveform, before)
    for candidate in asked:
        assert torch.equal(candidate.waveform, original.waveform[kept])
        left = [text for text, _ in said if text.lower() not in P1]
        assert candidate.transcript == " ".join(left)
        assert candidate.words is not None
        assert [word.text for word in candidate.words] == left
        for word in candidate.words:  # each is heard where it is said to be
            old = next(
                w
                for w in original.words
                if w.text == word.text
                and torch.equal(
                    original.waveform[round(w.start_s * SAMPLE_RATE) + 8 : round(w.end_s * SAMPLE_RATE) - 8],
                    candidate.waveform[round(word.start_s * SAMPLE_RATE) + 8 : round(word.end_s * SAMPLE_RATE) - 8],
                )
            )
            assert word.end_s - word.start_s == pytest.approx(old.end_s - old.start_s, abs=2 / SAMPLE_RATE)


def test_the_transcript_loses_the_words_with_their_punctuation() -> None:
    original = spoken(["So", "I", "like", "cake"], [0.2] * 4, "So, I like cake!")
    (candidate,) = dropped(original)
    assert candidate.transcript == "I cake!"
    assert candidate.perturbation is not None
    assert (candidate.perturbation.name, candidate.perturbation.source) == ("drop_words", "so like")
    (untold,) = dropped(replace(original, transcript=None))
    assert untold.transcript is None


@pytest.mark.parametrize(
    ("transcript", "left"),
    [
        ("the -- cat and... the dog.", "the -- cat the dog."),  # one "the" alone has its times: the other is heard
        ("[LAUGHTER] Cat, and the dog", "[LAUGHTER] Cat, dog"),
        ("tea, for two!", "tea, for two!"),
    ],
)
def test_a_transcript_that_says_more_or_less_keeps_what_is_heard(transcript: str, left: str) -> None:
    texts = ["cat", "and", "dog"] if transcript.startswith("the") else ["cat", "and", "the", "dog"]
    (candidate,) = dropped(spoken(texts, [0.2] * len(texts), transcript))
    assert candidate.transcript == left
    assert [word.text for word in candidate.words or ()] == ["cat", "dog"]


def test_a_word_of_no_length_cannot_be_cut_out_and_stays() -> None:
    said = spoken(["so", "I", "like"], [0.2, 0.2, 0.2], "so I like")
    words = said.words or ()
    (candidate,) = dropped(replace(said, words=(replace(words[0], end_s=words[0].start_s), *words[1:])))
    assert candidate.transcript == "so I"
    assert [word.text for word in candidate.words or ()] == ["so", "I"]
    assert candidate.perturbation is not None
    assert candidate.perturbation.source == "like"


def test_other_words_can_be_asked_for() -> None:
    (candidate,) = dropped(spoken(["So", "I", "like", "cake"], [0.2] * 4), DropWords(words=("CAKE", "tea")))
    assert candidate.words is not None
    assert [word.text for word in candidate.words] == ["So", "I", "like"]


def test_it_does_not_apply_without_times_or_words_to_drop_or_words_to_keep() -> None:
    said = spoken(["the", "cat"], [0.2, 0.2], "the cat")
    assert len(dropped(said)) == 1
    assert not dropped(replace(said, words=None))
    assert not dropped(replace(said, words=()))
    assert not dropped(spoken(["cats", "sleep"], [0.2, 0.2]))
    assert not dropped(replace(said, words=(Word("the", 0.0, 0.0),)))
    assert not dropped(replace(said, words=(Word("the", 0.0, said.duration_s),)))
    assert not dropped(replace(said, waveform=torch.empty(0)))


def test_the_checks_samples_lose_the_and_a() -> None:
    for original in map(Heard.of, sample_utterances(1, each=1)):
        (candidate,) = dropped(original)
        assert candidate.transcript == "old hand likes warm evening"


@pytest.mark.parametrize("words", [(), ("",), ("!",)])
def test_no_words_at_all_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="'words'"):
        DropWords(words)
