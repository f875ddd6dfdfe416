"""Foolbox's additive noises: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.foolbox_noise import FoolboxNoises
from bench import Answer, Heard, Samples, UsageError, keyed
from bench.testing import sample_tools, sample_utterances

BRIEF = "foolbox_noise:steps=2"


@pytest.mark.parametrize(("name", "value"), [("noise", "pink"), ("above_db", 0)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'foolbox_noise', parameter '{name}'"):
        FoolboxNoises(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "noise", ["uniform", "clipped_gaussian", "clipped_uniform", "peak_uniform", "salt_and_pepper", "blended"]
)
def test_each_noise_is_drawn_anew(noise: str) -> None:
    speech = sample_utterances(1, each=1)[0]
    steps = FoolboxNoises(noise, steps=40).search(Heard.of(speech), sample_tools(), keyed(1))  # type: ignore[arg-type]
    found = [next(steps), steps.send(Answer(fooled=noise == "blended"))]  # which begins with noise that does
    first, last = (part.waveform for one in found for part in one.parts if isinstance(part, Samples))
    assert first.shape == last.shape == speech.waveform.shape
    assert not first.equal(last)
    steps.close()
