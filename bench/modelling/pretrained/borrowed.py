"""Victims that somebody else has trained: what all of them share. Nothing is trained; what is kept is a note."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from torch import Tensor

from bench.contracts.protocols import Fingerprinted, FitContext
from bench.core.batch import Batch
from bench.core.code.keys import fingerprint
from bench.core.errors import DataError, UsageError
from bench.core.storage.digests import content_digests
from bench.core.storage.json_objects import loaded
from bench.core.types import Utterance
from bench.modelling.pretrained.dimensions import shares_of
from bench.modelling.pretrained.labels import Labels

NOTE = "borrowed.json"
PROBES = 3
"""Training utterances that a model is asked about before it is used."""

_TOLERANCE = 1e-4


class Borrowed(ABC):
    """A model of somebody else's, loaded: what is asked, and the note that is kept of it.

    Attributes:
        victim: the victim's name.
        recipe: where the model is.
        labels: how its labels are read.
        names: its outputs' labels, where they are known.
        device: where the answers go.
    """

    victim: ClassVar[str]
    recipe: Fingerprinted
    labels: Labels
    names: tuple[str, ...]
    device: torch.device

    @abstractmethod
    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Return class log-probabilities, shape (n, c)."""

    def enroll(self, clean: Sequence[Utterance]) -> Self:
        """Return itself: it needs to know nobody."""
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        """Return class log-probabilities, shape (b, c)."""
        return self.ask(batch.utterances).to(self.device)

    def save(self, folder: Path) -> None:
        """Write what it is, as JSON; the model stays where it is."""
        write_note(folder, self.note())

    def note(self) -> dict[str, Any]:
        """Tell what it is, in plain JSON values."""
        classes = self.labels.task.classes
        return {"victim": self.victim, "classes": classes, "labels": self.names, "files": self.recipe.fingerprint()}

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse a model whose labels are not the task's, or whose answers depend on what else is asked, or on chance.

        Args:
            probes: a few utterances of different lengths.

        Raises:
            UsageError: it is such a one.
        """
        self.labels.columns(self.names)
        refuse_mixing(self.labels.where, self.ask, probes)


class BorrowedNumbers(Borrowed):
    """A model of somebody else's that answers numbers too, where the task has a scale."""

    @abstractmethod
    def numbers(self, utterances: Sequence[Utterance]) -> Tensor:
        """Return ratings on the task's scale, shape (n,)."""

    def values(self, batch: Batch) -> Tensor:
        """Return ratings on the task's scale, shape (b,)."""
        return self.numbers(batch.utterances).to(self.device)

    def check_numbers(self, probes: Sequence[Utterance]) -> None:
        """Refuse a model whose numbers depend on what else is asked, or on chance.

        Args:
            probes: a few utterances of different lengths.

        Raises:
            UsageError: it is such a one.
        """
        task = self.labels.task
        refuse_mixing(self.labels.where, lambda said: shares_of(task, self.numbers(said)), probes)


Loaded = TypeVar("Loaded", bound=Borrowed)


class BorrowedRecipe(ABC, Generic[Loaded]):
    """The recipe of a model of somebody else's: fitting loads it and looks at what it answers; nothing is trained."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Digest the model's files."""

    @abstractmethod
    def loaded(self, context: FitContext) -> Loaded:
        """Load the model, whether or not it fits the task.

        Raises:
            UsageError: it cannot be loaded.
        """

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Loaded:
        """Load it, and ask about some of `train`: do its answers fit the task? Nothing is trained."""
        fitted = self.loaded(context)
        fitted.check(train[:PROBES])
        return fitted

    def load(self, folder: Path, context: FitContext) -> Loaded:
        """Load the model from where it is again.

        Raises:
            DataError: the folder was written for another model, another task or other labels.
        """
        fitted = self.loaded(context)
        check_note(folder, fitted.note())
        return fitted


def module_for(where: str, name: str, extra: str) -> Any:
    """Import a library that not every installation has.

    Args:
        where: who needs it: "victim 'onnx'".
        name: of the module.
        extra: of the distribution, which brings it.

    Raises:
        UsageError: it is not installed, or cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        found = f"no usable {name} ({type(error).__name__}: {error})"
        raise UsageError(where, found, name, f"pip install 'serbench[{extra}]'") from error


def digest_of(where: str, files: Sequence[Path]) -> str:
    """Digest the content of files, in their order.

    Args:
        where: who needs them, for the message.
        files: their paths; names do not matter.

    Raises:
        UsageError: one is not there.
    """
    for file in files:
        if not file.is_file():
            found = "a folder" if file.is_dir() else "no such file"
            raise UsageError(f"{where}, {file}", found, "a file", "check the path")
    return fingerprint(content_digests(files))


def write_note(folder: Path, note: Mapping[str, Any]) -> None:
    """Write what a borrowed victim is, as JSON, into an existing folder.

    Args:
        folder: an empty folder.
        note: plain JSON values; what a later `check_note` compares.
    """
    (folder / NOTE).write_text(json.dumps(note, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check_note(folder: Path, note: Mapping[str, Any]) -> None:
    """Refuse a folder that was written for another model, another task or other labels.

    Args:
        folder: with a note that `write_note` wrote.
        note: what the victim is now.

    Raises:
        DataError: its note is missing, damaged, or says something else than `note`.
    """
    try:
        kept = loaded((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(folder, f"no usable {NOTE} ({error})", "what `save` wrote", "delete the folder") from error
    now = json.loads(json.dumps(note))
    if kept != now:
        differing = [name for name in now if not isinstance(kept, dict) or kept.get(name) != now[name]]
        found = f"another {', another '.join(differing) or 'content'} than now"
        raise DataError(folder / NOTE, found, "the model that was checked", "delete the folder, and it is checked anew")


def refuse_mixing(where: str, ask: Callable[[Sequence[Utterance]], Tensor], probes: Sequence[Utterance]) -> None:
    """Refuse a model whose answer about one utterance depends on the others that it is given with, or on chance.

    Args:
        where: whose, for messages.
        ask: gives class log-probabilities, shape (n, c), of n utterances asked at once.
        probes: utterances of different lengths.

    Raises:
        UsageError: alone and together, or alone and again, differ by more than 1e-4.
    """
    together = ask(probes) if probes else torch.empty(0)
    for utterance, row in zip(probes, together, strict=True):
        alone = ask([utterance])[0]
        for other, cause, remedy in (
            (ask([utterance])[0], "from one time to the next", "take all chance out of it (dropout, random padding)"),
            (row, "with what else is in the batch", "ask about one utterance at a time: batch_size=1"),
        ):
            difference = float((alone - other).abs().max())
            if difference > _TOLERANCE:
                found = f"log-probabilities that change by {difference:.2g} {cause}"
                raise UsageError(where, found, f"at most {_TOLERANCE:g}", remedy)
