"""A model that listens and talks, behind an OpenAI-compatible address: it is asked in words which emotion it hears."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench import (
    Batch,
    ComponentError,
    FitContext,
    Traits,
    UsageError,
    Utterance,
    cache_dir,
    check_fields,
    fingerprint,
    in_threads,
    within,
)
from bench.modelling.pretrained.borrowed import Borrowed, BorrowedRecipe, digest_of
from bench.modelling.pretrained.labels import Labels
from bench.modelling.remote.journal import Journal
from bench.modelling.remote.sending import check_url, key_from, wav_bytes
from bench.modelling.remote.service import Pace, Service
from bench.modelling.remote.spoken import Silences, text_of
from bench.modelling.remote.steadiness import refuse_chance

_WHERE = "victim 'chat'"
_CLASSES = "{classes}"
PROMPTS = (
    "Listen to the speaker's voice. Which emotion does it express? Answer with one of these words and nothing else: "
    "{classes}.",
    "Classify the emotion of this recording as one of: {classes}. Reply with the label only.",
    "How does the person who speaks sound? Choose the best word from this list and write only that word: {classes}.",
)
"""What is asked, in this order; `{classes}` stands for the task's classes."""
_RANGES = {"parallel": (1, 256), "retries": (0, 100), "pause_s": (0, 600), "timeout_s": (0.01, 3600)}


@dataclass(frozen=True)
class Chat(BorrowedRecipe["FittedChat"]):
    """A model that hears and answers in words, `chat:URL,model=NAME`, as OpenAI's chat completions with audio are.

    Each prompt is sent with the utterance as a WAV file in base64; every answer is kept before it is used, and never
    asked for twice. What the model says is read as a label; where several prompts are asked, each has a vote. A
    refusal, or an answer in which no class can be read, is no vote; without any vote the utterance is refused.

    Args:
        url: of the endpoint, such as https://host/v1/chat/completions.
        model: its name there.
        prompts: how many of the published prompts are asked, from the first: an ensemble of them.
        prompt_files: text files with prompts of yours, in their place; `{classes}` stands for the task's classes.
        labels: other names for what the model says (THEIRS:OURS).
        temperature: of its answers.
        key_env: the environment variable that holds the key, sent as a bearer token; it is in no file or message.
        version: of the service, in your own words: with another one all is asked again.
        parallel: requests at a time.
        rate_limit_per_s: requests a second, of all processes together.
        retries: further tries after a lost connection, or a status that may pass.
        pause_s: seconds before the second try, doubled before each further one; `Retry-After` may ask for more.
        timeout_s: seconds for an answer.
        max_requests: requests in all, those that fail and those of earlier runs too; none for any number.
        trained_on: speakers of the corpus that the model was trained on, "*" for all of them.
        randomised: it answers by chance, and is asked anew for every query; one that does so unsaid is refused.
    """

    url: str
    model: str
    prompts: int = 1
    prompt_files: tuple[Path, ...] = ()
    labels: tuple[str, ...] = ()
    temperature: float = 0.0
    key_env: str | None = None
    version: str = ""
    parallel: int = 1
    rate_limit_per_s: float | None = None
    retries: int = 3
    pause_s: float = 1.0
    timeout_s: float = 120.0
    max_requests: int | None = 10_000
    trained_on: tuple[str, ...] = ()
    randomised: bool = False

    def __post_init__(self) -> None:
        check_url(_WHERE, self.url)
        within(_WHERE, "prompts", self.prompts, "the default is 1", at_least=1, at_most=len(PROMPTS))
        within(_WHERE, "temperature", self.temperature, "the default is 0", at_least=0, at_most=2)
        for name, (least, most) in _RANGES.items():
            check_fields(self, _WHERE, (name,), "choose another", at_least=least, at_most=most)
        check_fields(self, _WHERE, ("max_requests",), "leave it out", at_least=1)
        check_fields(self, _WHERE, ("rate_limit_per_s",), "leave it out", above=0)

    @property
    def traits(self) -> Traits:
        """Say that nothing is trained here, on whom it was elsewhere, and what it may cost: a request a prompt."""
        each = len(self.prompt_files) or self.prompts
        return Traits(
            trains=False,
            trained_on=self.trained_on,
            randomised=self.randomised,
            requests=each,
            most_requests=self.max_requests,
        )

    def fingerprint(self) -> str:
        """Digest what is asked and how answers are read; how often and how patiently changes no result."""
        told = (self.url, self.model, self.version, self.temperature, self.labels, self._templates())
        return fingerprint(json.dumps(one) for one in told)

    def loaded(self, context: FitContext) -> FittedChat:
        """Say how the model is asked; nothing is sent.

        Raises:
            UsageError: a prompt, the labels or the key cannot be used.
        """
        labels = Labels.given(_WHERE, context.task, self.labels, context.progress)
        secret = key_from(_WHERE, self.key_env) if self.key_env else ""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        name = fingerprint((self.url, self.model, self.version, str(self.temperature)))
        journal = Journal(cache_dir() / "services" / f"{name}.sqlite3")
        interval_s = 1 / self.rate_limit_per_s if self.rate_limit_per_s else 0.0
        pace = Pace(self.timeout_s, self.retries, self.pause_s, interval_s, context.max_requests or self.max_requests)
        service = Service(f"{_WHERE}, {self.url}", self.url, journal, pace, headers, secret)
        asked = tuple(one.replace(_CLASSES, ", ".join(context.task.classes)) for one in self._templates())
        return FittedChat(self, labels, asked, service, context.device, Silences(_WHERE, context.progress))

    def _templates(self) -> tuple[str, ...]:
        if not self.prompt_files:
            return PROMPTS[: self.prompts]
        digest_of(_WHERE, self.prompt_files)
        found = tuple(file.expanduser().read_text(encoding="utf-8").strip() for file in self.prompt_files)
        for file, text in zip(self.prompt_files, found, strict=True):
            if _CLASSES not in text:
                remedy = "write it where the task's classes are to stand"
                raise UsageError(f"{_WHERE}, {file}", f"a prompt without {_CLASSES}", "one with it", remedy)
        return found


