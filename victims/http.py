"""A deployed service as a black box: a sound is sent, a label or scores come back."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from bench import (
    Batch,
    BenchError,
    FitContext,
    Spec,
    Traits,
    UsageError,
    Utterance,
    build,
    cache_dir,
    check_fields,
    did_you_mean,
    fingerprint,
    in_threads,
    values_of,
)
from bench.modelling.pretrained.borrowed import Borrowed, BorrowedRecipe
from bench.modelling.pretrained.labels import Labels
from bench.modelling.remote.answers import label_at, log_shares, scores_at
from bench.modelling.remote.journal import Journal
from bench.modelling.remote.sending import Form, body, check_url, key_from, wav_bytes
from bench.modelling.remote.service import Pace, Service
from bench.modelling.remote.settings import read_json_file
from bench.modelling.remote.steadiness import refuse_chance

_WHERE = "victim 'http'"
_RANGES = {
    "parallel": (1, 256),
    "retries": (0, 100),
    "pause_s": (0, 600),
    "max_requests": (1, 1e12),
    "timeout_s": (0.01, 3600),
    "rate_limit_per_s": (1e-4, 1e6),
}
_ASKING = ("url", "send", "field", "extra", "version")
_READING = ("label_path", "scores_path", "scores", "labels")


@dataclass(frozen=True)
class Http(BorrowedRecipe["FittedHttp"]):
    """A deployed service, `http:URL`: each utterance is sent as a 16-bit WAV file of 16 kHz, the answer is JSON.

    Every answer is kept in the cache before it is used, by the service and the WAV's exact bytes: what has been
    answered is never asked again, by this run or another. Nothing is trained.

    Args:
        url: http or https. One with `,` goes into `settings`.
        send: a form's file (multipart), the file itself (raw), or an object with the file in base64 (json).
        field: the form's or the object's name for the file; in an object a path with dots.
        extra: further fields of the form or object, NAME:VALUE.
        label_path: where the answer has its label: names and list indices joined by dots, `.` for all of it.
        scores_path: where it has scores by label; they are used in the place of the label.
        scores: what they are. Probabilities and percentages may be rounded, and the least likely left out.
        labels: all labels that the service has, or other names for some of them (THEIRS:OURS).
        key_env: the environment variable that holds a key. The key itself is in no file, record or message.
        key_header: the header that carries the key.
        key_scheme: what stands before the key there.
        version: of the service, in your own words: with another one all is asked again.
        parallel: requests at a time.
        rate_limit_per_s: requests a second, of all processes together.
        retries: further tries after a lost connection, or a status 408, 425, 429, 500, 502, 503 or 504.
        pause_s: seconds before the second try, doubled before each further one; `Retry-After` may ask for more.
        timeout_s: seconds for all of an answer, from the connection on.
        max_requests: requests in all, those that fail and those of earlier runs too; none for any number.
        trained_on: speakers of the corpus that the service's model was trained on, "*" for all of them.
        randomised: it answers by chance, and is asked anew for every query; one that does so unsaid is refused.
        settings: a JSON file with any of these by name. A ceiling that is raised there resumes the same cells.
    """

    url: str = ""
    send: Form = "multipart"
    field: str = "file"
    extra: tuple[str, ...] = ()
    label_path: str = "label"
    scores_path: str | None = None
    scores: Literal["probabilities", "percent", "logits"] = "probabilities"
    labels: tuple[str, ...] = ()
    key_env: str | None = None
    key_header: str = "Authorization"
    key_scheme: str = "Bearer"
    version: str = ""
    parallel: int = 1
    rate_limit_per_s: float | None = None
    retries: int = 3
    pause_s: float = 1.0
    timeout_s: float = 30.0
    max_requests: int | None = 10_000
    trained_on: tuple[str, ...] = ()
    randomised: bool = False
    settings: Path | None = None

    def __post_init__(self) -> None:
        if self.settings is not None:
            self.resolved()
            return
        check_url(_WHERE, self.url)
        for name, (least, most) in _RANGES.items():
            check_fields(self, _WHERE, (name,), "choose another", at_least=least, at_most=most)
        for text in (self.field, *self.extra, self.key_header, self.key_scheme):
            if not text.isprintable() or '"' in text:
                expected = "a name without quotation marks or control characters"
                raise UsageError(_WHERE, repr(text), expected, "correct it")
        wrong = [item for item in self.extra if not item.partition(":")[0] or ":" not in item]
        if wrong or (self.extra and self.send == "raw"):
            found = f"extra={'+'.join(self.extra)} with send={self.send}"
            raise UsageError(_WHERE, found, "NAME:VALUE+..., with send=multipart or json", "correct it")

    def resolved(self) -> Http:
        """Return the recipe with what stands in the `settings` file.

        Raises:
            UsageError: the file is missing, is no JSON object, or sets what the spec sets too, or what is no parameter.
        """
        return self if self.settings is None else _from_file(self, self.settings.expanduser())

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, on whom it was elsewhere, and what it may cost."""
        own = self.resolved()
        return Traits(
            trains=False,
            trained_on=own.trained_on,
            randomised=own.randomised,
            requests=1,
            most_requests=own.max_requests,
        )

    def fingerprint(self) -> str:
        """Digest what is asked and how the answer is read; how often and how patiently changes no result."""
        service = values_of(self.resolved())
        return fingerprint(json.dumps(service[name]) for name in (*_ASKING, *_READING))

    def loaded(self, context: FitContext) -> FittedHttp:
        """Say how the service is asked; nothing is sent.

        Raises:
            UsageError: the settings, the labels or the key cannot be used.
        """
        recipe = self.resolved()
        labels = Labels.given(_WHERE, context.task, recipe.labels, context.progress)
        secret = key_from(_WHERE, recipe.key_env) if recipe.key_env else ""
        headers = {recipe.key_header: f"{recipe.key_scheme} {secret}".strip()} if secret else {}
        asked = values_of(recipe)
        name = fingerprint(json.dumps(asked[name]) for name in _ASKING)
        journal = Journal(cache_dir() / "services" / f"{name}.sqlite3")
        interval_s = 1 / recipe.rate_limit_per_s if recipe.rate_limit_per_s else 0.0
        pace = Pace(
            recipe.timeout_s, recipe.retries, recipe.pause_s, interval_s, context.max_requests or recipe.max_requests
        )
        service = Service(f"{_WHERE}, {recipe.url}", recipe.url, journal, pace, headers, secret)
        return FittedHttp(recipe, labels, labels.names, service, context.device)


