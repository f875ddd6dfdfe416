"""The sounds beside the page: bit for bit, one difference, names that are safe."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.core.types import Utterance
from bench.studies.listening.examples import TriedAttack
from bench.studies.listening.sounds import file_stem, sounds_of
from bench.testing import sample_utterances


@given(st.text(max_size=200), st.text(max_size=200))
def test_file_names_are_safe(one: str, other: str) -> None:
    for text in (one, other):
        stem = file_stem(text, "utterance")
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._=-]{7,56}", stem)
        assert Path(f"{stem}.wav").name == f"{stem}.wav" == unquote(f"{stem}.wav")
    if one != other:
        assert file_stem(one, "utterance").casefold() != file_stem(other, "utterance").casefold()


def files_of(effect: TriedAttack, folder: Path) -> Mapping[str, torch.Tensor]:
    """The sounds of an effect's only example, by title, in steps of 16 bits."""
    (example,) = effect.examples
    found = {}
    for sound in sounds_of(example):
        samples, rate = soundfile.read(folder / sound.wav, dtype="int16")
        assert rate == 16_000
        assert soundfile.info(folder / sound.wav).subtype == "PCM_16"
        assert (folder / sound.png).read_bytes().startswith(b"\x89PNG")
        found[sound.title] = torch.from_numpy(samples).int()
    return found


def test_original_perturbed_and_difference(tmp_path: Path, written: Callable) -> None:
    original = replace(sample_utterances(1)[0], waveform=(sample_utterances(1)[0].waveform * 2**15).round() / 2**15)
    _, (noise, faster, masked) = written(
        tmp_path, [original], "environmental:snr_db=5", "speed_utterance", "mask_nouns"
    )
    sounds = files_of(noise, tmp_path)
    assert torch.equal(sounds["original"], (original.waveform * 2**15).int()), "bit for bit"
    candidate = noise.examples[0].candidate.waveform
    assert float((sounds["perturbed"] - candidate * 2**15).abs().max()) <= 0.51
    assert int((sounds["perturbed"] - sounds["original"] - sounds["difference"]).abs().max()) <= 1
    assert set(files_of(faster, tmp_path)) == {"original", "perturbed"}, "no difference of two lengths"
    assert set(files_of(masked, tmp_path)) == {"original"}, "the same sound is not written twice"
    assert len(list((tmp_path / "wav").iterdir())) == len(list((tmp_path / "spectrograms").iterdir())) == 4


def test_full_scale_does_not_wrap_around(tmp_path: Path, written: Callable) -> None:
    square = torch.ones(8_000).where(torch.arange(8_000) % 100 < 50, -1.0)
    _, (effect,) = written(tmp_path, [Utterance("loud", square, "a", emotion="anger")], "fade_in")
    assert set(files_of(effect, tmp_path)["original"].tolist()) == {-(2**15), 2**15 - 1}


@pytest.fixture
def sounds_by_title(heard: Callable) -> Callable[[torch.Tensor, torch.Tensor], dict[str, Any]]:
    """The sounds of an example that is made by hand: before, after."""
    (effect,) = heard(sample_utterances(1)[:1], "gain")

    def made(before: torch.Tensor, after: torch.Tensor) -> dict[str, Any]:
        original = replace(effect.examples[0].original, waveform=before)
        example = replace(effect.examples[0], original=original, candidate=replace(original, waveform=after))
        return {sound.title: sound for sound in sounds_of(example)}

    return made


def test_a_difference_that_does_not_fit_is_turned_down(sounds_by_title: Callable) -> None:
    found = sounds_by_title(torch.tensor([0.8, -0.5]), torch.tensor([-1.0, 0.4]))["difference"]
    assert found.waveform.tolist() == pytest.approx([-1.0, 0.5])
    assert found.note == "peak 5.1 dB of full scale, turned down by as much to fit into the file"


def test_a_difference_that_nobody_can_hear_is_said_to_be(sounds_by_title: Callable) -> None:
    found = sounds_by_title(torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5 + 1e-5]))["difference"]
    assert "the file is silent" in found.note
    assert found.waveform.tolist() == pytest.approx([0, 1e-5], abs=1e-7)


def test_lengths_share_one_scale(sounds_by_title: Callable) -> None:
    found = sounds_by_title(torch.ones(4), torch.zeros(5))
    assert {title: sound.share for title, sound in found.items()} == {"original": 0.8, "perturbed": 1.0}
