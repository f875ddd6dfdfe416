"""One-second blocks: what is kept, and what a block knows of its words."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.core.types import Phone, Utterance, Word
from bench.data.segments import WHOLE, segments_of

RATE = 16_000


@given(st.integers(1, 80_000))
def test_blocks_are_the_utterance_from_its_start(samples: int) -> None:
    waveform = torch.linspace(0.1, 0.9, samples)
    blocks = segments_of([Utterance("u", waveform, "s", emotion="anger")])
    assert len(blocks) == max(1, samples // RATE)
    joined = torch.cat([block.waveform for block in blocks])
    assert torch.equal(joined, waveform[: len(joined)])
    assert all(block.emotion == "anger" and block.metadata[WHOLE] == "u" for block in blocks)
    assert [block.id for block in blocks] == [f"u#{number}" for number in range(len(blocks))]


def test_a_block_has_the_words_within_it_by_its_own_clock() -> None:
    words = (
        Word("so", 0.25, 0.5, (Phone("S", 0.25, 0.5),)),
        Word("across", 0.75, 1.25),
        Word("it", 1.5, 1.75, (Phone("IH", 1.5, 1.625), Phone("T", 1.625, 1.75))),
    )
    first, second = segments_of(
        [Utterance("u", torch.full((2 * RATE,), 0.1), "s", words=words, transcript="so across it")]
    )
    assert (first.transcript, first.words) == ("so", words[:1])
    assert second.words == (Word("it", 0.5, 0.75, (Phone("IH", 0.5, 0.625), Phone("T", 0.625, 0.75))),)
    untimed = segments_of([Utterance("u", torch.full((2 * RATE,), 0.1), "s", transcript="so it is")])
    assert [block.transcript for block in untimed] == [None, None]


def test_nothing_to_hear_is_no_block() -> None:
    waveform = torch.cat([torch.full((RATE,), 0.1), torch.zeros(RATE), torch.full((RATE,), 0.1)])
    assert [block.id for block in segments_of([Utterance("u", waveform, "s")])] == ["u#0", "u#2"]
    assert len(segments_of([Utterance("text", torch.zeros(0), "s", transcript="so")])) == 1
