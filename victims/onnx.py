"""A model in the ONNX format, run by ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench import SAMPLE_RATE, ComponentError, FitContext, Traits, UsageError, Utterance, within
from bench.modelling.pretrained.borrowed import BorrowedNumbers, BorrowedRecipe, digest_of
from bench.modelling.pretrained.dimensions import numbers_of
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.onnx_files import external_files
from bench.modelling.pretrained.onnx_sessions import answer_of, open_session
from bench.modelling.pretrained.score_forms import looks_like_probabilities

_WHERE = "victim 'onnx'"
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
_MASKS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_} | _FLOATS
_LABELS = ("tensor(int64)", "tensor(int32)", "tensor(string)")
_INPUTS = "waveforms (b, t) of floats, and nothing else but lengths (b,) or a mask (b, t)"
_SHORTEST = SAMPLE_RATE // 10


@dataclass(frozen=True)
class Onnx(BorrowedRecipe["FittedOnnx"]):
    """A model file in the ONNX format, `onnx:FILE.onnx`: waveforms in, class scores out.

    Its first input is a waveform of shape (b, t) at 16 kHz, in [-1, 1]. A second input may be the lengths in samples,
    shape (b,), or a mask of 1 and 0, shape (b, t): only such a model is asked about several utterances at a time. Where
    t is fixed, an utterance is cut into windows of that length, the last one ending where it ends; one that is shorter
    is padded with zeros; the windows' probabilities are averaged.

    Its output has a score for each label, shape (b, l), or is a label alone: whole numbers that count the labels, or
    texts, shape (b,) or (b, 1). In a dimensional task it has a number for each of the `labels` activation (or arousal),
    dominance and valence, or for one of them.

    Args:
        file: the model. Files with weights that its graph loads are part of its fingerprint.
        labels: the outputs' labels in their order, or other names for some of them (THEIRS:OURS). The default is the
            model's own metadata "labels": a JSON list, or names with commas between them.
        output: whether the output has passed a softmax.
        output_name: of the output with the scores or labels. By default the only one, or the only one with a score for
            each label.
        normalize: bring each utterance to mean 0 and variance 1 first, as wav2vec 2.0's feature extractor does.
        batch_size: utterances at a time, where the model takes lengths or a mask.
        low: of a model of numbers, what it says at the lower end of the task's scale.
        high: what it says at the upper end.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
    """

    file: Path
    labels: tuple[str, ...] = ()
    output: Literal["logits", "probabilities"] = "logits"
    output_name: str = ""
    normalize: bool = False
    batch_size: int = 8
    low: float = 0.0
    high: float = 1.0
    trained_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within(_WHERE, "batch_size", self.batch_size, "the default is 8", at_least=1)
        within(_WHERE, "high", self.high, "the default is 1", above=self.low)

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on, dimensional=True)

    def fingerprint(self) -> str:
        """Digest the file, and every file that its graph loads."""
        file = self.file.expanduser()
        return digest_of(_WHERE, [file, *external_files(file)])

    def loaded(self, context: FitContext) -> FittedOnnx:
        """Load the model into a session of ONNX Runtime's.

        Raises:
            UsageError: ONNX Runtime is not there, the model's inputs are not sound, its labels are not known, or it
                has several outputs.
            DataError: the file is no model.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        session = open_session(_WHERE, self.file.expanduser(), context.device)
        names = labels.names or _own_labels(self.file, session)
        first, *others = session.get_inputs() or [None]
        mask = others[0] if others else None
        known = first is not None and first.type in _FLOATS and len(first.shape) == 2 and len(others) <= 1
        if not known or (mask is not None and (mask.type not in _MASKS or len(mask.shape) not in (1, 2))):
            found = ", ".join(f"{one.name}: {one.type} {one.shape}" for one in session.get_inputs()) or "no inputs"
            raise UsageError(f"{_WHERE}, {self.file}", found, _INPUTS, "export the model with such inputs")
        _refuse_sizes(self, first.shape)
        output = _output(self, session.get_outputs(), len(names))
        return FittedOnnx(self, labels, session, names, first, mask, output, context.device)


