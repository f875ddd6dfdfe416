"""P3's hidden words, missing words and missing sound."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.mask_adjectives import MaskAdjectives
from attacks.mask_nouns import MaskNouns
from attacks.no_audio import NoAudio
from attacks.no_text import NoText
from bench import MASK, Heard, SpeechEffect, Word, keyed
from bench.perturbations.word_masking import words_of
from bench.testing import applied, sample_effect_tools, sample_utterances

SENTENCE = "Well, that's a beautiful day -- isn't it? [LAUGHTER] The old dog's happy!"
TOKENS = [
    "old",
    "happy",
    "beautiful",
    "day",
    "dog's",
    "table,",
    "the",
    "runs",
    "don't",
    "--",
    "[BREATHING]",
    "I'm.",
    "…",
]

TOOLS = sample_effect_tools()


def said(transcript: str | None, words: tuple[Word, ...] | None = None) -> Heard:
    return Heard(torch.full((1600,), 0.1), "a", transcript=transcript, words=words)


def asked(effect: SpeechEffect, original: Heard, *key: object) -> list[Heard]:
    return applied(effect, original, TOOLS, keyed(0, *key))


def text_of(effect: SpeechEffect, transcript: str, *key: object) -> str | None:
    return asked(effect, said(transcript), *key)[0].transcript


def test_every_adjective_is_hidden_and_nothing_else() -> None:
    expected = "Well, that's a [MASK] day -- isn't it? [LAUGHTER] The [MASK] dog's [MASK]!"
    assert text_of(MaskAdjectives(), SENTENCE) == expected


def test_every_noun_is_hidden_and_its_ending_stays() -> None:
    expected = "Well, that's a beautiful [MASK] -- isn't it? [LAUGHTER] The old [MASK]'s happy!"
    assert text_of(MaskNouns(), SENTENCE) == expected


def test_the_source_says_who_tagged_and_how_many() -> None:
    told = [asked(effect, said(SENTENCE))[0].perturbation for effect in (MaskNouns(), MaskAdjectives(control=True))]
    assert [done.source for done in told if done] == ["textblob: 2 of 11 words", "textblob: 3 of 11 words, at random"]


@pytest.mark.parametrize("part", [MaskAdjectives, MaskNouns])
@settings(deadline=None)
@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=12), space=st.sampled_from([" ", "  ", "\n"]))
def test_words_are_hidden_one_for_one(part: type, tokens: list[str], space: str) -> None:
    original = said(space.join(tokens))
    masked = asked(part(), original)
    control = asked(part(control=True), original)
    assert len(masked) == len(control)
    for hidden in (*masked, *control):
        assert hidden.transcript is not None
        assert original.transcript is not None
        assert len(hidden.transcript.split()) == len(original.transcript.split())
        assert hidden.transcript.count(MASK) == masked[0].transcript.count(MASK) > 0  # type: ignore[union-attr]
        assert len(words_of(hidden.transcript)) == len(words_of(original.transcript)) - hidden.transcript.count(MASK)
        assert hidden.waveform is original.waveform


def test_a_control_draws_from_all_words_and_by_its_key() -> None:
    hidden = {text_of(MaskAdjectives(control=True), "a warm old day passes", key) for key in range(200)}
    assert len(hidden) == 10, "each pair of five words"
    assert text_of(MaskAdjectives(control=True), SENTENCE, 1) == text_of(MaskAdjectives(control=True), SENTENCE, 1)


@pytest.mark.parametrize("effect", [MaskAdjectives(), MaskNouns(control=True), NoText()])
@pytest.mark.parametrize("transcript", [None, ""])
def test_no_transcript_no_candidate(effect: SpeechEffect, transcript: str | None) -> None:
    assert not asked(effect, said(transcript))


def test_no_adjective_no_candidate() -> None:
    assert not asked(MaskAdjectives(), said("he runs [LAUGHTER] -- and runs."))
    assert not asked(MaskAdjectives(control=True), said("he runs"))


def test_words_with_times_are_hidden_too() -> None:
    original = Heard.of(sample_utterances(1)[0])
    hidden = asked(MaskAdjectives(), original)[0]
    assert hidden.transcript == "the [MASK] hand likes a [MASK] evening"
    assert hidden.words is not None
    assert original.words is not None
    assert [word.text for word in hidden.words] == hidden.transcript.split()
    assert [word.start_s for word in hidden.words] == [word.start_s for word in original.words]
    assert not hidden.words[1].phones, "its sounds would tell the word"
    assert hidden.words[2] == original.words[2]


def test_words_with_times_that_are_not_the_transcript_s_are_left_out() -> None:
    assert asked(MaskAdjectives(), said("an old dog", (Word("dog", 0.0, 0.1),)))[0].words is None


def test_without_text_the_sound_stays() -> None:
    original = Heard.of(sample_utterances(1)[0])
    candidate = asked(NoText(), original)[0]
    assert (candidate.transcript, candidate.words) == ("", ())
    assert candidate.waveform is original.waveform


def test_without_sound_the_words_stay_and_their_times_go() -> None:
    original = Heard.of(sample_utterances(1)[0])
    candidate = asked(NoAudio(0.5), original)[0]
    assert candidate.waveform.shape == (8000,)
    assert not candidate.waveform.any()
    assert candidate.transcript == original.transcript
    assert candidate.words is None


def test_silence_has_no_audio_to_lose() -> None:
    assert not asked(NoAudio(), Heard(torch.zeros(100), "a", transcript="hush"))
    assert not asked(NoAudio(), Heard(torch.zeros(0), "a", transcript="hush"))
