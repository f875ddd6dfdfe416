"""Any model at all, as a Python callable in a file of the user's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench import SAMPLE_RATE, BenchError, ComponentError, FitContext, Traits, UsageError, Utterance, within
from bench.modelling.pretrained.borrowed import BorrowedNumbers, BorrowedRecipe, digest_of, refuse_mixing
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.user_answers import ANSWERS, read_classes, read_numbers
from bench.modelling.pretrained.userfile import callable_from, called, code_of, labels_of

_WHERE = "victim 'python'"
_FORM = "FILE.py:OBJECT"


@dataclass(frozen=True)
class Python(BorrowedRecipe["FittedPython"]):
    """Your own model: a callable from waveforms to labels or probabilities, `python:FILE.py:OBJECT`.

    `OBJECT(waveforms, 16000)` gets a list of n float32 NumPy arrays of shape (t,), in [-1, 1], and gives one of

    - n labels, or their places, counted from 0;
    - n dicts from a label to its probability;
    - an array or tensor of shape (n, l), probabilities or log-probabilities.

    In a dimensional task it gives numbers on the task's scale: n of them, shape (n,); or n dicts, or (n, l), of which
    the one that is called activation (or arousal), valence or dominance is taken.

    The l labels in their order are its attribute `OBJECT.labels`, or the parameter `labels`.

    A class is made once, without arguments. The file runs as under `python FILE`: it imports what lies beside it, its
    folder and path are its own, and what it prints goes to standard error. Nothing is trained.

    Args:
        target: the file and the name in it, FILE.py:OBJECT.
        labels: the outputs' labels in their order, or other names for some of them (THEIRS:OURS).
        files: other files that the model rests on, such as weights: with FILE.py and what it imports from its own
            folder they are part of every result's key.
        batch_size: waveforms at a time. With more than 1, an answer must not depend on the others; this is checked.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
    """

    target: str
    labels: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    batch_size: int = 1
    trained_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within(_WHERE, "batch_size", self.batch_size, "the default is 1", at_least=1)
        file, _, name = self.target.rpartition(":")
        if not file.endswith(".py") or not name.isidentifier():
            raise UsageError(_WHERE, repr(self.target), _FORM, "for example python:my_model.py:predict")

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on, dimensional=True)

    def fingerprint(self) -> str:
        """Digest the file, what it imports from its own folder, and the other `files`."""
        return digest_of(_WHERE, [*code_of(self.path), *self.files])

    def loaded(self, context: FitContext) -> FittedPython:
        """Take the callable from its file, which is run anew.

        Raises:
            UsageError: the file has no such callable, or the labels are no names.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        model = callable_from(self.path, self.target.rpartition(":")[2], _WHERE, ANSWERS)
        return FittedPython(self, labels, model, labels.names or labels_of(model, _WHERE), context.device)

    @property
    def path(self) -> Path:
        """Give the file's path."""
        return Path(self.target.rpartition(":")[0]).expanduser()


@dataclass(frozen=True)
class FittedPython(BorrowedNumbers):
    """The callable, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        model: the callable.
        names: the labels of an array's columns, where they are known.
        device: where the answers go.
    """

    recipe: Python
    labels: Labels
    model: Callable[..., Any]
    names: tuple[str, ...]
    device: torch.device
    victim: ClassVar[str] = "python"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse one whose answers are none of the task's classes, or depend on what else is asked, or on chance. What
        an array's columns are is known beforehand; labels and dicts say it only as they come."""
        if self.labels.task.dimensional:
            self.check_numbers(probes)
            return
        if self.names:
            self.labels.columns(self.names)
        refuse_mixing(_WHERE, self.ask, probes)

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c)."""
        return self._asked(utterances, read_classes)

    def numbers(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate ratings on the task's scale, shape (n,)."""
        return self._asked(utterances, read_numbers)

    def _asked(self, utterances: Sequence[Utterance], read: Callable[..., Tensor]) -> Tensor:
        size = self.recipe.batch_size
        return torch.cat([self._together(utterances[at : at + size], read) for at in range(0, len(utterances), size)])

    def _together(self, utterances: Sequence[Utterance], read: Callable[..., Tensor]) -> Tensor:
        """What is read of the callable's answer about utterances that it is given at once, a row for each.

        Raises:
            ComponentError: it raised, or what it answers cannot be read.
        """
        waveforms = [np.array(one.waveform.cpu().numpy(), dtype=np.float32) for one in utterances]  # its own copies
        where = f"{_WHERE}, {self.recipe.target}"
        try:
            answer = called(self.model, self.recipe.path, waveforms, SAMPLE_RATE)
        except BenchError:
            raise
        except (Exception, SystemExit) as error:
            found = f"{type(error).__name__}: {error}, about {_shown(utterances)}"
            expected = f"an answer from OBJECT(list of {len(waveforms)} float32 arrays, {SAMPLE_RATE})"
            raise ComponentError(where, found, expected, "correct it") from error
        return read(where, self.labels, self.names, answer, len(waveforms))


def _shown(utterances: Sequence[Utterance]) -> str:
    """Say how long the sounds are that were asked about."""
    lengths = [one.waveform.shape[-1] for one in utterances]
    if len(lengths) == 1:
        return f"a waveform of {lengths[0]:,} samples ({lengths[0] / SAMPLE_RATE:.3f} s)"
    return f"{len(lengths)} waveforms of {min(lengths):,} to {max(lengths):,} samples"