@dataclass(frozen=True)
class FittedOnnx(BorrowedNumbers):
    """The model, loaded, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        session: ONNX Runtime's.
        names: the outputs' labels.
        waveform: the first input: name, type, shape.
        mask: the second, lengths or a mask, where it has one.
        output: the one that is read: name, type, shape.
        device: where the answers go.
    """

    recipe: Onnx
    labels: Labels
    session: Any
    names: tuple[str, ...]
    waveform: Any
    mask: Any
    output: Any
    device: torch.device
    traits: ClassVar[Traits] = Traits(concurrent=True)
    victim: ClassVar[str] = "onnx"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse a model whose labels do not fit the task, or whose outputs are probabilities against `output`."""
        task = self.labels.task
        if task.dimensional:
            if self.label_alone:
                raise UsageError(_WHERE, "a model that says labels", f"numbers, for task {task.name!r}", "take another")
            self.check_numbers(probes)
            return
        self.labels.columns(self.names)
        if (
            self.recipe.output == "logits"
            and not self.label_alone
            and probes
            and looks_like_probabilities(self.scores(probes))
        ):
            remedy = "say so: output=probabilities"
            raise UsageError(_WHERE, "outputs that are probabilities", "logits, as output=logits says", remedy)
        super().check(probes)

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c)."""
        scores = self.scores(utterances)
        if self.label_alone:
            classes = self.labels.of_scores(self.names, scores.log()).argmax(dim=1)
            return self.labels.of_names([self.labels.task.classes[int(index)] for index in classes])
        if self.recipe.output == "probabilities":
            if not looks_like_probabilities(scores):
                found = f"an output such as {[round(float(value), 4) for value in scores[0][:8]]}"
                raise UsageError(_WHERE, found, "probabilities, as output=probabilities says", "say output=logits")
            scores = scores.log()
        return self.labels.of_scores(self.names, scores)

    def numbers(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate ratings on the task's scale, shape (n,)."""
        return numbers_of(self.labels, self.names, self.scores(utterances), self.recipe.low, self.recipe.high)

    @property
    def label_alone(self) -> bool:
        """Say whether the model says a label and no scores."""
        return self.output.type not in _FLOATS

    def scores(self, utterances: Sequence[Utterance]) -> Tensor:
        """Return what the model says, shape (n, l), float64: its output, or with windows the mean over them."""
        waveforms = [self._prepared(utterance) for utterance in utterances]
        fixed = self.waveform.shape[1]
        if isinstance(fixed, int):
            return torch.stack([self._windowed(waveform, fixed) for waveform in waveforms])
        size = 1 if self.mask is None or self.waveform.shape[0] == 1 else self.recipe.batch_size
        return torch.cat([self._run(waveforms[at : at + size]) for at in range(0, len(waveforms), size)])

    def _prepared(self, utterance: Utterance) -> NDArray[np.float32]:
        waveform: NDArray[np.float32] = utterance.waveform.cpu().numpy()
        if self.recipe.normalize:
            waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        return waveform

    def _windowed(self, waveform: NDArray[np.float32], width: int) -> Tensor:
        """Probabilities averaged over windows, and back in the form that the model gives."""
        last = max(0, len(waveform) - width)
        rows = torch.cat([self._run([waveform[at : at + width]], width) for at in [*range(0, last, width), last]])
        numbers = self.labels.task.dimensional
        if self.recipe.output == "probabilities" or self.label_alone or numbers or len(rows) == 1:
            return rows.mean(dim=0)
        return torch.logsumexp(torch.log_softmax(rows, dim=1), dim=0)

    def _run(self, waveforms: Sequence[NDArray[np.float32]], width: int | None = None) -> Tensor:
        lengths = np.array([len(waveform) for waveform in waveforms])
        padded = np.zeros((len(waveforms), width or lengths.max()), dtype=_FLOATS[self.waveform.type])
        for row, waveform in zip(padded, waveforms, strict=True):
            row[: len(waveform)] = waveform
        given: dict[str, NDArray[Any]] = {self.waveform.name: padded}
        if self.mask is not None:
            real = np.arange(padded.shape[1]) < lengths[:, None]
            given[self.mask.name] = (lengths if len(self.mask.shape) == 1 else real).astype(_MASKS[self.mask.type])
        where = f"{_WHERE}, {self.recipe.file}"
        answer = answer_of(where, self.session, self.output.name, given, padded.size)
        if self.label_alone:
            return _counted(where, answer, self.names, len(waveforms))
        if answer.shape != (len(waveforms), len(self.names)):
            found = f"an output of shape {answer.shape} for {len(waveforms)} waveforms and {len(self.names)} labels"
            remedy = "give the labels in the outputs' order: labels=NAME+NAME+..."
            raise UsageError(where, found, "a score for each label", remedy)
        return torch.from_numpy(answer.astype(np.float64))


def _refuse_sizes(recipe: Onnx, shape: Sequence[int | str | None]) -> None:
    """Refuse an input that takes no single utterance, or so little of one that it is not sound that it takes.

    Raises:
        UsageError: it is such a one.
    """
    where, (batch, length) = f"{_WHERE}, {recipe.file}", shape
    if isinstance(batch, int) and batch != 1:
        found = f"an input of {batch} waveforms, no more and no fewer"
        raise UsageError(where, found, "1, or any number", "export the model with a batch of 1, or of any size")
    if isinstance(length, int) and length < _SHORTEST:
        found = f"an input of {length} values, which as sound is {1_000 * length / SAMPLE_RATE:g} ms"
        expected = f"a waveform at {SAMPLE_RATE} Hz of any length, or of at least {_SHORTEST} samples"
        remedy = (
            "where it takes features, export a model that makes them from sound, or bring it as code: python:FILE.py"
        )
        raise UsageError(where, found, expected, remedy)


def _output(recipe: Onnx, outputs: Sequence[Any], labels: int) -> Any:
    """The output that is read.

    Raises:
        UsageError: none has that name, or it is not known which is meant.
    """
    named = [one for one in outputs if one.name == recipe.output_name]
    several = [one for one in outputs if one.type in _FLOATS and list(one.shape)[1:] == [labels]]
    found = named if recipe.output_name else outputs if len(outputs) == 1 else several
    if len(found) == 1 and found[0].type in (*_FLOATS, *_LABELS):
        return found[0]
    told = ", ".join(f"{one.name}: {one.type} {one.shape}" for one in outputs)
    wanted = f"{recipe.output_name!r}" if recipe.output_name else "one with a score for each label, or a label"
    raise UsageError(f"{_WHERE}, {recipe.file}", f"the outputs {told}", wanted, "say which: output_name=NAME")


def _counted(where: str, answer: NDArray[Any], names: Sequence[str], count: int) -> Tensor:
    """Labels as probabilities of 1, shape (n, l).

    Raises:
        ComponentError: one is no label.
    """
    said = answer.reshape(-1).tolist()
    indices = [names.index(one) if one in names else one for one in said]
    if len(said) != count or not all(isinstance(one, int) and 0 <= one < len(names) for one in indices):
        found = f"an output such as {said[:3]} of shape {answer.shape} for {count} waveforms"
        raise ComponentError(where, found, f"one of {len(names)} labels for each", "give all: labels=NAME+NAME+...")
    return torch.nn.functional.one_hot(torch.tensor(indices), len(names)).double()


def _own_labels(file: Path, session: Any) -> tuple[str, ...]:
    """The model's metadata "labels"."""
    text = str(session.get_modelmeta().custom_metadata_map.get("labels", "")).strip()
    try:
        names = json.loads(text) if text.startswith("[") else [name.strip() for name in text.split(",")]
    except (ValueError, RecursionError):
        names = []
    if not names or not all(isinstance(name, str) and name for name in names):
        found = f"the metadata labels = {text[:200]!r}" if text else "no labels in its metadata"
        remedy = "give them in the outputs' order: labels=anger+happiness+sadness+neutral"
        raise UsageError(f"{_WHERE}, {file}", found, "the labels of its outputs", remedy)
    return tuple(names)
