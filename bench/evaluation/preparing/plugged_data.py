"""Corpora and noise banks of plug-ins, read: what breaks is named, and what they give is looked at before its use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bench.contracts.entries import OWN, SINGULAR
from bench.contracts.registry import Registry
from bench.core.errors import BenchError, ComponentError, raised_at
from bench.core.noises import NoiseSet
from bench.core.showing.lookalikes import look_alike
from bench.core.showing.progress import Progress
from bench.core.specs import Spec
from bench.core.types import Dataset, NoiseClip, Utterance

_SOUND = "float32 of shape (t,), in [-1, 1], not silent"


def reading(registry: Registry, kind: str, text: str, read: Callable[[Progress], Any]) -> Callable[[Progress], Any]:
    """Return what reads a corpus or a noise bank: as it is where it came with serbench, else held to its contract.

    Args:
        registry: knows whose it is.
        kind: "corpora" or "noise_banks".
        text: its spec.
        read: its own method.

    Returns:
        What gives the same data. It raises a `ComponentError` in the place of any error but a `BenchError`, and where
        what was read is no corpus or no noise bank.
    """
    entry = registry.entry(kind, Spec.parse(text).name)
    if entry.origin.startswith(OWN):
        return read
    others = frozenset(registry.names(kind)) - {entry.name}
    given = f" --plugin {entry.origin}" if entry.plugin else ""
    told = (f"{SINGULAR[kind]} {text!r} of {entry.origin}", f"bench check {text}{given} says all that is wrong")
    return partial(_read, read, Dataset if kind == "corpora" else NoiseSet, others, told)


def _read(
    read: Callable[[Progress], Any], of: type[Any], others: frozenset[str], told: tuple[str, str], progress: Progress
) -> Any:
    where, remedy = told
    try:
        found = read(progress)
        first = None if isinstance(found, of) else (f"a {type(found).__name__} from read", f"a bench.{of.__name__}")
        first = first or _taken(found.name, others)
        first = first or next(_faults(found.utterances if isinstance(found, Dataset) else found.clips), None)
    except BenchError:
        raise
    except (Exception, SystemExit) as error:  # it may leave as a script does
        found_there = f"{type(error).__name__}: {error}{raised_at(error)}"
        raise ComponentError(where, found_there, f"a bench.{of.__name__} from read", remedy) from error
    if first is not None:
        raise ComponentError(where, *first, remedy)
    return found


def _taken(called: str, others: frozenset[str]) -> tuple[str, str] | None:
    """Tell of data that call themselves as another reader's: tables compare by name and fingerprint, both theirs."""
    taken = [one for one in called.split("+") if one in others or look_alike([one], others)]
    return (f"data called {taken[0]!r}", "no name that is, or is taken for, another's") if taken else None


def _faults(sounds: Sequence[Utterance | NoiseClip]) -> Iterator[tuple[str, str]]:
    """Give what was found and what was expected, for each thing that is wrong; the cheap looks first."""
    if not sounds:
        yield "nothing in what read gave", "at least one sound"
    for one in sounds:
        names, what = _names(one)
        if not all(isinstance(name, str) and name for name in names):
            yield f"{names!r} as {what}", "texts, none of them empty"
    for name, count in Counter(one.id for one in sounds).items():
        if count > 1:
            yield f"the id {name!r} {count} times", "an id of its own for each"
    for one in sounds:
        if not (isinstance(one, Utterance) and one.transcript and not one.has_sound) and (why := _unheard(one)):
            yield f"{one.id!r}: {why}", _SOUND


def _names(one: Utterance | NoiseClip) -> tuple[tuple[object, ...], str]:
    if isinstance(one, Utterance):
        return (one.id, one.speaker), "id and speaker"
    return (one.id, one.category, one.source), "id, category and source"


def _unheard(one: Utterance | NoiseClip) -> str:
    """Say what keeps samples from being sound; "" for nothing."""
    import torch

    samples = one.waveform
    if not isinstance(samples, torch.Tensor) or samples.dtype != torch.float32 or samples.ndim != 1:
        shape = tuple(getattr(samples, "shape", ()))
        return f"a {type(samples).__name__} of {getattr(samples, 'dtype', 'no numbers')}, shape {shape}"
    if not len(samples):
        return "no samples"
    low, high = (float(end) for end in samples.aminmax())
    return "" if -1 <= low <= high <= 1 and (low or high) else f"samples from {low:g} to {high:g}"
