"""Speech lent to what is trained on it: nobody who is tested later hears what was written into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bench.audio.mapped import apart
from bench.core.errors import ComponentError
from bench.core.types import Utterance


@contextmanager
def lent(where: str, *parts: Sequence[Utterance]) -> Iterator[list[tuple[Utterance, ...]]]:
    """Lend speech: the same utterances with samples in other memory.

    The speakers that one fold trains on are tested in the others. What is written into their samples would be heard
    there, clean and attacked, and could tell their labels.

    Args:
        where: who is trained, for the error.
        parts: of a split.

    Raises:
        ComponentError: samples were written to by torch. What NumPy writes is not noticed, and reaches nobody else.
    """
    samples = iter(apart([one.waveform for part in parts for one in part]))
    own = [tuple(replace(one, waveform=next(samples)) for one in part) for part in parts]
    before = [one.waveform._version for part in own for one in part]
    yield own
    for one, version in zip((one for part in own for one in part), before, strict=True):
        if one.waveform._version != version:
            found = f"samples changed in place (in the memory of utterance {one.id!r})"
            remedy = "work on a copy, as in utterance.waveform.clone() or utterance.waveform * 0.5"
            raise ComponentError(where, found, "a fit that leaves the speech that it is given as it is", remedy)
