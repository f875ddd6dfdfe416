"""DropLt: each of P1's rules where it fits and where it does not, and the samples that go."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from attacks.drop_letters import RULES, DropLetters
from bench import SAMPLE_RATE, Heard, Phone, UsageError, Word, keyed
from bench.testing import applied, sample_effect_tools, sample_utterances

TOOLS = sample_effect_tools()
STEP = 0.05


def spoken(text: str, pause_s: float = 0.0) -> Heard:
    """Words of sounds ("HH AE N D / M IY") of 50 ms each, with a pause between words; the samples differ."""
    words, at = [], 0.1
    for number, sounds in enumerate(text.split("/")):
        phones = []
        for label in sounds.split():
            phones.append(Phone(label, at, at + STEP))
            at += STEP
        words.append(Word(f"word{number}", phones[0].start_s, phones[-1].end_s, tuple(phones)))
        at += pause_s
    wave = torch.rand(round((at + 0.1) * SAMPLE_RATE), generator=torch.Generator().manual_seed(1)) - 0.5
    return Heard(wave, "a", transcript="as it was", words=tuple(words))


def cut(text: str, *rules: str, pause_s: float = 0.0) -> str | None:
    """Which sounds go."""
    asked = applied(DropLetters(rules or RULES), spoken(text, pause_s), TOOLS, keyed(0))
    return asked[0].perturbation.source if asked and asked[0].perturbation else None


@pytest.mark.parametrize(
    ("sounds", "gone"),
    [
        ("HH AE T", "HH"),  # /h/ + vowel
        ("hh ah0 t", "HH"),
        ("HH Y UW", None),
        ("AE HH", None),
        ("HH AE N D / M IY", "HH D"),  # vowel + /nd/ + consonant (next word)
        ("AE1 N D / M IY1", "D"),
        ("AE N D / AY", None),
        ("AE N D", None),
        ("AE N D Z / M IY", None),
        ("S N D / M IY", None),
        ("JH AH S T / N AW", "T"),  # consonant + /t/ + consonant (next word)
        ("JH AH S T / AW", None),
        ("B AH T / N AW", None),
        ("S T R AA", None),
        ("W AO R M", "R"),  # vowel + /r/ + consonant
        ("W AO R / M", None),
        ("W AO R IY", None),
        ("B R M", None),
        ("B ER D", None),
        ("G OW IH NG", "NG"),  # -ing
        ("G OW2 IH0 NG", "NG"),
        ("TH IH NG", None),
        ("S IH NG IH NG", "NG"),
        ("AE NG G R IY", None),
        ("L AO NG", None),
        ("SIL / AE N D / SIL / M IY", None),
    ],
)
def test_each_rule_where_it_fits(sounds: str, gone: str | None) -> None:
    assert cut(sounds) == gone


def test_a_long_pause_keeps_words_apart() -> None:
    assert cut("AE N D / M IY", pause_s=0.19) == "D"
    assert cut("AE N D / M IY", pause_s=0.25) is None


@pytest.mark.parametrize(("rule", "gone"), list(zip(RULES, ["HH", "D", "T", "R", "NG"], strict=True)))
def test_rules_can_be_chosen(rule: str, gone: str) -> None:
    everything = "HH AE N D / M AO R N IH NG / JH AH S T / N AW"
    assert cut(everything) == "HH D R NG T"
    assert cut(everything, rule) == gone


def test_exactly_the_samples_of_its_sounds_go_and_half_of_an_ng() -> None:
    original = spoken("HH AE N D / G OW IH NG")
    before = original.waveform.clone()
    (candidate,) = applied(DropLetters(), original, TOOLS, keyed(0))
    kept = torch.ones(len(before), dtype=torch.bool)
    for start_s, end_s in ((0.1, 0.15), (0.25, 0.3), (0.475, 0.5)):
        kept[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)] = False
    assert torch.equal(candidate.waveform, before[kept])
    assert torch.equal(original.waveform, before)
    assert candidate.transcript == "as it was"
    assert candidate.words is not None
    assert [[phone.label for phone in word.phones] for word in candidate.words] == [
        ["AE", "N"],
        ["G", "OW", "IH", "NG"],
    ]
    assert candidate.words[1].start_s == pytest.approx(0.2)
    assert candidate.words[1].phones[-1].end_s == pytest.approx(0.375)


def test_a_word_of_which_nothing_is_left_leaves_the_transcript() -> None:
    said = spoken("HH AE / M IY")
    assert said.words is not None
    ha, me = said.words
    swallowed = replace(ha, end_s=0.15, phones=(Phone("HH", 0.1, 0.15), Phone("AE", 0.15, 0.15)))
    original = replace(said, words=(swallowed, me), transcript="Ha, word1!")
    (candidate,) = applied(DropLetters(), original, TOOLS, keyed(0))
    assert candidate.transcript == "word1!"
    assert [word.text for word in candidate.words or ()] == ["word1"]


def test_it_does_not_apply_without_times_of_sounds() -> None:
    said = spoken("HH AE T")
    bare = tuple(replace(word, phones=()) for word in said.words or ())
    for original in (replace(said, words=None), replace(said, words=bare), replace(said, waveform=torch.empty(0))):
        assert not applied(DropLetters(), original, TOOLS, keyed(0))


def test_the_checks_samples_lose_four_sounds() -> None:
    for original in map(Heard.of, sample_utterances(1, each=1)):
        (candidate,) = applied(DropLetters(), original, TOOLS, keyed(0))
        assert candidate.perturbation is not None
        assert candidate.perturbation.source == "HH D R NG"


@pytest.mark.parametrize("rules", [(), ("th",), ("h", "x")])
def test_unknown_rules_are_named(rules: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="'rules'"):
        DropLetters(rules)
