"""Speech: the same request gives the same samples, and its words and sounds stand where they are heard."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacks.drop_letters import VOWELS
from bench.core.errors import UsageError
from bench.data.speech import espeak as speech
from bench.data.speech.arpabet import sounds, timed_words, tokens
from bench.data.speech.espeak import Spoken, Voice, speak_all

TEXT = "And so, I was at the end of the lane with a letter of an uncle."
REQUESTS = [
    (TEXT, Voice("f2")),
    ("It was such a wonderful day!", Voice("m3", pitch=60, range=80)),
    ("Nobody knows.", Voice("whisper")),
    ("Put the kettle on, please.", Voice("f5", rate_wpm=140, word_gap=3, scale=1.05)),
    (TEXT, Voice("f2")),
    ("They talked about the hills and the harbour.", Voice()),
]


def digest(spoken: Spoken) -> str:
    return hashlib.sha256(spoken.samples.tobytes() + repr(spoken.words).encode()).hexdigest()


@pytest.fixture(scope="module")
def said() -> list[Spoken]:
    return speak_all(REQUESTS, workers=1)


def test_order_workers_and_threads_change_nothing(said: list[Spoken]) -> None:
    torch.ones(256, 256) @ torch.ones(256, 256)
    backwards = speak_all(REQUESTS[::-1], workers=2)[::-1]
    assert [digest(one) for one in backwards] == [digest(one) for one in said]
    assert digest(said[0]) == digest(said[4])


def test_without_fork_the_same(said: list[Spoken], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert [digest(one) for one in speak_all(REQUESTS[:2], workers=2)] == [digest(one) for one in said[:2]]


def test_words_are_those_of_the_text_and_in_order(said: list[Spoken]) -> None:
    for (text, _), spoken in zip(REQUESTS, said, strict=True):
        assert [word.text for word in spoken.words] == [word for _, _, word in tokens(text)]
        edges = [edge for word in spoken.words for edge in (word.start_s, word.end_s)]
        assert edges == sorted(edges)
        assert edges[0] >= 0
        assert edges[-1] <= len(spoken.samples) / 16_000
        assert all(word.start_s < word.end_s for word in spoken.words)


def test_sounds_fill_their_word(said: list[Spoken]) -> None:
    for spoken in said:
        for word in spoken.words:
            assert (word.phones[0].start_s, word.phones[-1].end_s) == (word.start_s, word.end_s)
            assert all(one.end_s <= next_.start_s for one, next_ in zip(word.phones, word.phones[1:], strict=False))


def test_words_that_are_said_as_one_share_their_sounds() -> None:
    """eSpeak NG reports "of the" as one word."""
    (joined,) = speak_all([("The end of the lane.", Voice())])
    assert [(word.text, [phone.label for phone in word.phones]) for word in joined.words[2:]] == [
        ("of", ["AH", "V"]),
        ("the", ["DH", "AX"]),
        ("lane", ["L", "EY", "N"]),
    ]


def test_times_are_where_the_sound_is(said: list[Spoken]) -> None:
    """The comma's pause is silent, and the vowels are loud."""
    spoken = said[0]
    energy = spoken.samples**2
    so, after = spoken.words[1], spoken.words[2]
    pause = energy[int((so.end_s + 0.03) * 16_000) : int((after.start_s - 0.01) * 16_000)]
    vowels = [phone for word in spoken.words for phone in word.phones if phone.label in VOWELS]
    loud = np.concatenate([energy[int(phone.start_s * 16_000) : int(phone.end_s * 16_000)] for phone in vowels])
    assert pause.mean() < 1e-2 * loud.mean()


def test_rate_scale_and_level(said: list[Spoken]) -> None:
    text = REQUESTS[5][0]
    fast, small = speak_all([(text, Voice(rate_wpm=230)), (text, Voice(scale=1.2))])
    plain = said[5]
    assert len(fast.samples) < 0.85 * len(plain.samples)
    assert len(small.samples) == pytest.approx(len(plain.samples) / 1.2, abs=30)
    assert small.words[-1].end_s == pytest.approx(plain.words[-1].end_s / 1.2, rel=2e-3)
    assert all(0.1 < abs(one.samples).max() <= 1.0 and one.samples.dtype == np.float64 for one in said)


def test_each_is_reported_once() -> None:
    done: list[int] = []
    assert len(speak_all(REQUESTS[:3], workers=2, on_done=done.append)) == 3
    assert done == [1, 1, 1]
    assert speak_all([]) == []


@pytest.mark.parametrize("voice", [Voice("nobody"), Voice(language="xx-none"), Voice("../../en_dict")])
def test_an_unknown_voice_is_an_error(voice: Voice) -> None:
    with pytest.raises(UsageError, match="voice"):
        speak_all([("Hello there.", voice)])


@pytest.mark.parametrize("setting", [{"pitch": 101}, {"range": -1}, {"rate_wpm": 20}, {"scale": 2.0}, {"volume": 999}])
def test_a_setting_out_of_range_is_an_error(setting: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=f"Voice.{next(iter(setting))}"):
        Voice(**setting)  # type: ignore[arg-type]


def test_no_loader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(UsageError, match="pip install espeakng-loader"):
        speak_all(REQUESTS[:1])


def test_a_library_that_cannot_be_loaded_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = speech._library()[1]
    (tmp_path / "library.so").write_bytes(b"not a library")
    monkeypatch.setattr(speech, "_library", lambda: (tmp_path / "library.so", data))
    with pytest.raises(UsageError, match=r"library\.so"):
        speak_all(REQUESTS[:2], workers=2)


@pytest.mark.parametrize(
    ("phoneme", "labels"),
    [("'oU", ("OW",)), (",I2", ("IH",)), ("O@", ("AO", "R")), ("t#", ("DX",)), ("r-", ("R",)), ("_:", ()), (";", ())],
)
def test_phonemes_in_arpabet(phoneme: str, labels: tuple[str, ...]) -> None:
    assert sounds(phoneme) == labels


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from(["the", "a", "of", "cat", "so,", "don't", "uncle"]), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from([1, 7]), st.integers(1, 40), st.integers(0, 2_000)), max_size=30),
)
def test_any_events_give_the_words_in_order(words: list[str], raw: list[tuple[int, int, int]]) -> None:
    """Whatever the synthesiser reports, the words are the text's, none is before the one it follows."""
    text, time = " ".join(words), 0
    events = []
    for kind, position, advance in raw:
        time += advance
        events.append((kind, position, time, "" if kind == 1 else "a"))
    timed = timed_words(text, events, 1 / 22_050, time / 22_050)
    assert [word.text for word in timed] == [word for _, _, word in tokens(text)]
    edges = [edge for word in timed if word.phones for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
