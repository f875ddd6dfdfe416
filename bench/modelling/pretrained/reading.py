"""Reading what a model says as an emotion: "生气/angry", `<|HAPPY|>`, "Neutral State", "The speaker sounds angry."

A label is read as it is spelt, or guessed at, or not read at all; who asks is told which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bench.modelling.pretrained.spellings import (
    CJK_DOUBT,
    CODE_BOOKS,
    COURTESY,
    DOUBT,
    FILLING,
    IN_CJK,
    IN_ENGLISH,
    NOTHING,
    WHOLE,
)

_BETWEEN = re.compile(r"[/|,;:=(){}\[\]<>→+&\"\n]+|(?<=\s)-+(?=\s)|(?<!\d)\.(?!\d)|!")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(\.\d+)?%?")


@dataclass(frozen=True)
class Reading:
    """What a label is read as.

    Args:
        emotions: by the house's names; several where the label names several ("happy/excited").
        guess: why it is no more than a guess; "" where the label is a known spelling.
    """

    emotions: frozenset[str]
    guess: str = ""


@lru_cache(maxsize=4096)
def read_emotion(label: str) -> Reading | None:
    """Read a label, or an answer in words, as emotions.

    A label whose every part is a known spelling is read as it is spelt. It is guessed at where one part is a spelling
    and the others are single words that nobody knows, and where a sentence names emotions and has no word that may turn
    it round.

    Args:
        label: whatever a model says.

    Returns:
        None where nothing can be read, or where what is read would have to be chosen.

    >>> sorted(read_emotion("生气/angry").emotions), read_emotion("Neutral State").guess
    (['anger'], '')
    >>> read_emotion("The speaker sounds angry.").guess
    'the only emotion in a sentence'
    >>> read_emotion("The speaker is not angry.")
    """
    text = unicodedata.normalize("NFKC", label).casefold().replace("’", "'").strip()
    if "?" in text:
        return None
    whole = _plain(text)
    if whole in WHOLE:
        return Reading(frozenset({WHOLE[whole]}))
    parts = [part for part in map(_plain, _BETWEEN.split(text)) if part]
    if not parts or any(part in NOTHING for part in parts):
        return None
    known = frozenset(WHOLE[part] for part in parts if part in WHOLE)
    strange = [part for part in parts if part not in WHOLE]
    if known and not strange:
        return Reading(known)
    if known and all(_is_word(part) for part in strange):
        return Reading(known, f"{strange[0]!r} beside it is not known")
    return _sentence(text)


def read_codes(labels: Sequence[str]) -> tuple[dict[str, str], str] | None:
    """Read codes of one or two letters by the one book that all of them are from.

    Args:
        labels: all that a model has.

    Returns:
        The emotion of each code, "" for none, and whose codes they are; None where they are in no book, or where two
        books that know them all disagree.

    >>> read_codes(["W", "F", "T", "N"])
    ({'W': 'anger', 'F': 'happiness', 'T': 'sadness', 'N': 'neutral'}, "EMO-DB's letters")
    >>> read_codes(["A", "F", "N"])
    """
    codes = [label.strip().lower() for label in labels if label.strip().strip("<>|").lower() not in NOTHING]
    fitting = {name: book for name, book in CODE_BOOKS.items() if len(codes) > 1 and set(codes) <= book.keys()}
    found = {name: tuple(book[code] for code in codes) for name, book in fitting.items()}
    if len(set(found.values())) != 1:
        return None
    name, book = next(iter(fitting.items()))
    return {label: book[label.strip().lower()] for label in labels if label.strip().lower() in book}, name


def _plain(text: str) -> str:
    """A part without what says nothing: marks, numbers, "emotion", "male"."""
    words = re.split(r"[\s_\-.*'`#]+", text)
    words = [word for word in words if word and not _NUMBER.fullmatch(word)]
    kept = [word for word in words if word not in FILLING]
    return " ".join(words if " ".join(words) in WHOLE else kept)


def _is_word(part: str) -> bool:
    return len(part.split()) == 1 and part not in DOUBT and not any(mark in part for mark in CJK_DOUBT)


def _sentence(text: str) -> Reading | None:
    """The emotions that a sentence names; None where a word may turn it round."""
    words = _WORD.findall(text)
    doubtful = any(word in DOUBT or word.endswith("n't") for word in words) or any(
        mark in text for mark in (*CJK_DOUBT, *COURTESY)
    )
    found = {IN_ENGLISH[word] for word in words if word in IN_ENGLISH}
    found |= {emotion for word, emotion in IN_CJK.items() if word in text}
    if doubtful or not found:
        return None
    return Reading(frozenset(found), "the only emotion in a sentence" if len(found) == 1 else "emotions in a sentence")
