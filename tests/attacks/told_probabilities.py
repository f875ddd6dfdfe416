"""What attacks that are told probabilities are tried with: a made-up victim that hears low frequencies."""

from __future__ import annotations

from dataclasses import replace

import torch

from bench import Answer, Heard, Recipe, Samples, keyed
from bench.contracts.attacks import Attack
from bench.contracts.granting import granted_to
from bench.testing import sample_tools, sample_utterances

SPEECH = sample_utterances(1, each=1)[0].waveform
TOOLS = replace(sample_tools(), label="anger")


def share(recipe: Recipe) -> float:
    """What a made-up victim says for anger: less, the more there is below 2 kHz of what was added."""
    (part,) = recipe.parts
    assert isinstance(part, Samples)
    added = torch.fft.rfft(part.waveform - SPEECH).abs().square()
    return float(1 - added[: len(added) // 4].sum() / added.sum().clamp(min=1e-9))


def check_it_goes_where_the_label_is_less_likely(attack: Attack) -> None:
    """It is told probabilities, and goes by them."""
    assert granted_to(attack).answers == "probabilities"
    steps = attack.search(Heard(SPEECH), TOOLS, keyed(3))
    asked, said = [next(steps)], []
    for _ in range(60):
        said.append(share(asked[-1]))
        asked.append(steps.send(Answer(False, probabilities={"anger": (1 + said[-1]) / 2, "calm": (1 - said[-1]) / 2})))
    steps.close()
    assert min(said[30:]) < said[1] - 0.02


def check_it_asks_nothing_where_the_clean_speech_is_refused(attack: Attack) -> None:
    """Without a label there is no probability to lessen."""
    assert list(attack.search(Heard(SPEECH), replace(TOOLS, label=None), keyed(1))) == []
