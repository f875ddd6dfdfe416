"""Inputs made wrong: bytes, words of text and values of JSON that are changed by a seeded draw."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_NUMBERS = (
    *("0", "-1", "-0.0", "1e305", "1e-320", "nan", "inf", "-inf", "NaN", "1_000", "0x10", "٣", "1,5", "+1", " 1 ", ""),
    *("9" * 19, "9" * 400, "9" * 5_000, "0." + "1" * 400, "2147483648", "18446744073709551616", "1e400", "true"),
)
_TEXTS = (
    *("", " ", "\t", "\n", "\x00", "\x1b[31m", "\x1b]8;;http://x\x1b\\", "\u202e", "\u200b", "\ufeff", "é", "e\u0301"),
    *("\U0001f600", "[/x]", "[link=x]", "=cmd|' /C calc'!A0", "..", "../../etc/passwd", "/dev/zero", "/dev/stdin", "~"),
    *("a" * 300, "a" * 70_000, "[" * 5_000, "{" * 5_000, "(" * 300, "'", '"', "\\", "%s", "{}", "null", "None", "\r"),
    *(":", ",", ";", "=", "+", ",,", "#", "&a", "*a", "!!python/object:os.system", "- ", "<b>", "\ud800"),
)
_WORD = re.compile(r"[\w.+-]+|[^\w\s]|\s+")


class Unchanged(random.Random):
    """A draw by which every input stays valid: what is tried first, and has to be accepted."""


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Turn some bits over."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64)) if found else 0):
        found[_place(found, rng)] ^= 1 << rng.randrange(8)
    return bytes(found)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Take an end, a beginning or a piece out."""
    a, b = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return rng.choice((data[:a], data[b:], data[:a] + data[b:]))


def spliced(data: bytes, rng: random.Random) -> bytes:
    """Say a piece again somewhere else, once or many times."""
    a, b = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    to, piece = rng.randrange(len(data) + 1), data[a : min(b, a + 4096)]
    return data[:to] + piece * rng.choice((1, 2, 50)) + data[to:]


def resized(data: bytes, rng: random.Random) -> bytes:
    """Write another number where a length may stand: near the beginning, most often."""
    width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    if len(data) < width:
        return data
    found, at = bytearray(data), min(_place(data, rng), len(data) - width)
    value = rng.choice(_EDGES) + rng.choice((0, 0, 1, -1))
    found[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, "little" if order == "little" else "big")
    return bytes(found)


def blanked(data: bytes, rng: random.Random) -> bytes:
    """Overwrite a piece with one byte, or with chance."""
    a, b = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:a] + rng.choice((bytes(b - a), b"\xff" * (b - a), rng.randbytes(b - a))) + data[b:]


def reworded(data: bytes, rng: random.Random) -> bytes:
    """Put another word in the place of one, take one out, or exchange two; or lines."""
    words = _WORD.findall(data.decode("utf-8", "surrogateescape")) or [""]
    if rng.random() < 0.2:
        words = [line + "\n" for line in data.decode("utf-8", "surrogateescape").splitlines()] or [""]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at, other = rng.randrange(len(words)), rng.randrange(len(words))
        kind = rng.random()
        if kind < 0.6:
            words[at] = rng.choice(_NUMBERS if words[at][:1].isdigit() or rng.random() < 0.3 else _TEXTS)
        elif kind < 0.75:
            words[at] = ""
        elif kind < 0.9:
            words[at], words[other] = words[other], words[at]
        else:
            words[at] += words[other] * rng.choice((1, 2, 1000))
    return "".join(words).encode("utf-8", "surrogatepass" if rng.random() < 0.5 else "replace")


def revalued(data: bytes, rng: random.Random) -> bytes:
    """Put another value somewhere into JSON; where it is none, change words."""
    try:
        told = json.loads(data)
    except ValueError:
        return reworded(data, rng)
    places: list[tuple[Any, Any]] = []
    _collect(told, places)
    for _ in range(rng.choice((1, 1, 2, 5)) if places else 0):
        holder, key = rng.choice(places)
        odd = (None, True, -1, 0, 10**18, 10**400, 1e308, "", "\ud800", "\x1b[0m", [], {}, [[]], {"a": {}}, "a" * 5000)
        holder[key] = rng.choice((*odd, _nested(rng.choice((3, 100))), rng.choice(_TEXTS)))
    return json.dumps(told).encode()


Mutation = Callable[[bytes, random.Random], bytes]
BYTES: tuple[Mutation, ...] = (flipped, cut, spliced, resized, blanked)
TEXT: tuple[Mutation, ...] = (reworded, reworded, reworded, flipped, cut, spliced)
JSON: tuple[Mutation, ...] = (revalued, revalued, reworded, flipped, cut)


def mutated(data: bytes, how: Sequence[Mutation], rng: random.Random) -> bytes:
    """Change an input once, or a few times.

    Args:
        data: a valid one.
        how: ways to change it.
        rng: draws which, where and how often.
    """
    for _ in range(0 if isinstance(rng, Unchanged) else rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(how)(data, rng)
    return data


def _place(data: bytes | bytearray, rng: random.Random) -> int:
    """A place, in the first 64 bytes half of the time: there headers are."""
    return rng.randrange(min(len(data), 64) if rng.random() < 0.5 else len(data))


def _collect(value: Any, places: list[tuple[Any, Any]]) -> None:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        places.append((value, key))
        _collect(value[key], places)


def _nested(depth: int) -> Any:
    found: Any = 0
    for _ in range(depth):
        found = [found]
    return found
