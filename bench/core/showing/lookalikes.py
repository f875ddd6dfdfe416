"""Names that a reader takes for others: told apart by what is seen of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from bench.core.showing.plain_text import is_hidden

_CYRILLIC = "\u0430\u0432\u0435\u0456\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443"
_MORE_CYRILLIC = "\u0445\u0455\u0458\u0501\u051b\u051d\u04bb\u0261"
_GREEK = "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9"
_SEEN = str.maketrans(_CYRILLIC + _MORE_CYRILLIC + _GREEK, "abeikmhopctyxsjdqwhg" + "abeiknoptuxw")
"""Letters of other scripts that look like Latin ones."""
_THEN = str.maketrans("i1|\u01310", "llllo", "-_. ")


def seen_as(name: str) -> str:
    """Return what is seen of a name at a glance: two that have it in common are taken for each other.

    Case, marks on letters, hyphens, underscores and what is not seen at all are left out; letters of other scripts, and
    digits, stand for the Latin letters that they look like.

    >>> seen_as("cnn_gru") == seen_as("CNN-GRU") == seen_as("\\u0441nn_gru"), seen_as("cnn_gru2") == seen_as("cnn_gru")
    (True, False)
    """
    shown = (one for one in unicodedata.normalize("NFKD", name) if not is_hidden(one))
    plain = "".join(one for one in shown if unicodedata.category(one) != "Mn")
    found = plain.casefold().translate(_SEEN).translate(_THEN)
    return found.replace("rn", "m").replace("vv", "w")


def look_alike(names: Iterable[str], others: Iterable[str]) -> tuple[str, str] | None:
    """Find a name that is taken for another one; None where there is none.

    Args:
        names: in order.
        others: that have been there before; the same name is no other.

    >>> look_alike(["boundary", "noise-mixup"], ["boundary", "noise_mixup"])
    ('noise-mixup', 'noise_mixup')
    """
    there = list(others)
    known = {seen_as(other): other for other in reversed(there)}
    taken = ((one, known.get(seen_as(one))) for one in names if one not in there)
    return next(((one, other) for one, other in taken if other is not None), None)
