"""Any model in memory, and how it is asked: a function, a torch module, a pipeline of transformers', an object of
scikit-learn's."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.core.errors import BenchError, ComponentError, UsageError
from bench.core.types import SAMPLE_RATE
from bench.modelling.pretrained.score_forms import log_scores, looks_like_probabilities
from bench.modelling.pretrained.userfile import labels_of
from bench.studies.in_memory.given import named_as

FORMS = (
    "a label, a dict of probabilities by label, or an array of probabilities with labels=[...]; from a torch module "
    "logits of shape (1, l)"
)

_KINDS = "a spec, a function, a torch module, a pipeline, an object with predict, or a fitted victim"

Answer = Mapping[str, float] | str
Sound = NDArray[np.float32]


@runtime_checkable
class Predicting(Protocol):
    """An object that predicts as scikit-learn's do."""

    def predict(self, rows: Any, /) -> Any:
        """Predict a label for each row."""
        ...


@runtime_checkable
class Weighing(Predicting, Protocol):
    """One that has probabilities too.

    Attributes:
        classes_: the columns' labels.
    """

    classes_: Any

    def predict_proba(self, rows: Any, /) -> Any:
        """Estimate probabilities for each row."""
        ...


@dataclass(frozen=True)
class Model:
    """A model of any kind, asked about one sound at a time.

    Args:
        call: from a waveform, shape (t,), to whatever it answers.
        where: what it is, for messages.
        labels: of an array's columns, where they are known.
        logits: whether an array that is no probabilities is logits.
    """

    call: Callable[[Sound], Any]
    where: str
    labels: tuple[str, ...] = ()
    logits: bool = False

    def answer(self, sound: Sound) -> Answer:
        """Ask about a sound.

        Args:
            sound: shape (t,), float32, at 16 kHz, in [-1, 1]; the model is given a copy.

        Returns:
            A label, or probabilities by label.

        Raises:
            ComponentError: it raised, or its answer cannot be read.
        """
        try:
            found = self.call(sound.copy())
        except BenchError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {str(error)[:200]}"
            expected = f"an answer about a float32 array of shape {sound.shape}"
            raise ComponentError(self.where, said, expected, "try it on such an array by itself") from error
        return self._read(found)

    def _read(self, found: Any) -> Answer:
        if isinstance(found, str | int | np.integer | np.str_) and not isinstance(found, bool):
            return self.labels[int(found)] if not isinstance(found, str) and self.labels else str(found)
        if isinstance(found, Mapping):
            return {str(label): float(share) for label, share in found.items()}
        if _is_scored(found):
            return {str(one["label"]): float(one["score"]) for one in found}
        try:
            row = torch.as_tensor(np.asarray(found, dtype=np.float64)).reshape(-1)
        except (TypeError, ValueError) as error:
            raise ComponentError(self.where, f"the answer {str(found)[:80]!r}", FORMS, "give one of these") from error
        labels = self.labels or tuple(map(str, range(len(row))))
        if len(row) != len(labels) or len(row) < 2:
            said = f"{len(row)} numbers for {len(labels)} labels"
            raise ComponentError(self.where, said, FORMS, "give the labels in the outputs' order: labels=[...]")
        if self.logits and not looks_like_probabilities(row[None]):
            row = row.log_softmax(dim=0)
        shares = log_scores(self.where, row[None])[0].exp()
        return dict(zip(labels, shares.tolist(), strict=True))


def model_of(
    given: Any,
    labels: Sequence[str] | None = None,
    features: Callable[[Sound, int], Any] | None = None,
    asked: str = "bench.attack, model",
) -> Model:
    """Tell what kind of model an object is, and how it is asked.

    Args:
        given: a function of one waveform, or of a waveform and its rate; a torch module of waveforms, shape (1, t); a
            pipeline of transformers' for audio classification; an object with `predict`.
        labels: of an array's columns, in their order.
        features: for an object with `predict`: from a waveform and its rate to a row.
        asked: which argument it was given as, for messages.

    Raises:
        UsageError: it is none of these.
    """
    if isinstance(given, type):
        found, remedy = f"the class {given.__name__}", f"make an object of it: {given.__name__}()"
        raise UsageError(asked, found, _KINDS, remedy)
    where = f"model {type(given).__name__}"
    own = tuple(map(str, labels or ())) or labels_of(given, where)
    if isinstance(given, torch.nn.Module):
        return Model(_of_module(given.eval()), where, own or _settings_labels(given), logits=True)
    if is_pipeline(given):
        pipe: Callable[..., Any] = given
        return Model(lambda sound: pipe({"raw": sound, "sampling_rate": SAMPLE_RATE}, top_k=None), where, own)
    if isinstance(given, Predicting):
        return _predicting(given, where, own, features)
    if not callable(given):
        raise UsageError(asked, f"a {type(given).__name__}", _KINDS, "give one of these")
    return Model(_of_function(given), f"model {named_as(given)}", own)


def _of_function(given: Callable[..., Any]) -> Callable[[Sound], Any]:
    """A function of a waveform, or of a waveform and its rate: told apart by the arguments that it must be given."""
    try:
        parameters = inspect.signature(given).parameters.values()
    except (TypeError, ValueError):  # of C
        return given
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.kind in by_place and one.default is one.empty]
    return (lambda sound: given(sound, SAMPLE_RATE)) if len(needed) == 2 else given


def _of_module(module: torch.nn.Module) -> Callable[[Sound], Any]:
    device = next((one.device for one in module.parameters()), torch.device("cpu"))

    @torch.no_grad()
    def ask(sound: Sound) -> Any:
        found = module(torch.from_numpy(sound)[None].to(device))
        logits = found.logits if isinstance(found, _WithLogits) else found
        return logits.float().cpu().numpy() if isinstance(logits, Tensor) else logits

    return ask


@runtime_checkable
class _WithLogits(Protocol):
    logits: Tensor


@runtime_checkable
class _WithSettings(Protocol):
    config: Any


@runtime_checkable
class _WithNames(Protocol):
    id2label: Mapping[int, str]


def _settings_labels(module: torch.nn.Module) -> tuple[str, ...]:
    """The labels that a model of transformers' has."""
    if isinstance(module, _WithSettings) and isinstance(module.config, _WithNames):
        return tuple(str(name) for _, name in sorted(module.config.id2label.items()))
    return ()


def _predicting(
    given: Predicting, where: str, own: tuple[str, ...], features: Callable[[Sound, int], Any] | None
) -> Model:
    def row(sound: Sound) -> Any:
        return [sound] if features is None else np.asarray(features(sound, SAMPLE_RATE)).reshape(1, -1)

    if isinstance(given, Weighing):
        weighing: Weighing = given
        return Model(
            lambda sound: weighing.predict_proba(row(sound))[0], where, own or tuple(map(str, weighing.classes_))
        )
    return Model(lambda sound: str(given.predict(row(sound))[0]), where, own)


def is_pipeline(given: Any) -> bool:
    """Tell whether an object is a pipeline of transformers', without importing that."""
    transformers = sys.modules.get("transformers")
    return transformers is not None and isinstance(given, transformers.Pipeline)


def _is_scored(found: Any) -> bool:
    scored = isinstance(found, list) and bool(found)
    return scored and all(isinstance(one, Mapping) and {"label", "score"} <= one.keys() for one in found)
