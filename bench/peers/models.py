"""Our victims in the hands of Foolbox and ART: a defended victim as their model, for whoever brings their attacks.

What such a library finds this way was judged by it, and not by the referee: no budget, no SNR, no record. An attack
that is to be compared is registered, and goes through the referee.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench.contracts.capabilities import Refusing
from bench.contracts.protocols import Victim
from bench.contracts.traits import traits_of
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.peers.libraries import art_classifiers, foolbox

Bounds = tuple[float, float]
AS_SOUND: Bounds = (-1.0, 1.0)


class _VictimModule(torch.nn.Module):
    """A fitted victim as a torch module, from samples to log-probabilities.

    Gradients pass where the victim and its defence let them. A victim that may refuse has one class more, the last:
    what it refuses is certain to be that, and a library that searches for any other class finds refusals too.
    """

    def __init__(self, victim: Victim, speaker: str = "", bounds: Bounds = AS_SOUND) -> None:
        super().__init__()
        self._victim, self._speaker, self._bounds = victim, speaker, bounds
        self._asked = 0

    def forward(self, samples: Tensor) -> Tensor:
        """Ask the victim.

        Args:
            samples: shape (b, t), within the bounds, of sounds of one length at 16 kHz.

        Returns:
            Log-probabilities, shape (b, c).
        """
        low, high = self._bounds
        sound = samples.float() if self._bounds == AS_SOUND else (samples.float() - low) * (2 / (high - low)) - 1
        told = tuple(Utterance("", one.detach(), speaker=self._speaker) for one in sound)
        lengths = torch.full((len(sound),), sound.shape[-1], device=sound.device)
        keys = tuple(f"{self._asked + number}" for number in range(len(sound)))
        self._asked += len(sound)
        return self._answered(Batch(told, sound, lengths, keys if traits_of(self._victim).randomised else ()))

    def _answered(self, batch: Batch) -> Tensor:
        if not isinstance(self._victim, Refusing):
            return self._victim.log_probs(batch)
        answers, refused = self._victim.answer_or_refuse(batch)
        never = torch.finfo(answers.dtype).min / 2
        sure = torch.where(refused[:, None], never, answers)
        return torch.cat([sure, torch.where(refused, 0.0, never)[:, None].to(answers)], dim=1)


def as_foolbox(victim: Victim, speaker: str = "", bounds: Bounds = AS_SOUND, device: str = "cpu") -> Any:
    """Give Foolbox a fitted victim as a `PyTorchModel`: inputs of shape (b, t), sounds of one length at 16 kHz.

    Args:
        victim: fitted; defended or not. If it may refuse, it has one class more, the last.
        speaker: who speaks, where it is enrolled with speakers.
        bounds: which samples stand for -1 and 1: (0, 1) for Foolbox's HopSkipJump, which clips to that.
        device: where the victim lies.
    """
    module = _VictimModule(victim, speaker, bounds).eval()
    return foolbox().PyTorchModel(module, bounds=bounds, device=device)


def as_art(
    victim: Victim, classes: int, samples: int, speaker: str = "", bounds: Bounds = AS_SOUND, device: str = "cpu"
) -> Any:
    """Give ART a fitted victim as a `PyTorchClassifier`: inputs of shape (b, samples) at 16 kHz.

    Args:
        victim: fitted; defended or not. If it may refuse, it has one class more, the last.
        classes: how many the victim has.
        samples: length of the sounds.
        speaker: who speaks, where it is enrolled with speakers.
        bounds: which samples stand for -1 and 1.
        device: where the victim lies: "cpu" or "gpu", as ART says.
    """
    more = int(isinstance(victim, Refusing))
    return art_classifiers().PyTorchClassifier(
        _VictimModule(victim, speaker, bounds).eval(),
        loss=torch.nn.NLLLoss(),
        input_shape=(samples,),
        nb_classes=classes + more,
        clip_values=bounds,
        device_type=device,
    )