@dataclass(frozen=True)
class FittedChat(Borrowed):
    """The model, and how its answers are read.

    Args:
        recipe: where it is.
        labels: how its labels are read.
        asked: the prompts, with the task's classes.
        service: what is asked.
        device: where the answers go.
        silences: counts what was no answer.
    """

    recipe: Chat
    labels: Labels
    asked: tuple[str, ...]
    service: Service
    device: torch.device
    silences: Silences
    victim: ClassVar[str] = "chat"

    def check(self, probes: Sequence[Utterance]) -> None:
        """Refuse an address whose answer about one utterance is none of a chat (a refusal is one), or which gives
        another answer to the same request."""
        self.votes(probes[:1])
        if not self.recipe.randomised:
            refuse_chance(self.service.where, lambda mark: self.ask(probes, (mark,) * len(probes)))

    def note(self) -> dict[str, Any]:
        """Tell what it is, in plain JSON values: neither key nor pace."""
        return {"victim": "chat", "classes": self.labels.task.classes, "asked": self.recipe.fingerprint()}

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate class log-probabilities, shape (b, c); where chance is in them, each query is asked anew."""
        return self.ask(batch.utterances, self._marks(batch)).to(self.device)

    def _marks(self, batch: Batch) -> Sequence[str]:
        return batch.sample_keys if self.recipe.randomised else ()

    def ask(self, utterances: Sequence[Utterance], marks: Sequence[str] = ()) -> Tensor:
        """Estimate class log-probabilities, shape (n, c): the share of votes; all alike where there is none.

        Args:
            utterances: any number.
            marks: one for each, that tells apart questions about the same sound; empty where there is one alone.
        """
        classes = self.labels.task.classes
        rows = []
        for votes in self.votes(utterances, marks):
            names = [classes[vote] for vote in votes if vote is not None]
            even = torch.full((1, len(classes)), 1 / len(classes))
            shares = self.labels.of_names(names).exp() if names else even
            rows.append(shares.mean(dim=0).log())
        return torch.stack(rows)

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Estimate log-probabilities, shape (b, c), and say for which utterances no prompt had a vote, shape (b,)."""
        silent = [all(vote is None for vote in votes) for votes in self.votes(batch.utterances, self._marks(batch))]
        return self.log_probs(batch), torch.tensor(silent, device=self.device)

    def votes(self, utterances: Sequence[Utterance], marks: Sequence[str] = ()) -> list[list[int | None]]:
        """Ask every prompt about utterances; what has been answered before is not asked again.

        Args:
            utterances: any number.
            marks: see `ask`.

        Returns:
            Of each utterance, for each prompt the index of a class; None for no answer.
        """
        sounds = [one.waveform for one in utterances]
        questions = [
            (hashlib.sha256(wav + prompt.encode()).hexdigest() + mark, wav, prompt)
            for wav, mark in zip(map(wav_bytes, sounds), marks or ("",) * len(sounds), strict=True)
            for prompt in self.asked
        ]
        new = {name: (wav, prompt) for name, wav, prompt in questions if not _good(self.service.journal.answer(name))}

        def work(share: Sequence[str], stopped: threading.Event) -> None:
            for name in share:
                self.service.ask(name, partial(self._body, *new[name]), _good, stopped)

        if new:
            in_threads(work, list(new), min(self.recipe.parallel, len(new)))
        said = [self._vote(self.service.journal.answer(name), name in new) for name, _, _ in questions]
        size = len(self.asked)
        return [said[start : start + size] for start in range(0, len(said), size)]

    def _body(self, wav: bytes, prompt: str) -> tuple[bytes, str]:
        sound = {"data": base64.b64encode(wav).decode(), "format": "wav"}
        parts = [{"type": "text", "text": prompt}, {"type": "input_audio", "input_audio": sound}]
        told = {"model": self.recipe.model, "messages": [{"role": "user", "content": parts}]}
        return json.dumps({**told, "temperature": self.recipe.temperature}).encode(), "application/json"

    def _vote(self, answer: Any, first: bool) -> int | None:
        """The class that an answer says; what is none is counted when it is first given."""
        said, refused = text_of(self.service.where, answer)
        found = None if refused else self.labels.class_of(said)
        if found is None and first:
            self.silences.note("refusals" if refused else "answers without a class", said)
        return found


def _good(answer: Any) -> bool:
    """Whether an answer is one of a chat."""
    try:
        text_of("", answer)
    except ComponentError:
        return False
    return True