@dataclass(frozen=True)
class FittedHttp(Borrowed):
    """A service, and how its answers are read.

    Args:
        recipe: with what stands in its settings file.
        labels: how its labels are read.
        names: all labels that it has, where the user gives them.
        service: what is asked.
        device: where the answers go.
    """

    recipe: Http
    labels: Labels
    names: tuple[str, ...]
    service: Service
    device: torch.device
    victim: ClassVar[str] = "http"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse a service whose answer about one utterance cannot be read as one of the task's classes, or that gives
        another one to the same request."""
        if self.names:
            self.labels.columns(self.names)
        for answer in self.answers([wav_bytes(utterance.waveform) for utterance in probes[:1]]):
            if self.recipe.scores_path is not None and not self.names:
                self.labels.columns(list(scores_at(self.service.where, answer, self.recipe.scores_path, self.names)))
            self.read(answer)
        if not self.recipe.randomised:
            refuse_chance(self.service.where, lambda mark: self.ask(probes, (mark,) * len(probes)))

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c); where chance is in them, each query is asked anew."""
        marks = batch.sample_keys if self.recipe.randomised else ()
        return self.ask(batch.utterances, marks).to(self.device)

    def note(self) -> dict[str, Any]:
        """Tell what it is, in plain JSON values: neither key nor pace."""
        classes = self.labels.task.classes
        return {"victim": "http", "classes": classes, "labels": self.names, "asked": self.recipe.fingerprint()}

    def ask(self, utterances: Sequence[Utterance], marks: Sequence[str] = ()) -> Tensor:
        """Estimate class log-probabilities, shape (n, c).

        Args:
            utterances: any number.
            marks: one for each, that tells apart questions about the same sound; empty where there is one alone.
        """
        wavs = [wav_bytes(utterance.waveform) for utterance in utterances]
        return torch.cat([self.read(answer) for answer in self.answers(wavs, marks)])

    def answers(self, wavs: Sequence[bytes], marks: Sequence[str] = ()) -> list[Any]:
        """Return the answer about each WAV file; ask about those that the journal has no answer for.

        Args:
            wavs: the files.
            marks: see `ask`.
        """
        own = marks or ("",) * len(wavs)
        questions = [hashlib.sha256(wav).hexdigest() + mark for wav, mark in zip(wavs, own, strict=True)]
        new = {q: wav for q, wav in zip(questions, wavs, strict=True) if not self._good(self.service.journal.answer(q))}

        def work(share: Sequence[str], stopped: threading.Event) -> None:
            for question in share:
                self.service.ask(question, partial(self._body, new[question], question[:64]), self._good, stopped)

        if new:
            in_threads(work, list(new), min(self.recipe.parallel, len(new)))
        return [self.service.journal.answer(question) for question in questions]

    def read(self, answer: Any) -> Tensor:
        """Read class log-probabilities from one answer, shape (1, c).

        Raises:
            ComponentError: it cannot be read, or is no class of the task.
        """
        where, recipe = self.service.where, self.recipe
        if recipe.scores_path is None:
            return self.labels.of_names([label_at(where, answer, recipe.label_path)])
        scores = scores_at(where, answer, recipe.scores_path, self.names)
        shares = {name: score / 100 for name, score in scores.items()} if recipe.scores == "percent" else scores
        logs = list(scores.values()) if recipe.scores == "logits" else log_shares(where, shares)
        return self.labels.of_scores(list(scores), torch.tensor([logs], dtype=torch.float64))

    def _body(self, wav: bytes, digest: str) -> tuple[bytes, str]:
        extra = dict(item.partition(":")[::2] for item in self.recipe.extra)
        return body(self.recipe.send, self.recipe.field, extra, wav, digest)

    def _good(self, answer: Any) -> bool:
        """Whether an answer has a label or scores where they are looked for."""
        try:
            if self.recipe.scores_path is None:
                label_at("", answer, self.recipe.label_path)
            else:
                scores_at("", answer, self.recipe.scores_path, self.names)
        except BenchError:
            return False
        return True


