"""What figures are called: the names of the cell that they were measured in."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from bench.core.code.keys import key_of_json
from bench.core.storage.json_objects import JsonObject
from bench.core.types import Half
from bench.data.splits import split_named
from bench.data.tasks import TASKS

FEW_SPEAKERS = 6
"""Fewer speakers than these say little about others, and no test between them is possible."""


def few_say_little(count: int) -> str | None:
    """Say what there is to say of a result of few speakers; None of others.

    Args:
        count: speakers that it rests on, of all folds together.

    >>> few_say_little(2), few_say_little(6)
    ('2 speakers can say little about others: test all folds (--fold all), or a corpus with more speakers', None)
    """
    if count >= FEW_SPEAKERS:
        return None
    told = f"{count} speaker{'s' * (count != 1)} can say little about others"
    return f"{told}: test all folds (--fold all), or a corpus with more speakers"


@dataclass(frozen=True)
class Setting:
    """Name what victims, defences and attacks are compared in.

    Args:
        corpus: its spec without paths.
        noise_bank: likewise.
        task: what the victim tells.
        split: who was trained on and who was attacked.
        limit: at most so many utterances of a fold were attacked; None for all.
        train_corpus: the corpus that was trained on, where all of `corpus` was attacked; None where that is `corpus`.
        defined: digest of what the task is, where it is none of serbench's own: another one may be called so.
    """

    corpus: str
    noise_bank: str
    task: str
    split: str
    limit: int | None
    train_corpus: str | None = None
    defined: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the names as they stand in JSON."""
        return {name: value for name, value in asdict(self).items() if name != "defined"}

    @property
    def speech(self) -> str:
        """Return the corpus that was attacked, and the one that was trained on where it is another.

        >>> Setting("ravdess", "embedded", "emotion7", "k-fold", None, "emodb").speech
        'ravdess (trained on emodb)'
        """
        return self.corpus + ("" if self.train_corpus is None else f" (trained on {self.train_corpus})")

    @property
    def shares_speakers(self) -> bool:
        """Say whether people may stand in training and in test."""
        return self.train_corpus is None and split_named(self.split).leaks


def defined_in(told: JsonObject) -> str:
    """Digest the definition of a cell's task, where it is none of serbench's own; "" of those.

    Args:
        told: the cell's description; of one that failed it may tell nothing.
    """
    task = told.inner_or_empty("fitting").inner_or_empty("task").fields
    return "" if not task or told.text("task") in TASKS else key_of_json(dict(task))[:8]


@dataclass(frozen=True)
class CellNames:
    """Name one cell.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec.
        setting: corpus, noise bank, task, split and limit.
        fold: of the split, from 0.
        seed: of training and search.
        repeat: which measurement of the same fitted victim, from 0.
        half: which half of the attack's sounds it had; None for all of them.
    """

    victim: str
    defense: str
    attack: str
    setting: Setting
    fold: int
    seed: int
    repeat: int = 0
    half: Half | None = None
