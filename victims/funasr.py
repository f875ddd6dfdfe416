"""A model of FunASR's that tells emotions, emotion2vec+ or SenseVoice, asked through the funasr that is installed."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench import Batch, ComponentError, FitContext, Progress, Traits, Utterance
from bench.modelling.pretrained.borrowed import Borrowed, BorrowedRecipe, digest_of, module_for
from bench.modelling.pretrained.funasr_folder import check_folder
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.score_forms import log_scores
from bench.modelling.seeding import seeded

_WHERE = "victim 'funasr'"
_ANSWER = "[{labels, scores}], as emotion2vec answers, or [{text}] with a token such as <|HAPPY|>, as SenseVoice does"
_TOKEN = re.compile(r"<\|([A-Za-z_]+)\|>")
_EMOTIONS = ("HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "DISGUSTED", "SURPRISED")
"""SenseVoice's tokens for emotions; EMO_UNKNOWN is none."""
_ASKING: dict[str, Any] = {
    **{"granularity": "utterance", "extract_embedding": False},
    **{"language": "auto", "use_itn": False, "ban_emo_unk": True},
    **{"key": "utterance", "disable_pbar": True, "batch_size": 1},
}


@dataclass(frozen=True)
class FunAsr(BorrowedRecipe["FittedFunAsr"]):
    """A model of FunASR's that tells emotions, `funasr:FOLDER`: emotion2vec+ (base, large, seed) or SenseVoiceSmall.

    It is asked through `funasr.AutoModel`, about one utterance at a time; what is drawn meanwhile (dither) is drawn
    alike every time. The folder is looked at first: settings that name code of the model's own or files elsewhere, and
    weights that are more than tensors, are refused; `trust_remote_code` is never given. `isolated:funasr:FOLDER` runs
    funasr in a process of its own. Nothing is trained.

    emotion2vec answers with scores by label. SenseVoice answers with one token; a recording in which it hears an
    emotion that is none of the task's is refused.

    Args:
        folder: as published: `config.yaml`, `model.pt`, `tokens.txt` and what else belongs to it.
        labels: other names for some of the model's labels (THEIRS:OURS).
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
    """

    folder: Path
    labels: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, and on whom it was elsewhere."""
        return Traits(trains=False, trained_on=self.trained_on)

    @property
    def path(self) -> Path:
        """Give the folder's path."""
        return self.folder.expanduser()

    def fingerprint(self) -> str:
        """Digest the folder's files, and the version of funasr."""
        module_for(_WHERE, "funasr", "funasr")
        return f"{digest_of(_WHERE, check_folder(f'{_WHERE}, {self.folder}', self.path))}-{_version()}"

    def loaded(self, context: FitContext) -> FittedFunAsr:
        """Let funasr load the model from its folder.

        Raises:
            UsageError: funasr is not installed, or the folder is no model that it may load.
            DataError: its weights are more than tensors.
            ComponentError: funasr cannot load it.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        where = f"{_WHERE}, {self.folder}"
        check_folder(where, self.path)
        with redirect_stdout(sys.stderr), seeded("funasr"):
            funasr = module_for(_WHERE, "funasr", "funasr")
            try:
                model = funasr.AutoModel(
                    model=str(self.path.resolve()),
                    device=str(context.device),
                    trust_remote_code=False,
                    disable_update=True,
                    disable_pbar=True,
                    disable_log=True,
                )
            except (Exception, SystemExit) as error:  # whatever its files make the library do
                found = f"{type(error).__name__}: {str(error)[:300]}"
                raise ComponentError(where, found, "a model that funasr loads", "try it with funasr alone") from error
        return FittedFunAsr(self, labels, model, context.device, Unheard(context.progress))


@dataclass
class Unheard:
    """Count answers without a class of the task; told at 1, 10, 100 ...

    Args:
        progress: is told.
        counts: by answer.
    """

    progress: Progress
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, said: str) -> None:
        """Count one.

        Args:
            said: the answer.
        """
        with self._lock:
            self.counts[said] += 1
            count = self.counts.total()
        if str(count).strip("0") == "1":
            self.progress.say(f"{_WHERE}: {count} answers that are no class of the task, the last {said[:80]!r}")


@dataclass(frozen=True)
class FittedFunAsr(Borrowed):
    """The model, loaded, and how its labels are read.

    Args:
        recipe: where it is.
        labels: how they are read.
        model: of `funasr.AutoModel`.
        device: where the answers go.
        unheard: what was no class.
        names: the labels that the user gives: none.
    """

    recipe: FunAsr
    labels: Labels
    model: Any
    device: torch.device
    unheard: Unheard
    names: tuple[str, ...] = ()
    victim: ClassVar[str] = "funasr"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse a model that says nothing of the task, or whose answers depend on chance."""
        for one in probes[:1]:
            names, scores = self.said(one)
            if scores is not None:
                self.labels.columns(names)
        for one in probes:
            first, again = (self.ask([one]) for _ in range(2))
            if float((first - again).abs().max()) > 1e-4:
                expected, remedy = "the same answer about the same sound", "choose another version of funasr"
                raise ComponentError(
                    _WHERE, "log-probabilities that change from one time to the next", expected, remedy
                )

    def ask(self, utterances: Sequence[Utterance]) -> Tensor:
        """Estimate class log-probabilities, shape (n, c); even ones where it says no class."""
        return torch.stack([self._row(one)[0] for one in utterances])

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Estimate log-probabilities, shape (b, c), and say about which utterances it says no class, shape (b,)."""
        rows = [self._row(one) for one in batch.utterances]
        refused = torch.tensor([silent for _, silent in rows], device=self.device)
        return torch.stack([row for row, _ in rows]).to(self.device), refused

    def _row(self, utterance: Utterance) -> tuple[Tensor, bool]:
        names, scores = self.said(utterance)
        if scores is not None:
            return self.labels.of_scores(names, log_scores(_WHERE, scores[None]))[0], False
        count = len(self.labels.task.classes)
        if not names or self.labels.class_of(names[0]) is None:
            self.unheard.note(names[0] if names else "no emotion")
            return torch.full((count,), 1 / count).log(), True
        return self.labels.of_names(names)[0], False

    def said(self, utterance: Utterance) -> tuple[tuple[str, ...], Tensor | None]:
        """Ask about one utterance.

        Returns:
            All labels with their scores, shape (l,); or the one that it says, if it says one, and None.

        Raises:
            ComponentError: funasr raised, or its answer has another form.
        """
        sound = np.array(utterance.waveform.cpu().numpy(), dtype=np.float32)  # its own copy
        where = f"{_WHERE}, {self.recipe.folder}"
        try:
            with redirect_stdout(sys.stderr), seeded("funasr"), torch.no_grad():
                answer = self.model.generate(input=sound, **_ASKING)
        except (Exception, SystemExit) as error:
            found = f"{type(error).__name__}: {str(error)[:300]}, about {len(sound):,} samples"
            raise ComponentError(where, found, _ANSWER, "try it with funasr alone") from error
        return _read(where, answer)


def _read(where: str, answer: Any) -> tuple[tuple[str, ...], Tensor | None]:
    first = answer[0] if isinstance(answer, list) and len(answer) == 1 else None
    if isinstance(first, Mapping) and isinstance(first.get("labels"), list) and isinstance(first.get("scores"), list):
        names, scores = tuple(map(str, first["labels"])), first["scores"]
        if names and len(names) == len(scores) and all(isinstance(one, int | float) for one in scores):
            return names, torch.tensor(scores, dtype=torch.float64)
    if isinstance(first, Mapping) and isinstance(first.get("text"), str):
        tokens = _TOKEN.findall(first["text"])
        if tokens:
            return tuple(token for token in tokens if token.upper() in _EMOTIONS)[:1], None
    raise ComponentError(where, f"the answer {str(answer)[:120]}", _ANSWER, "choose a model that tells emotions")


def _version() -> str:
    try:
        return importlib.metadata.version("funasr")
    except importlib.metadata.PackageNotFoundError:  # it lies on the path without having been installed
        return "unknown"
