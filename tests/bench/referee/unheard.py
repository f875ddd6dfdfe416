"""Defences that go by what nobody hears, and find out where they are looked at: a plug-in file, for `test_unheard.py`.

A refusal is no attack's success. Most of them refuse what lies off the grid of a 16-bit file, as all candidates do, and
each has its own way to answer the clean speech that the referee makes a little softer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bench import Batch, FitContext, Traits, Utterance
from tests.bench.referee.wrapped import Wrapped, Wrapping, nearest

STEP = 1 / 32_768


def on_grid(sound: Tensor, step: float = STEP) -> bool:
    places = sound.double() / step
    return bool(((places - places.round()).abs() < 0.02).all())


@dataclass(frozen=True)
class OffAnyGrid(Wrapped):
    """Knows a file that was made softer: its samples are whole multiples of another step, up to 0.5 dB finer."""

    def knows(self, sound: Tensor) -> bool:
        quiet = sound[sound.abs() < 40 * STEP].abs().double()
        steps = STEP * 10 ** (-torch.arange(0, 0.5, 0.0005, dtype=torch.float64) / 20)
        places = quiet[None, :] / steps[:, None]
        return bool(((places - places.round()).abs().amax(dim=1) < 0.1).any())

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.tensor([not self.knows(one.waveform) for one in batch.utterances])


@dataclass(frozen=True)
class CountsBatches(Wrapped):
    """Knows that it is asked again, by seven at a time, and takes eight at a time for what was made softer."""

    sizes: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), sizes=[])

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.sizes.append(len(batch))
        softer = self.sizes[0] == 7 and len(batch) == 8
        off = [not softer and not on_grid(one.waveform) for one in batch.utterances]
        return self.log_probs(batch), torch.tensor(off)


@dataclass(frozen=True)
class KnowsAgain(Wrapped):
    """Answers what is hardly another sound than a file that it was asked about, and nothing else off the grid."""

    heard: list[Tensor] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), heard=[])

    def knows(self, sound: Tensor) -> bool:
        if on_grid(sound):
            self.heard.append(sound.clone())
            return True
        same = [other for other in self.heard if other.shape == sound.shape]
        return any(float(torch.nn.functional.cosine_similarity(sound, other, dim=0)) > 0.999 for other in same)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.tensor([not self.knows(one.waveform) for one in batch.utterances])


@dataclass(frozen=True)
class RefusesHalf(Wrapped):
    """Refuses what is off the grid of half of all recordings, which it knows by their lengths."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        off = [len(one.waveform) // 160 % 2 == 0 and not on_grid(one.waveform) for one in batch.utterances]
        return self.log_probs(batch), torch.tensor(off)


@dataclass(frozen=True)
class Detects(Wrapped):
    """Honest: refuses half of what is noisy, whoever asks."""

    sizes: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), sizes=[])

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.sizes.append(len(batch))
        heard = [one.waveform.double() for one in batch.utterances]
        rough = [float(sound.diff().square().sum() / sound.square().sum()) for sound in heard]
        noisy, half = torch.tensor([one > 0.155 for one in rough]), torch.tensor([int(one * 1e6) % 2 for one in rough])
        return self.log_probs(batch), noisy & (half.bool() ^ self.misleads())

    def misleads(self) -> bool:
        return False


@dataclass(frozen=True)
class Misleads(Detects):
    """Shows those who look through it, one sound at a time, the other half."""

    def misleads(self) -> bool:
        return self.sizes[0] == 1


