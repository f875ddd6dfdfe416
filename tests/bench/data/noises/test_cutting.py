"""Recordings become clips: nothing lost but pauses, nothing copied."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.types import SAMPLE_RATE, NoiseClip
from bench.data.noises.cutting import LEAD_S, LONG_S, PIECE_S, cut, from_its_start


def hum(samples: int) -> NoiseClip:
    return NoiseClip("town/hum", "exterior", torch.full((samples,), 0.5), "hum", "hum")


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 400 * SAMPLE_RATE), st.booleans())
def test_the_pieces_are_the_recording(samples: int, halves: bool) -> None:
    whole = hum(samples)
    pieces = list(cut(whole, halves=halves))
    assert sum(len(piece.waveform) for piece in pieces) == samples
    at = whole.waveform.data_ptr()
    for piece in pieces:
        assert piece.waveform.data_ptr() == at, "a view of what comes next"
        at += piece.waveform.nbytes
        assert (piece.category, piece.label) == ("exterior", "hum")
    assert len({piece.id for piece in pieces}) == len(pieces)
    if samples < LONG_S * SAMPLE_RATE:
        assert [piece.id for piece in pieces] == [whole.id]
        return
    assert {piece.source for piece in pieces} == ({"hum#1", "hum#2"} if halves else {"hum"})
    assert all(PIECE_S <= len(piece.waveform) / SAMPLE_RATE < 1.5 * PIECE_S for piece in pieces)


def test_silent_pieces_of_a_long_recording_are_left_out() -> None:
    whole = hum(LONG_S * SAMPLE_RATE)
    whole.waveform[: 30 * SAMPLE_RATE] = 0.0
    assert [piece.id for piece in cut(whole, halves=True)] == ["town/hum#1.2", "town/hum#2.1", "town/hum#2.2"]


def test_a_pause_before_the_sound_is_cut_off() -> None:
    sound = torch.zeros(2_000)
    sound[1_000:] = 0.5
    sound[200:300] = 0.0049
    assert len(from_its_start(sound)) == 1_000 + round(LEAD_S * SAMPLE_RATE)
    sound[200] = 0.006
    assert len(from_its_start(sound)) == 1_800 + round(LEAD_S * SAMPLE_RATE)
