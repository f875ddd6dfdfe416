"""Where a search that goes from afar to the boundary begins: sound that fools the victim, whatever its SNR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np

from bench.contracts.attacks import AttackTools
from bench.contracts.threat_models import ThreatModel
from bench.contracts.traits import Traits
from bench.core.checks import chosen
from bench.core.heard import Heard
from bench.core.types import Rng
from bench.peers.questions import Array, Questions

Start = Literal["noise", "clip", "speech", "uniform"]
"""What it is: white noise over the speech, or a sound of the bank, louder each time; what somebody else says; noise
over the whole range of samples, as Foolbox and ART draw it."""

_TRIES = 50
_STEP_DB = 5.0
_LOUDEST_DB = -20.0


def traits_from(start: Start) -> Traits:
    """Declare what an attack with samples of its own needs, and what it draws its start from."""
    categories = None if start == "clip" else Traits().categories
    return Traits(threat_model=ThreatModel(allowed="additive"), anytime=True, categories=categories)


def check_start(component: str, start: str) -> None:
    """Refuse a start that is none.

    Args:
        component: whose parameter it is: "attack 'foolbox_boundary'".
        start: its value.

    Raises:
        UsageError: it is none of `Start`.
    """
    chosen(component, "start", [start], get_args(Start))


def starting_point(
    start: Start, questions: Questions, original: Heard, tools: AttackTools, rng: Rng, image: tuple[int, ...] = ()
) -> Array | None:
    """Ask about one starting point after the other until one fools the victim.

    Args:
        start: what they are.
        questions: asks.
        original: the speech.
        tools: the bank, other speech, and the threshold: what is laid over speech begins just above it.
        rng: draws them.
        image: sizes of the axes before the samples', as the library wants them.

    Returns:
        Shape (1, \\*image, t), from 0 to 1; None where none of fifty does.
    """
    speech = original.waveform.detach().cpu().numpy()
    for number, sound in enumerate(_sounds(start, speech, tools, rng)):
        if number == _TRIES:
            break
        candidate = (np.clip(sound, -1, 1).astype(np.float32) + np.float32(1)) / np.float32(2)
        if questions.answer(candidate).fooled:
            return candidate.reshape(1, *image, -1)
    return None


def _sounds(start: Start, speech: Array, tools: AttackTools, rng: Rng) -> Iterator[Array]:
    level = tools.min_snr_db + 0.1
    clips = tools.noises.under_speech
    while True:
        if start == "uniform":
            yield rng.uniform(-1, 1, len(speech))
        elif start == "speech":
            if not len(tools.speech):
                return
            other = tools.speech[int(rng.integers(len(tools.speech)))].waveform
            yield np.resize(other.cpu().numpy(), len(speech))
        else:
            if start == "clip":
                sound = clips[int(rng.integers(len(clips)))].waveform.cpu().numpy()
                noise = np.resize(np.roll(sound, -int(rng.integers(len(sound)))), len(speech))
            else:
                noise = rng.standard_normal(len(speech))
            energy = float(np.square(noise, dtype=np.float64).sum())
            gain = np.sqrt(np.square(speech, dtype=np.float64).sum() / max(energy, 1e-12) / 10 ** (level / 10))
            yield speech + gain * noise
            level = max(level - _STEP_DB, _LOUDEST_DB)
