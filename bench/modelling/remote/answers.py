"""Reading a label or scores out of a service's JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.core.errors import ComponentError

WHOLE = "."
"""The path of the whole answer."""


def at(where: str, answer: Any, path: str) -> Any:
    """Find what stands at a path of names and list indices joined by dots.

    Args:
        where: whose answer it is, for the message.
        answer: JSON.
        path: such as "results.0.label"; "." is the whole answer.

    Raises:
        ComponentError: there is nothing; the message says how far it leads and what is there.

    >>> at("a service", {"results": [{"label": "sad"}]}, "results.0.label")
    'sad'
    """
    found = answer
    for depth, step in enumerate([] if path == WHOLE else path.split(".")):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            said = f"no {step!r} of the path {path!r}, but {_shape(found)}"
            remedy = "correct label_path or scores_path"
            if isinstance(found, list) and found and _is_scored(found):
                so_far = ".".join(path.split(".")[:depth]) or WHOLE
                remedy = f"it looks like labels and scores: scores_path={so_far}"
            raise ComponentError(where, said, "an answer that has it", remedy)
    return found


def label_at(where: str, answer: Any, path: str) -> str:
    """Read a label: text, or a whole number as text.

    Args:
        where: whose answer it is, for the message.
        answer: JSON.
        path: where the label stands, such as "results.0.label"; "." is the whole answer.

    Raises:
        ComponentError: what stands there is neither.
    """
    found = at(where, answer, path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise ComponentError(
            where, f"{_shape(found)} at {path!r}", "a label", "correct label_path, or give scores_path"
        )
    return str(found)


def scores_at(where: str, answer: Any, path: str, names: Sequence[str]) -> dict[str, float]:
    """Read scores by label: {label: score}, [{"label": ..., "score": ...}, ...], or numbers in the order of `names`.

    Args:
        where: whose answer it is, for the message.
        answer: JSON.
        path: where the scores stand, such as "results.0.scores"; "." is the whole answer.
        names: the labels of bare numbers; empty where the user gave none.

    Raises:
        ComponentError: what stands there is none of these.

    >>> scores_at("a service", [{"label": "sad", "score": 0.75}, {"label": "hap", "score": 0.25}], ".", ())
    {'sad': 0.75, 'hap': 0.25}
    """
    found = at(where, answer, path)
    pairs: list[tuple[Any, Any]] = []
    if isinstance(found, Mapping):
        pairs = list(found.items())
    elif isinstance(found, list) and _is_scored(found):
        pairs = [(one["label"], one["score"]) for one in found]
    elif isinstance(found, list) and len(found) == len(names):
        pairs = list(zip(names, found, strict=True))
    scores = {str(label): float(score) for label, score in pairs if _is_number(score)}
    if not pairs or len(scores) != len(pairs):
        expected = (
            'scores: {"LABEL": NUMBER}, or [{"label": "LABEL", "score": NUMBER}], or numbers and labels=NAME+NAME'
        )
        raise ComponentError(where, f"{_shape(found)} at {path!r}", expected, "correct scores_path")
    return scores


def log_shares(where: str, scores: Mapping[str, float]) -> list[float]:
    """Take logarithms of probabilities that may have been rounded, or cut to the most likely; they are made to sum to
    1.

    Args:
        where: whose answer it is, for the message.
        scores: at least one, by label.

    Returns:
        Natural logarithms in the order of `scores`; −inf for 0.

    Raises:
        ComponentError: one is negative, or their sum is zero or more than 1.05.
    """
    total = sum(scores.values())
    if min(scores.values()) < 0 or not 0 < total <= 1.05:
        found = f"scores that sum to {total:.4g}, the lowest {min(scores.values()):.4g}"
        percent = 95 <= total <= 105 and min(scores.values()) >= 0
        remedy = "where they are percentages: scores=percent" if percent else "where they are raw scores: scores=logits"
        raise ComponentError(where, found, "probabilities", remedy)
    return [math.log(score / total) if score else -math.inf for score in scores.values()]


def _is_scored(found: list[Any]) -> bool:
    return all(isinstance(one, Mapping) and {"label", "score"} <= one.keys() for one in found)


def _is_number(value: Any) -> bool:
    """Whether it is a finite number that a float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _shape(value: Any) -> str:
    """What a value is, in a few words."""
    if isinstance(value, Mapping):
        return "an object with " + (", ".join(map(repr, list(value)[:10])) or "nothing")
    return f"a list of {len(value)}" if isinstance(value, list) else repr(value)[:80]
