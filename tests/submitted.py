"""A plug-in with a victim and a defence that are trained in no time, for what is submitted to boards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

PLUGIN = '''
from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from bench.modelling.weights import load_weights, save_weights


@dataclass(frozen=True)
class Levels:
    """Tells emotions by how loud they are."""

    def fit(self, train, valid, context):
        levels = torch.stack([one.waveform.abs().mean() for one in train])
        labels = torch.tensor([context.task.classes.index(context.task.label_of(one)) for one in train])
        return FittedLevels(torch.stack([levels[labels == each].mean() for each in range(len(context.task.classes))]))

    def load(self, folder, context):
        return FittedLevels(load_weights(folder, context.device)[0]["means"])


@dataclass(frozen=True)
class FittedLevels:
    means: torch.Tensor

    def enroll(self, clean):
        return self

    def log_probs(self, batch):
        inside = torch.arange(batch.waveforms.shape[1])[None] < batch.lengths[:, None]
        levels = (batch.waveforms.abs() * inside).sum(1) / batch.lengths
        return (-200 * (levels[:, None] - self.means[None]).abs()).log_softmax(1)

    def save(self, folder):
        save_weights(folder, {"means": self.means}, {"victim": "levels"})


@dataclass(frozen=True)
class Halve:
    """Halves all speech before the victim hears it, and in its training."""

    def fit(self, victim, train, valid, context):
        return Halved(victim.fit(halved(train), halved(valid), context))

    def load(self, victim, folder, context):
        return Halved(victim.load(folder, context))


@dataclass(frozen=True)
class Halved:
    inner: object

    def enroll(self, clean):
        return Halved(self.inner.enroll(halved(clean)))

    def log_probs(self, batch):
        return self.inner.log_probs(replace(batch, waveforms=batch.waveforms / 2))

    def save(self, folder):
        self.inner.save(folder)


def halved(some):
    return [replace(one, waveform=one.waveform / 2) for one in some]


COMPONENTS = {"victims": {"levels": Levels}, "defenses": {"halve": Halve}}
'''


def make_submission(folder: Path, bench: Callable[..., Any], job: Callable[..., list[str]]) -> None:
    """Write the plug-in, run it on the tiny corpus, and pack the run as `entry.serbench`.

    Args:
        folder: a new one.
        bench: runs a command.
        job: gives the words of a run on the tiny corpus.
    """
    folder.mkdir()
    (folder / "mine.py").write_text(PLUGIN, encoding="utf-8")
    both = {"victim": "levels", "defense": ["none", "halve"], "attack": ["boundary"], "corr": "no", "k": "2,4"}
    ran = bench(*job(**both, plugin=folder / "mine.py", out=folder / "run"))
    assert ran.code == 0, ran.err
    said = bench(
        "submit", folder / "run", *card(), f"--plugin={folder / 'mine.py'}", f"--out={folder / 'entry.serbench'}"
    )
    assert said.code == 0, said.err
    (folder / "said.txt").write_text(said.out, encoding="utf-8")


def card(title: str = "Halved speech") -> list[str]:
    """Give the options that say what people are told."""
    return [f"--title={title}", "--author=A. Nobody", "--licence=MIT"]
