"""What an attack of another library sees of a victim: a model that is called, each call a query.

Such libraries work on images: samples from 0 to 1, whole batches, answers at once. Here sound from -1 to 1 is mapped to
that, each sample of a batch is a query of its own, in order, and what was answered once is not asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from bench.contracts.attacks import Answer, Steps
from bench.contracts.recipes import Recipe, Samples
from bench.core.heard import Heard
from bench.core.types import Rng
from bench.peers.turns import Closed, in_turns

Array = np.ndarray[Any, Any]


@dataclass
class Questions:
    """One utterance, and how it is asked about.

    Args:
        speech: its samples from 0 to 1, shape (1, t), float32.
        ask: gives the answer to a recipe.
        knows_clean: whether the speech itself is known not to fool, without being asked about.
        label: what the victim says of the clean speech, where that is told; else "".
        classes: names of the classes, once an answer has told them.
        told: by the digest of its samples, what was answered of each candidate.
    """

    speech: Array
    ask: Callable[[Recipe], Answer] = field(repr=False)
    knows_clean: bool = True
    label: str = ""
    classes: tuple[str, ...] = ()
    told: dict[bytes, Answer] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.knows_clean:
            self.told[_digest(self.speech[0])] = Answer(fooled=False)

    @property
    def own_label(self) -> int:
        """Return the place of the clean speech's label among the classes, once these are known."""
        return self.classes.index(self.label)

    def fooled(self, samples: Array) -> Array:
        """Tell of each candidate whether it fools the victim, asking once about each that is new.

        Args:
            samples: shape (n, t), from 0 to 1.

        Returns:
            Shape (n,), bool.
        """
        return np.array([self.answer(one).fooled for one in samples], dtype=bool)

    def votes(self, samples: Array) -> Array:
        """Give an answer of one bit as two classes: the first is the clean speech's label, the second any other.

        Args:
            samples: shape (n, t), from 0 to 1.

        Returns:
            Shape (n, 2), float32, a 1 in each row.
        """
        rows: Array = np.eye(2, dtype=np.float32)[self.fooled(samples).astype(int)]
        return rows

    def answer(self, sample: Array) -> Answer:
        """Ask about one candidate, or say again what was answered.

        Args:
            sample: shape (t,), from 0 to 1.

        Raises:
            Closed: the search has ended, or the candidate is no sound: the other library has lost its way.
        """
        candidate = np.ascontiguousarray(sample, dtype=np.float32)
        if not np.isfinite(candidate).all():
            raise Closed
        key = _digest(candidate)
        if key not in self.told:
            sound = torch.from_numpy(np.clip(candidate * np.float32(2) - np.float32(1), -1, 1))
            self.told[key] = self.ask(Recipe(Samples(sound)))
        return self.told[key]

    def shares(self, samples: Array) -> Array:
        """Tell the probability of each class; of what the victim refuses, the clean speech's label is certain.

        Args:
            samples: shape (n, t), from 0 to 1.

        Returns:
            Shape (n, c), float32.

        Raises:
            Closed: the victim has refused all so far, so that nobody knows its classes.
        """
        told = [self.answer(one).probabilities for one in samples]
        self.classes = self.classes or next((tuple(one) for one in told if one is not None), ())
        if not self.classes:
            raise Closed
        sure = {name: float(name == self.label) for name in self.classes}
        rows = [sure if one is None else one for one in told]
        return np.array([[row[name] for name in self.classes] for row in rows], dtype=np.float32)


def _digest(sample: Array) -> bytes:
    return hashlib.blake2b(sample.tobytes(), digest_size=16).digest()


def asked_by(
    body: Callable[[Questions], None], original: Heard, rng: Rng, label: str = "", knows_clean: bool = True
) -> Steps:
    """Search as another library does: each of its calls is a query, and its first success that counts ends it.

    Args:
        body: runs the library's attack, which asks through what it is given.
        original: the speech to attack.
        rng: its randomness; the global generators that the library draws from are seeded by it.
        label: what the victim says of the clean speech, where that is told.
        knows_clean: whether the speech itself is known not to fool: the attack then spends no query on it.
    """
    device, speech = original.waveform.device, original.waveform.detach().cpu().numpy()

    def calling(ask: Callable[[Recipe], Answer]) -> None:
        body(Questions((speech[None] + np.float32(1)) / np.float32(2), ask, knows_clean, label))

    turns = in_turns(calling, int(rng.integers(1 << 32)))
    try:
        for_now = next(turns, None)
        while for_now is not None:
            answer = yield _placed(for_now, device)
            if answer.fooled and answer.counts:
                return
            try:
                for_now = turns.send(answer)
            except StopIteration:
                return
    finally:
        turns.close()


def _placed(recipe: Recipe, device: torch.device) -> Recipe:
    return Recipe(*(Samples(part.waveform.to(device)) for part in recipe.parts if isinstance(part, Samples)))
