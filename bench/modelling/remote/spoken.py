"""What a model that talks has said: its text, its refusals, and how often it gave no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.core.errors import ComponentError
from bench.core.showing.progress import Progress
from bench.modelling.remote.answers import at


@dataclass
class Silences:
    """Count what was no answer: refusals, and words in which no class could be read; told at 1, 10, 100 ...

    Args:
        where: whose, for what is told.
        progress: is told.
        counts: by kind.
    """

    where: str
    progress: Progress
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, said: str) -> None:
        """Count one.

        Args:
            kind: "refusals" or "answers without a class".
            said: what was said.
        """
        self.counts[kind] += 1
        number = self.counts[kind]
        if set(str(number)[1:]) <= {"0"} and str(number)[0] == "1":
            self.progress.say(f"{self.where}: {number} {kind} so far; the last: {said[:80]!r}")


def text_of(where: str, answer: Any) -> tuple[str, bool]:
    """Read what a chat's answer says, and whether it is marked as a refusal.

    Args:
        where: whose answer it is, for the message.
        answer: JSON: the text is a string or a list of parts.

    Raises:
        ComponentError: it is no answer of a chat.
    """
    message = at(where, answer, "choices.0.message")
    if not isinstance(message, Mapping):
        raise ComponentError(where, f"a message {message!r:.80}", "an object with content", "correct the address")
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        return message["refusal"], True
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = " ".join(part for part in parts if isinstance(part, str))
    if content is None:
        return "", True
    if not isinstance(content, str):
        raise ComponentError(where, f"a content {content!r:.80}", "text", "correct the address")
    return content, False
