"""Standardisation of features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench import Batch, ComponentError, DataError
from bench.modelling.features.frontend import FrontEnd, Scope, statistics_of
from bench.testing import sample_utterances

WHERE = "victim 'tested'"


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 99))
def test_statistics_are_those_of_all_frames(lengths: list[int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = [1e3 + 5 * torch.randn(length, 3, generator=generator) for length in lengths]
    mean, deviation = statistics_of(features)
    frames = torch.cat(features).double()
    assert torch.allclose(mean.double(), frames.mean(dim=0), rtol=1e-6)
    expected = frames.std(dim=0, correction=0) if len(frames) > 1 else torch.ones(3, dtype=torch.float64)
    assert torch.allclose(deviation.double(), expected, rtol=1e-5)


class TestWithSpeech:
    """With real features."""

    @pytest.fixture(autouse=True)
    def _needs_opensmile(self) -> None:
        pytest.importorskip("opensmile")

    @pytest.mark.parametrize("scope", ["training", "speaker"])
    def test_training_data_come_out_standard(self, scope: Scope) -> None:
        train = sample_utterances(2, 2)
        front = FrontEnd(WHERE, "functionals", scope).fitted(train)
        for speaker in ("sample-0", "sample-1"):
            own = [u for u in train if u.speaker == speaker]
            features = torch.cat(front.clean(own))
            is_centred = bool((features.mean(dim=0).abs() < 1e-3).all())
            assert is_centred == (scope == "speaker")
        assert float(torch.cat(front.clean(train)).mean(dim=0).abs().max()) < 1e-3

    def test_a_speakers_statistics_do_not_follow_the_attack(self) -> None:
        clean = sample_utterances(1, 2)
        front = FrontEnd(WHERE, "lld", "speaker").enrolled(clean)
        before = front.statistics["sample-0"].clone()
        soft = replace(clean[0], waveform=clean[0].waveform * 0.1)
        loud, softer = (front.heard(Batch.of([utterance]))[0] for utterance in (clean[0], soft))
        assert torch.equal(front.statistics["sample-0"], before)
        assert not torch.equal(loud, softer)
        assert torch.equal(loud, front.clean(clean)[0])

    def test_a_speaker_nobody_enrolled_is_named(self) -> None:
        front = FrontEnd(WHERE, "lld", "speaker").enrolled(sample_utterances(1, 1, "other"))
        with pytest.raises(ComponentError, match="'tested': found a speaker who is not enrolled"):
            front.heard(Batch.of(sample_utterances(1, 1)))

    def test_a_speaker_nobody_enrolled_has_the_average_of_the_training_speakers(self) -> None:
        train, stranger = sample_utterances(2, 1, "train"), sample_utterances(1, 1)
        front = FrontEnd(WHERE, "lld", "speaker").fitted(train)
        voices = [FrontEnd(WHERE, "lld", "speaker").enrolled(train).statistics[f"train-{n}"] for n in range(2)]
        assert torch.allclose(front.statistics[""], torch.stack(voices).mean(dim=0))
        kept = FrontEnd(WHERE, "lld", "speaker").loaded(front.tensors(), Path())
        found = kept.enrolled(sample_utterances(1, 1, "other")).heard(Batch.of(stranger))
        assert torch.equal(found[0], front.heard(Batch.of(stranger))[0])

    def test_frames_are_averaged_and_the_last_are_fewer(self) -> None:
        (said,) = sample_utterances(1, 1)[:1]
        single, averaged = (FrontEnd(WHERE, "lld", "training", n).fitted([said]) for n in (1, 4))
        (frames,), (fewer,) = (
            [found * front.statistics[""][1] + front.statistics[""][0] for found in front.clean([said])]
            for front in (single, averaged)
        )
        assert len(frames) % 4
        assert len(fewer) == -(-len(frames) // 4)
        assert torch.allclose(fewer[-1], frames[4 * (len(fewer) - 1) :].mean(dim=0), atol=1e-2)


@pytest.mark.parametrize("tensors", [{}, {"statistics": torch.zeros(2, 25)}])
def test_statistics_of_another_shape_are_named(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"statistics of shape \(2, 88\)"):
        FrontEnd(WHERE, "functionals", "training").loaded(dict(tensors), tmp_path)
