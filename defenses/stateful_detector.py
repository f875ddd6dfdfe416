"""A defence that remembers what a session has asked, and refuses to be asked much the same again."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from bench import (
    Batch,
    DataError,
    FitContext,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    Victim,
    check_fields,
    forward_capabilities,
    keyed,
    one_thread,
    traits_of,
    within,
)
from bench.defending.fingerprints import Fingerprint, distance, fingerprint, nearest
from bench.defending.inner_victim import load_inner, save_inner
from bench.defending.purified_victim import AudioDefense, answered_or_refused
from bench.modelling.weights import load_weights, save_weights

_WHERE = "defense 'stateful_detector'"
_THRESHOLD = "threshold"
_THROUGH = ("hidden", "trace", "network")
"""What not every victim has, and is passed on."""
_WIDEST = 0.2
"""No threshold lies above: there two sounds have no more in common than any two of one speaker."""
_EACH = 64
"""Utterances of each speaker from which the threshold is taken."""


@dataclass(frozen=True)
class StatefulDetector(AudioDefense):
    """Remembers what a session has asked, and refuses to be asked much the same again (Chen et al. 2019, Blacklight).

    A search for an adversarial example asks about one utterance over and over, each time with another noise. Here each
    question leaves a fingerprint in its session's memory: bits of its log mel bands that survive noise of any shape
    above 10 dB. A question that is nearer than a threshold to `answered` earlier ones of its session or more is
    refused. The threshold comes from clean speech: at most `false_matches` of the training and validation utterances
    are as near to another one of the same speaker, as if that speaker had asked about all in one session. What the
    victim says is not changed, and the victim is trained as usual.

    So an attacker has `answered` questions about an utterance for each identity that it asks under. Where nobody has
    asked before, nothing is refused: the first candidate that fools the victim passes.

    In a stack it belongs at the end, so that it hears what is asked as it comes; before `smoothing` it has no session.

    Differences to the original: Chen, Carlini & Wagner ("Stateful detection of black-box adversarial attacks", 2019)
    learn an encoder of images and average over the nearest 50 questions; Blacklight (Li et al. 2022) hashes quantised
    pixels. Here the bits are random projections of log mel bands, found again wherever they lie in time, and one
    earlier question is enough. A session that was refused is not closed unless `closes` says so.

    Args:
        answered: so many questions about much the same are answered in a session, at least 1.
        false_matches: share of clean utterances that may be taken for another one of their speaker, from 0 to 0.5.
        remembers: questions of a session that are remembered, the last ones, at least 1.
        closes: whether a session answers nothing more once it has been refused, as Chen et al. close an account.
    """

    where: ClassVar[str] = _WHERE
    traits: ClassVar[Traits] = Traits(sessions=True)
    answered: int = 1
    false_matches: float = 0.01
    remembers: int = 1000
    closes: bool = False

    def __post_init__(self) -> None:
        check_fields(self, _WHERE, ("answered", "remembers"), "the default is {default}", at_least=1)
        within(_WHERE, "false_matches", self.false_matches, "try 0.01", at_least=0, at_most=0.5)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Remembering:
        """Train the victim as usual, and take the threshold from clean speech.

        Raises:
            UsageError: the victim does not hear, or speakers repeat everything that they say.
        """
        self.check(victim)
        inner = victim.fit(train, valid, context)
        threshold = self._threshold([*(context.clean or train), *valid])
        context.progress.say(f"{_WHERE}: as near as {threshold:.3f} is much the same")
        return Remembering(self, inner, threshold)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Remembering:
        """Load the trained victim and its threshold; it remembers nothing.

        Raises:
            DataError: the threshold is missing or damaged.
            UsageError: the victim does not hear.
        """
        self.check(victim)
        tensors, _ = load_weights(folder, torch.device("cpu"))
        if _THRESHOLD not in tensors or tensors[_THRESHOLD].shape:
            raise DataError(folder, "no threshold", "what `save` wrote", "delete it, and it is trained anew")
        return Remembering(self, load_inner(victim, folder, context), float(tensors[_THRESHOLD]))

    def _threshold(self, clean: Sequence[Utterance]) -> float:
        """The distance below which at most `false_matches` of clean utterances lie to another one of their speaker; of
        more that are the very same as another, those alone.

        Raises:
            UsageError: all are.
        """
        said: dict[str, list[Utterance]] = defaultdict(list)
        for one in sorted(clean, key=lambda one: (keyed("stateful_detector", one.id).random(), one.id)):
            said[one.speaker].append(one)
        distances = []
        with one_thread():
            for own in said.values():
                prints = [fingerprint(one.waveform) for one in own[:_EACH]]
                distances += [nearest(one, prints[:n] + prints[n + 1 :]) for n, one in enumerate(prints)]
        unlike = sorted(one for one in distances if one)
        if not unlike:
            found = f"clean speech in which all {len(distances)} utterances repeat another of their speaker"
            raise UsageError(_WHERE, found, "speakers who say different things", "leave this defence out")
        place = int(self.false_matches * len(distances)) - (len(distances) - len(unlike))
        return min(unlike[max(place, 0)], _WIDEST)


@dataclass(frozen=True)
class Remembering:
    """A fitted victim that remembers its sessions. It has `hidden`, `trace` and `network` where the victim has them.

    Args:
        recipe: what it was trained as.
        victim: what tells emotions.
        threshold: of the distance between two fingerprints, below which they are much the same.
        sessions: what each has asked; this instance's own.
    """

    recipe: StatefulDetector
    victim: Victim
    threshold: float
    sessions: dict[str, Memory] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        forward_capabilities(self, self.victim, _THROUGH)

    @property
    def traits(self) -> Traits:
        """Declare whether the victim may be asked by several threads at once: each session is asked by one."""
        return Traits(sessions=True, concurrent=traits_of(self.victim).concurrent)

    def enroll(self, clean: Sequence[Utterance]) -> Remembering:
        """Return this victim with knowledge of some speakers, and a memory of its own, which is empty."""
        return replace(self, victim=self.victim.enroll(clean), sessions={})

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c): the victim's. Nothing is remembered."""
        return self.victim.log_probs(batch)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Estimate log-probabilities, shape (b, c), and say what was asked before in its session, or is refused by the
        victim itself, shape (b,), bool."""
        named = batch.sessions or ("",) * len(batch)
        lengths = batch.lengths.tolist()
        asked = zip(named, batch.waveforms, lengths, strict=True)
        told = [bool(name) and self._refuses(name, row[:length]) for name, row, length in asked]
        refused = torch.tensor(told, device=batch.waveforms.device)
        return answered_or_refused(self.victim, batch, refused)

    def save(self, folder: Path) -> None:
        """Write the threshold, and the victim into a folder of its own; no memory is kept."""
        config = {"defense": "stateful_detector", "recipe": asdict(self.recipe)}
        save_weights(folder, {_THRESHOLD: torch.tensor(self.threshold, dtype=torch.float64)}, config)
        save_inner(self.victim, folder)

    def _refuses(self, session: str, waveform: Tensor) -> bool:
        memory = self.sessions.setdefault(session, Memory(deque(maxlen=self.recipe.remembers)))
        asked = fingerprint(waveform)
        alike = sum(distance(asked, one) < self.threshold for one in memory.asked)
        memory.asked.append(asked)
        refused = alike >= self.recipe.answered or (self.recipe.closes and memory.closed)
        memory.closed |= refused
        return refused


@dataclass
class Memory:
    """What one session has asked.

    Args:
        asked: fingerprints, the last one last.
        closed: whether it has been refused.
    """

    asked: deque[Fingerprint]
    closed: bool = False
