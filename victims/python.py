"""Any model at all, as a Python callable in a file of the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench import SAMPLE_RATE, BenchError, ComponentError, FitContext, Traits, UsageError, Utterance, within
from bench.modelling.pretrained.borrowed import (
    Borrowed,
    BorrowedRecipe,
    digest_of,
    refuse_mixing,
)
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.score_forms import log_scores
from bench.modelling.pretrained.userfile import callable_from, called, code_of, labels_of

_WHERE = "victim 'python'"
_FORM = "FILE.py:OBJECT"
_ANSWERS = "a label for each waveform, a dict of probabilities for each, or an array (n, l) and OBJECT.labels"


@dataclass(frozen=True)
class Python(BorrowedRecipe["FittedPython"]):
    """Your own model: a callable from waveforms to labels or probabilities, `python:FILE.py:OBJECT`.

    `OBJECT(waveforms, 16000)` gets a list of n float32 NumPy arrays of shape (t,), in [-1, 1], and gives one of

    - n labels, or their places, counted from 0;
    - n dicts from a label to its probability;
    - an array or tensor of shape (n, l), probabilities or log-probabilities.

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
        if not file or not name.isidentifier():
            raise UsageError(_WHERE, repr(self.target), _FORM, "for example python:my_model.py:predict")

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on)

    def fingerprint(self) -> str:
        """Digest the file, what it imports from its own folder, and the other `files`."""
        return digest_of(_WHERE, [*code_of(self.path), *self.files])

    def loaded(self, context: FitContext) -> FittedPython:
        """Take the callable from its file, which is run anew.

        Raises:
            UsageError: the file has no such callable, or the labels are no names.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        model = callable_from(self.path, self.target.rpartition(":")[2], _WHERE, _ANSWERS)
        return FittedPython(self, labels, model, labels.names or labels_of(model, _WHERE), context.device)

    @property
    def path(self) -> Path:
        """Give the file's path."""
        return Path(self.target.rpartition(":")[0]).expanduser()


@dataclass(frozen=True)
class FittedPython(Borrowed):
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
        if self.names:
            self.labels.columns(self.names)
        refuse_mixing(_WHERE, self.ask, probes)

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c)."""
        size = self.recipe.batch_size
        return torch.cat([self._together(utterances[at : at + size]) for at in range(0, len(utterances), size)])

    def _together(self, utterances: Sequence[Utterance]) -> Tensor:
        """Class log-probabilities, shape (n, c), of utterances that the callable is given at once.

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
        return _read(where, self.labels, self.names, answer, len(waveforms))


def _shown(utterances: Sequence[Utterance]) -> str:
    """Say how long the sounds are that were asked about."""
    lengths = [one.waveform.shape[-1] for one in utterances]
    if len(lengths) == 1:
        return f"a waveform of {lengths[0]:,} samples ({lengths[0] / SAMPLE_RATE:.3f} s)"
    return f"{len(lengths)} waveforms of {min(lengths):,} to {max(lengths):,} samples"


def _read(where: str, labels: Labels, names: tuple[str, ...], answer: Any, count: int) -> Tensor:
    """Class log-probabilities of an answer, whichever of its forms it has."""
    if isinstance(answer, Tensor):
        answer = answer.detach().cpu().numpy()
    rows = list(answer) if isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str) else None
    if rows is None or len(rows) != count:
        found = f"a {type(answer).__name__}" + ("" if rows is None else f" of {len(rows)}") + f" for {count} waveforms"
        raise ComponentError(where, found, _ANSWERS, "correct it")
    if all(isinstance(row, str) for row in rows):
        return labels.of_names(list(map(str, rows)))
    if all(isinstance(row, int | np.integer) and not isinstance(row, bool) for row in rows):
        return labels.of_names(_names_at(where, names, rows))
    if all(isinstance(row, Mapping) for row in rows):
        names = tuple(map(str, rows[0]))
        labels.columns(names)  # a class without a label is an error
        rows = [[row.get(name) for name in names] if len(row) == len(names) else [] for row in rows]
    try:
        scores = torch.from_numpy(np.asarray(rows, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ComponentError(where, f"rows such as {str(rows[0])[:80]}", _ANSWERS, "correct it") from error
    if scores.ndim != 2 or not names or scores.shape[1] != len(names):
        found = f"an answer of shape {tuple(scores.shape)} for {len(names) or 'no'} labels"
        raise ComponentError(where, found, _ANSWERS, "give their names in order: OBJECT.labels, or labels=NAME+NAME")
    return labels.of_scores(names, log_scores(where, scores))


def _names_at(where: str, names: tuple[str, ...], indices: Sequence[int]) -> list[str]:
    """The labels at these places."""
    for index in indices:
        if not names:
            found = f"class indices such as {index}, and no labels"
            raise ComponentError(where, found, _ANSWERS, "name what 0, 1, … are: OBJECT.labels, or labels=NAME+NAME")
        if not 0 <= index < len(names):
            found = f"the class index {index} for {len(names)} labels"
            raise ComponentError(where, found, f"0 to {len(names) - 1}", "give all labels in their order")
    return [names[index] for index in indices]
