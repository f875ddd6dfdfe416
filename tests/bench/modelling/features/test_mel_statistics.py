"""Statistics of log mel bands: what they hear of an utterance, and whom they know."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.batch import Batch
from bench.core.errors import ComponentError
from bench.modelling.features.mel_statistics import WIDTH, Voices, mel_statistics
from bench.testing import CPU, sample_utterances

SAID = sample_utterances(2, 2)
VOICES = Voices.of("here", SAID, CPU)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 60), st.integers(0, 99), st.floats(-3, 3))
def test_an_offset_moves_the_levels_and_nothing_else(count: int, seed: int, offset: float) -> None:
    frames = torch.randn(count, 64, generator=torch.Generator().manual_seed(seed))
    before, after = mel_statistics(frames), mel_statistics(frames + offset)
    assert before.shape == (WIDTH,)
    levels = slice(0, 64 * 7)  # the quantiles and the mean
    assert torch.allclose(after[levels], before[levels] + offset, atol=1e-4)
    assert torch.allclose(after[64 * 7 :], before[64 * 7 :], atol=1e-4)


def test_what_is_asked_is_what_was_learnt_whatever_is_beside_it() -> None:
    learnt = VOICES.learnt(SAID)
    assert torch.equal(VOICES.heard(Batch.of(SAID)), learnt)
    long = replace(SAID[0], waveform=SAID[0].waveform.repeat(5))
    assert torch.equal(VOICES.heard(Batch.of([long, SAID[1]]))[1], learnt[1])


def test_a_speakers_own_clean_speech_is_the_measure() -> None:
    """Twice as loud a voice, enrolled as such, is the same voice but for the floor under the logarithm."""
    louder = [replace(one, waveform=one.waveform * 0.5) for one in SAID]
    changed = Voices.of("here", louder, CPU).learnt(louder)
    assert torch.allclose(changed, VOICES.learnt(SAID), atol=0.05)
    assert not torch.allclose(VOICES.learnt(louder), VOICES.learnt(SAID), atol=0.05)


def test_what_is_shorter_than_a_window_has_statistics() -> None:
    short = replace(SAID[0], waveform=SAID[0].waveform[:100])
    assert bool(VOICES.heard(Batch.of([short])).isfinite().all())


def test_a_stranger_is_named() -> None:
    with pytest.raises(ComponentError, match=r"here: found no clean speech of speaker who"):
        Voices("here", CPU).heard(Batch.of([replace(SAID[0], speaker="who")]))


def test_a_stranger_is_heard_as_the_average_of_those_who_trained() -> None:
    stranger = Batch.of([replace(SAID[0], speaker="who")])
    everybody = VOICES.everybody
    assert everybody is not None
    assert torch.equal(everybody, torch.stack(list(VOICES.statistics.values())).mean(dim=0))
    known = Voices("here", CPU, {"who": everybody}).heard(stranger)
    assert torch.equal(Voices.of("here", SAID[:1], CPU, everybody).heard(stranger), known)
