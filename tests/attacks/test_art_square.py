"""`art_square`: what it is checked with, what it needs, and a wrong parameter."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from attacks.art_square import ArtSquare
from bench import Answer, Heard, Recipe, Samples, UsageError, keyed
from bench.contracts.granting import granted_to
from bench.testing import sample_tools, sample_utterances

BRIEF = "art_square:steps=1"
SPEECH = sample_utterances(1, each=1)[0].waveform
TOOLS = replace(sample_tools(), label="anger")


def share(recipe: Recipe) -> float:
    """What a made-up victim says for anger: less, the more there is below 2 kHz of what was added."""
    (part,) = recipe.parts
    assert isinstance(part, Samples)
    added = torch.fft.rfft(part.waveform - SPEECH).abs().square()
    return float(1 - added[: len(added) // 4].sum() / added.sum().clamp(min=1e-9))


def test_it_goes_where_the_label_is_less_likely() -> None:
    assert granted_to(ArtSquare()).answers == "probabilities"
    steps = ArtSquare().search(Heard(SPEECH), TOOLS, keyed(3))
    asked, said = [next(steps)], []
    for _ in range(60):
        said.append(share(asked[-1]))
        asked.append(steps.send(Answer(False, probabilities={"anger": (1 + said[-1]) / 2, "calm": (1 - said[-1]) / 2})))
    steps.close()
    assert min(said[30:]) < said[1] - 0.02


def test_it_asks_nothing_where_the_clean_speech_is_refused() -> None:
    assert list(ArtSquare().search(Heard(SPEECH), replace(TOOLS, label=None), keyed(1))) == []


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(UsageError, match="attack 'art_square', parameter 'norm'"):
        ArtSquare(norm="l1")  # type: ignore[arg-type]
