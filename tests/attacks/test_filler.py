"""Fillers: of the same speaker where there is one, else at the same pitch; in the middle, and nothing else changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
import torch

from attacks.filler import Filler
from bench import SAMPLE_RATE, Heard, UsageError, Word, keyed
from bench.audio.signal.levels import rms
from bench.audio.signal.voice import median_f0
from bench.perturbations.edits import without
from bench.testing import applied, sample_effect_tools

TOOLS = sample_effect_tools()
LENGTHS: tuple[Literal["short", "long"], ...] = ("short", "long")


def voiced(hz: float, *words: Word, speaker: str = "a", level: float = 0.1) -> Heard:
    """A second of a tone with a soft place at 0.45 s."""
    time = torch.arange(SAMPLE_RATE, dtype=torch.float64) / SAMPLE_RATE
    wave = sum(torch.sin(2 * torch.pi * hz * n * time) / n for n in range(1, 8))
    soft = 1 - 0.99 * torch.exp(-((time - 0.45) / 0.02).square())
    return Heard((level * wave * soft).float(), speaker, transcript="as it was", words=words or None)


def asked(effect: Filler, original: Heard, *others: Heard, key: int = 0) -> list[Heard]:
    tools = replace(TOOLS, others=[other for other in others if other.speaker == original.speaker])
    return applied(effect, original, tools, keyed(key))


def put_in(original: Heard, candidate: Heard) -> tuple[int, torch.Tensor]:
    """Where the piece begins, and the piece; fails where anything else has changed."""
    longer = len(candidate.waveform) - len(original.waveform)
    for at in range(len(original.waveform) // 4, 3 * len(original.waveform) // 4):
        same_before = candidate.waveform[at] == original.waveform[at]
        if not same_before or at == 3 * len(original.waveform) // 4 - 1:
            for start in range(at, at - 400, -1):  # a piece may begin as what it displaced went on
                if torch.equal(without(candidate, [(start, start + longer)]).waveform, original.waveform):
                    return start, candidate.waveform[start : start + longer]
            break
    raise AssertionError("more than an insertion")


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("hz", [110.0, 230.0])
def test_a_synthesised_filler_has_the_speakers_pitch_and_level(length: Any, hz: float) -> None:
    original = voiced(hz)
    (candidate,) = asked(Filler(length), original)
    start, piece = put_in(original, candidate)
    assert start == pytest.approx(0.45 * SAMPLE_RATE, abs=0.02 * SAMPLE_RATE)  # the soft place
    if length == "long":
        pause = SAMPLE_RATE // 2
        assert not piece[:pause].any()
        assert not piece[-pause:].any()
        piece = piece[pause:-pause]
    assert 0.25 <= len(piece) / SAMPLE_RATE <= 0.45
    assert median_f0(piece) == pytest.approx(hz, rel=0.02)
    assert float(rms(piece) / rms(original.waveform)) == pytest.approx(1, abs=1e-3)
    assert candidate.transcript == "as it was"


def test_both_kinds_are_synthesised_and_the_record_says_so() -> None:
    sources = [asked(Filler(), voiced(150), key=key)[0].perturbation for key in range(8)]
    found = {one.source for one in sources if one}
    assert found == {"short uh synthesised at 150 Hz", "short um synthesised at 150 Hz"}


def test_a_filler_that_the_speaker_says_elsewhere_is_taken() -> None:
    original = voiced(150, level=0.1)
    other = voiced(90, Word("I", 0.0, 0.2), Word("Uhm", 0.5, 0.9), level=0.02)
    stranger = voiced(300, Word("uh", 0.0, 0.9), speaker="b")
    for key in range(4):
        (candidate,) = asked(Filler(), original, other, stranger, key=key)
        assert candidate.perturbation is not None
        assert candidate.perturbation.source == "short uhm of the speaker's own, 0.50 s into another utterance"
        _, piece = put_in(original, candidate)
        inner = piece[200:-200] / piece[200:-200].abs().max()
        said = other.waveform[round(0.5 * SAMPLE_RATE) : round(0.9 * SAMPLE_RATE)][200:-200]
        torch.testing.assert_close(inner, said / said.abs().max(), atol=1e-5, rtol=0)
        assert float(rms(piece) / rms(original.waveform)) == pytest.approx(1, abs=1e-3)


def test_the_speakers_own_word_in_the_attacked_utterance_is_not_taken_again() -> None:
    (candidate,) = asked(Filler(), voiced(150, Word("uh", 0.1, 0.4)))
    assert candidate.perturbation is not None
    assert "synthesised" in candidate.perturbation.source


def test_it_stands_at_the_border_of_words_nearest_to_the_middle() -> None:
    words = (Word("one", 0.05, 0.2), Word("two", 0.25, 0.58), Word("three", 0.6, 0.8), Word("four", 0.8, 0.9))
    original = voiced(150, *words)
    (candidate,) = asked(Filler(), original)
    start, piece = put_in(original, candidate)
    assert start == pytest.approx(0.59 * SAMPLE_RATE, abs=0.005 * SAMPLE_RATE + 1)
    assert candidate.words is not None
    shift = len(piece) / SAMPLE_RATE
    assert [word.start_s for word in candidate.words] == pytest.approx([0.05, 0.25, 0.6 + shift, 0.8 + shift])


@pytest.mark.parametrize("length", LENGTHS)
def test_there_is_no_click_where_it_is_put_in(length: Any) -> None:
    original = voiced(150)
    (candidate,) = asked(Filler(length), original)
    start, _ = put_in(original, candidate)
    steepest = float(original.waveform.diff().abs().max())
    assert float(candidate.waveform[start - 2 : start + 3].diff().abs().max()) < steepest


def test_it_does_not_apply_without_a_voice_or_a_filler() -> None:
    hiss = Heard(torch.rand(8_000, generator=torch.Generator().manual_seed(1)) - 0.5, "a")
    assert not asked(Filler(), hiss)
    assert len(asked(Filler(), hiss, voiced(90, Word("um", 0.1, 0.5)))) == 1


@pytest.mark.parametrize("wrong", [{"length": "longer"}, {"pause_s": 0.0}, {"pause_s": 6.0}])
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Filler(**wrong)
