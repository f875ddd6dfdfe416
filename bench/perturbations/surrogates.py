"""An attacker's own recogniser: trained on speech with labels that it has, and differentiated where a victim is not.

Everything is computed on the CPU by one thread, so that it rests on no machine's number of cores.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bench.audio.signal.mel import MelSettings, log_mel
from bench.contracts.attacks import KnownSpeech
from bench.core.computing.threads import one_thread
from bench.core.rng import keyed
from bench.core.types import SAMPLE_RATE, Rng

_CROP = 2 * SAMPLE_RATE
_SETTINGS = MelSettings()


class _Network(nn.Module):
    """Convolutions over log mel bands; mean and maximum over time; one layer."""

    mean: Tensor
    spread: Tensor

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        bands = _SETTINGS.n_mels
        self.layers = nn.Sequential(
            nn.Conv1d(bands, channels, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2, ceil_mode=True),
            nn.Conv1d(channels, channels, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2, ceil_mode=True),
            nn.Conv1d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )
        self.out = nn.Linear(2 * channels, classes)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("spread", torch.ones(bands))

    def forward(self, waveforms: Tensor) -> Tensor:
        bands = (log_mel(waveforms, _SETTINGS) - self.mean) / self.spread
        found = self.layers(bands.transpose(1, 2))
        logits: Tensor = self.out(torch.cat([found.mean(dim=2), found.amax(dim=2)], dim=1))
        return logits


@dataclass(frozen=True)
class Surrogate:
    """Recognisers that vote, trained by an attacker.

    Args:
        networks: from waveforms, shape (b, t), to logits, shape (b, c).
        classes: their labels.
    """

    networks: tuple[nn.Module, ...]
    classes: tuple[str, ...]

    def log_probs(self, waveforms: Tensor) -> Tensor:
        """Estimate log-probabilities of sounds of one length, shape (b, c); gradients pass.

        Args:
            waveforms: shape (b, t), on the CPU.
        """
        votes = torch.stack([torch.log_softmax(network(waveforms), dim=1) for network in self.networks])
        return torch.log_softmax(votes.mean(dim=0), dim=1)


@dataclass(frozen=True)
class Schooling:
    """How a surrogate is trained.

    Args:
        models: how many networks vote.
        channels: of their convolutions.
        epochs: how often each hears the speech.
        seed: draws weights, order, pieces and noise.
    """

    models: int
    channels: int
    epochs: int
    seed: int


def trained(schooling: Schooling, speech: Sequence[KnownSpeech], noises: Sequence[Tensor]) -> Surrogate | None:
    """Train a surrogate on pieces of 2 s, half of them under a noise at 5 to 30 dB.

    Args:
        schooling: how.
        speech: with labels; what has none is left out.
        noises: sounds, shape (t,) each.

    Returns:
        None where there are not two labels.
    """
    known = [(one.speech.waveform.cpu(), one.label) for one in speech if one.label and one.speech.has_sound]
    classes = tuple(sorted({label for _, label in known}))
    if len(classes) < 2:
        return None
    sounds = [noise.cpu() for noise in noises]
    with one_thread(), torch.random.fork_rng(devices=[]), torch.enable_grad():
        networks = tuple(_taught(schooling, number, known, classes, sounds) for number in range(schooling.models))
    return Surrogate(networks, classes)


def _taught(
    schooling: Schooling,
    number: int,
    known: Sequence[tuple[Tensor, str]],
    classes: Sequence[str],
    noises: Sequence[Tensor],
) -> nn.Module:
    rng = keyed("surrogate", schooling.seed, number)
    torch.manual_seed(int(rng.integers(1 << 63)))
    network = _Network(len(classes), schooling.channels)
    bands = torch.cat([log_mel(sound[None], _SETTINGS)[0] for sound, _ in known])
    network.mean, network.spread = bands.mean(dim=0), bands.std(dim=0) + 1e-3
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = schooling.epochs * -(-len(known) // 32)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    for _ in range(schooling.epochs):
        order = rng.permutation(len(known))
        for start in range(0, len(order), 32):
            some = [known[int(place)] for place in order[start : start + 32]]
            heard = torch.stack([_piece(sound, noises, rng) for sound, _ in some])
            truth = torch.tensor([classes.index(label) for _, label in some])
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(heard), truth, label_smoothing=0.05).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval().requires_grad_(False)


def _piece(sound: Tensor, noises: Sequence[Tensor], rng: Rng) -> Tensor:
    """Two seconds of speech, repeated where it is shorter, half of the times under a noise."""
    piece = _cut(sound, rng)
    if noises and rng.random() < 0.5:
        noise = _cut(noises[int(rng.integers(len(noises)))], rng)
        ratio = piece.square().sum() / noise.square().sum().clamp(min=1e-9)
        piece = (piece + noise * (ratio / 10 ** (rng.uniform(5, 30) / 10)).sqrt()).clamp(-1, 1)
    return piece


def _cut(sound: Tensor, rng: Rng) -> Tensor:
    many = -(-_CROP // max(len(sound), 1))
    long = sound.repeat(many) if many > 1 else sound
    first = int(rng.integers(len(long) - _CROP + 1))
    return long[first : first + _CROP]


@dataclass(frozen=True)
class Ascent:
    """How a change is found that a surrogate is fooled by.

    Args:
        steps: along the gradient.
        momentum: what is kept of earlier gradients, from 0 (projected gradient descent) to 1.
    """

    steps: int
    momentum: float

    def change(
        self,
        surrogate: Surrogate,
        speech: Tensor,
        norm: float,
        rng: Rng,
        label: int,
        towards: bool = False,
        far: bool = False,
    ) -> Tensor:
        """Find a change of a given energy.

        Args:
            surrogate: is to be fooled.
            speech: shape (t,), on the CPU.
            norm: of the change, the root of its energy.
            rng: draws where the search begins.
            label: the class that it is to say no more, or the one that it is to say.
            towards: which of the two.
            far: whether the search begins away from the speech.

        Returns:
            The speech with the change, within [-1, 1], shape (t,).
        """
        with one_thread(), torch.enable_grad():
            goal, sign = torch.tensor([label]), -1.0 if towards else 1.0
            delta = torch.from_numpy(rng.standard_normal(len(speech), dtype="float32"))
            delta = delta * (norm / 2 / delta.norm().clamp(min=1e-12)) if far else torch.zeros_like(speech)
            direction, step = torch.zeros_like(speech), 2.5 * norm / self.steps
            for _ in range(self.steps):
                candidate = (speech + delta).clamp(-1, 1).requires_grad_()
                loss = sign * nn.functional.nll_loss(surrogate.log_probs(candidate[None]), goal)
                (slope,) = torch.autograd.grad(loss, candidate)
                direction = self.momentum * direction + slope / slope.norm().clamp(min=1e-12)
                delta = delta + step * direction / direction.norm().clamp(min=1e-12)
                delta = delta * min(1.0, norm / float(delta.norm().clamp(min=1e-12)))
            delta = delta * (norm / delta.norm().clamp(min=1e-12))
            found: Tensor = (speech + delta).clamp(-1, 1).detach()
        return found


_LOCK = threading.Lock()
_LAST: list[tuple[object, Schooling, Surrogate | None]] = []


def known_or_trained(
    speech: Sequence[KnownSpeech], schooling: Schooling, make: Callable[[], Surrogate | None]
) -> Surrogate | None:
    """Return the surrogate that was trained last on this very speech, or train it: once for all searches of a cell.

    It rests on the speech, the noises that go with it and the schooling alone, and on no search.

    Args:
        speech: as `AttackTools.training` has it.
        schooling: how it is trained.
        make: trains it.
    """
    with _LOCK:
        for told, how, found in _LAST:
            if told is speech and how == schooling:
                return found
        found = make()
        _LAST[:] = [(speech, schooling, found), *_LAST[:1]]
        return found