def _from_file(recipe: Http, file: Path) -> Http:
    """The recipe with the parameters of a file."""
    where, wanted = f"{_WHERE}, {file}", "an object of parameters by name"
    try:
        given = read_json_file(file)
    except (OSError, ValueError) as error:
        raise UsageError(where, f"no usable JSON ({error})", wanted, "correct the file") from error
    if not isinstance(given, dict) or not all(isinstance(value, str | int | float | list) for value in given.values()):
        raise UsageError(where, "something else", f"{wanted}: texts, numbers and lists", "correct the file")
    known = {field.name: field.default for field in fields(Http) if field.name != "settings"}
    wrong = [name for name in given if name not in known]
    if wrong:
        raise UsageError(where, repr(wrong[0]), "one of " + ", ".join(known), did_you_mean(wrong[0], known))
    own = values_of(recipe)
    twice = [name for name in given if own[name] != known[name]]
    if twice:
        raise UsageError(where, f"{', '.join(twice)}, which the spec has too", "each in one place", "take one out")
    lists = {name: tuple(map(str, value)) for name, value in given.items() if isinstance(value, list)}
    plain = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}
    texts = {"url": recipe.url} | {name: text for name, text in plain.items() if name not in lists}
    made = values_of(build(Http, Spec("http", tuple(texts.items())), where))
    values: dict[str, Any] = {name: lists.get(name, made[name]) for name in given}
    return replace(recipe, settings=None, **values)
