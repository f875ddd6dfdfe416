"""Keyed randomness: every random number comes from a generator named by what it is for, never from a global one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


def key_of(*parts: object) -> int:
    """Hash parts into a 64-bit number that depends on every part, on their order, and on nothing else.

    >>> key_of(0, "boundary", "03a01Fa") == key_of(0, "boundary", "03a01Fa")
    True
    >>> key_of("ab", "c") == key_of("a", "bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode(errors="surrogateescape")  # a path may be of bytes that are no text
        digest.update(len(text).to_bytes(8, "little"))
        digest.update(text)
    return int.from_bytes(digest.digest()[:8], "little")


def keyed(*parts: object) -> Generator:
    """Make a NumPy generator keyed by `parts`, for example `(seed, component spec, utterance id)`.

    The same parts give the same stream on every machine, whatever else has been drawn before.

    >>> keyed(0, "x").integers(100) == keyed(0, "x").integers(100)
    np.True_
    """
    return generator_of(key_of(*parts))


def generator_of(key: int) -> Generator:
    """Make the NumPy generator of a key, a whole number from 0 to 2⁶⁴ − 1.

    >>> generator_of(key_of(0, "x")).integers(100) == keyed(0, "x").integers(100)
    np.True_
    """
    import numpy as np

    return np.random.Generator(np.random.Philox(key=key))