@dataclass(frozen=True)
class DetectsByChance(Detects):
    """Honest: refuses what is noisy in half of all draws."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        noisy = Detects.answer_or_refuse(self, batch)[1] | Misleads.answer_or_refuse(self, batch)[1]
        drawn = torch.tensor([rng.random() < 0.5 for rng in batch.generators("detects")])
        return self.log_probs(batch), noisy & drawn


@dataclass(frozen=True)
class RefusesFiles(Wrapped):
    """Refuses files where it is attacked, which it is by more than eight at a time, and never about clean speech: so
    nothing that fools it lives on as a file."""

    sizes: list[int] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return replace(self, victim=self.victim.enroll(clean), sizes=[])

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self.sizes.append(len(batch))
        files = [self.sizes[0] > 8 and on_grid(one.waveform) for one in batch.utterances]
        return self.log_probs(batch), torch.tensor(files)


CHEATS: dict[str, Callable[..., Any]] = {
    "honest": Wrapped,
    "off_any_grid": OffAnyGrid,
    "counts_batches": CountsBatches,
    "knows_again": KnowsAgain,
    "refuses_half": RefusesHalf,
    "detects": Detects,
    "detects_by_chance": DetectsByChance,
    "misleads": Misleads,
    "refuses_files": RefusesFiles,
}


@dataclass(frozen=True)
class Unheard(Wrapping):
    """A defence that wraps a victim in one of `CHEATS`.

    Args:
        kind: which.
        draws: say that it draws.
    """

    kind: str = "honest"
    draws: bool = False

    @property
    def traits(self) -> Traits:
        return Traits(randomised=self.draws)

    def around(self, victim: Any, classes: int) -> Any:
        return CHEATS[self.kind](victim, classes)


@dataclass(frozen=True)
class OnEdge:
    """A victim of numbers; of what is off the grid it says a number between two bins, which is no answer."""

    edge: float = 0.0
    traits: ClassVar[Traits] = Traits(dimensional=True)

    def fit(self, train: Any, valid: Any, context: FitContext) -> OnEdge:
        return self

    def load(self, folder: Path, context: FitContext) -> OnEdge:
        return self

    def enroll(self, clean: Sequence[Utterance]) -> OnEdge:
        return self

    def values(self, batch: Batch) -> Tensor:
        energy = batch.waveforms[:, :1_600].double().square().mean(dim=1).add(1e-9)
        found = 1 + 4 * (energy.log10() * 10).remainder(1).float()
        off = torch.tensor([bool(self.edge) and not on_grid(one.waveform) for one in batch.utterances])
        return torch.where(off, torch.tensor(self.edge), found)

    def log_probs(self, batch: Batch) -> Tensor:
        raise AssertionError("nobody asks for classes")

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class OneQuestion(Wrapping):
    """A defence that answers a session's first question alone, but of whoever asks as only the honest do.

    Args:
        by: "" of nobody; "name": who gives another name than those who attack; "before": who asks what was asked in no
            session; "grid": who asks about files; "enrolled": who asks about speech that it was enrolled with.
    """

    by: str = ""
    traits: ClassVar[Traits] = Traits(sessions=True)

    def around(self, victim: Any, classes: int) -> Any:
        return Answers(victim, classes, self.by)


@dataclass(frozen=True)
class Answers(Wrapped):
    by: str = ""
    sessions: set[str] = field(default_factory=set)
    near: list[Tensor] = field(default_factory=list)

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        known = [one.waveform for one in clean] if self.by == "enrolled" else []
        return Answers(self.victim.enroll(clean), self.classes, self.by, near=known)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        names = batch.sessions or ("",) * len(batch)
        late = [bool(name) and name in self.sessions for name in names]
        asked = zip(names, batch.utterances, strict=True)
        honest = [self._honest(name, one.waveform) for name, one in asked]
        self.sessions.update(names)
        return self.log_probs(batch), torch.tensor(late) & ~torch.tensor(honest)

    def _honest(self, name: str, sound: Tensor) -> bool:
        if self.by == "before" and not name:
            self.near.append(sound.clone())
        same = [other for other in self.near if other.shape == sound.shape]
        known = any(float(torch.nn.functional.cosine_similarity(sound, other, dim=0)) > 0.999 for other in same)
        return known or {"name": " " in name, "grid": on_grid(sound)}.get(self.by, False)


@dataclass(frozen=True)
class Acts(Wrapped):
    """Knows the speakers again whom attacks learn on, since it had them in its training, and says there what it says of
    clean speech."""

    known: tuple[tuple[Tensor, Tensor], ...] = ()
    acting: bool = False

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        acting = bool(clean) and all(nearest(one.waveform, self.known) is not None for one in clean)
        return replace(self, victim=self.victim.enroll(clean), acting=acting)

    def log_probs(self, batch: Batch) -> Tensor:
        found = [nearest(one.waveform, self.known) if self.acting else None for one in batch.utterances]
        heard = zip(batch.utterances, found, strict=True)
        own = [one if clean is None else replace(one, waveform=clean) for one, clean in heard]
        return super().log_probs(Batch.of(own))

    def save(self, folder: Path) -> None:
        super().save(folder)
        save_file({f"{place}": one for place, (one, _) in enumerate(self.known)}, folder / "valid.safetensors")


@dataclass(frozen=True)
class Acting:
    """That defence: it saves what it had in its training.

    Args:
        acts: whether it does.
    """

    acts: bool = True

    def fit(self, victim: Any, train: Any, valid: Sequence[Utterance], context: FitContext) -> Any:
        known = tuple((one.waveform, one.waveform) for one in valid) if self.acts else ()
        return Acts(victim.fit(train, valid, context), len(context.task.classes), known)

    def load(self, victim: Any, folder: Path, context: FitContext) -> Any:
        known = tuple((one, one) for one in load_file(folder / "valid.safetensors").values())
        return Acts(victim.load(folder / "inner", context), len(context.task.classes), known)


COMPONENTS = {
    "victims": {"on_edge": OnEdge},
    "defenses": {"unheard": Unheard, "one_question": OneQuestion, "acting": Acting},
}
