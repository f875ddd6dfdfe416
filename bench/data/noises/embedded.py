"""The noise bank that needs no files: synthesised once, kept in the user's cache, the same everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeAlias

from bench.core.cache import appearing_folder, cache_dir
from bench.core.errors import DataError, RoomError, UsageError
from bench.core.json_objects import loaded
from bench.core.keys import code_digest, fingerprint
from bench.core.leases import Leases
from bench.core.making import Making
from bench.core.noises import NoiseSet
from bench.core.progress import Progress
from bench.core.sealing import set_aside
from bench.core.types import NoiseClip

Entry: TypeAlias = tuple[str, str, int]
"""A clip's id, category and number of samples."""

_SAMPLES, _INDEX = "clips.s16le", "clips.json"


@dataclass(frozen=True)
class Embedded:
    """Synthesised noises: natural, human, interior, crowd, meeting, station, white, laugh and cry, 24 of 4 to 6 s each.

    They stand in for ESC-50, DEMAND and AudioSet where those are not at hand: rain, wind, coughs, sobs, clocks and so
    on from physical and source-filter models, voices from eSpeak NG. They are not recordings; results on them say how a
    victim takes noise of these kinds, not of these corpora. Each clip is a draw of its own and a source of its own. Its
    label is its kind ("rain", "giggle").
    """

    def read(self, progress: Progress) -> NoiseSet:
        """Read the bank from the cache, and make it first where it is not there or damaged.

        Raises:
            UsageError: eSpeak NG is not installed, or the cache folder cannot be written to.
        """
        folder = cache_dir() / "noises" / f"embedded-{_recipe_key()}"
        making = Making(
            folder, "the embedded noises", lambda: _kept(folder) is not None, lambda: _keep(folder, progress)
        )
        kept = _kept(folder)
        if kept is None:
            making.once(Leases(cache_dir() / "leases"), progress.say)
            kept = _kept(folder)
        if kept is None:
            raise DataError(folder, "files other than those just written", "a disk that keeps them", "check the disk")
        return _noises(*kept)


def _recipe_key() -> str:
    """Depends on all that determines the samples: the code that makes them and the libraries it runs on."""
    modules = ("bench.data.noises.synthesis", "bench.data.noises.embedded", "bench.data.speech", "bench.core.rng")
    parts: list[object] = [code_digest(*modules)]
    for package in ("numpy", "scipy", "espeakng-loader"):
        try:
            parts.append(version(package))
        except PackageNotFoundError:
            parts.append(None)
    return fingerprint(parts)[:16]


def _made(progress: Progress) -> tuple[tuple[Entry, ...], bytes]:
    """Make every clip: what they are, and all their samples end to end."""
    from bench.data.noises.synthesis.recipes import recipes
    from bench.data.speech.espeak import speak_all

    wanted = list(recipes())
    asks = [recipe.asks() for recipe in wanted]
    requests = [ask for one in asks for ask in one]
    with progress.task("making the embedded noises (once)", total=len(requests) + len(wanted)) as advance:
        spoken = iter(speak_all(requests, on_done=advance))
        clips = []
        for recipe, own in zip(wanted, asks, strict=True):
            clips.append(recipe.render([next(spoken).samples for _ in own]))
            advance(1)
    entries = tuple((recipe.id, recipe.category, len(clip)) for recipe, clip in zip(wanted, clips, strict=True))
    return entries, b"".join(clip.astype("<i2").tobytes() for clip in clips)


def _fingerprint(entries: Sequence[Entry], content: bytes) -> str:
    return fingerprint(["embedded 1", hashlib.sha256(content).hexdigest(), *entries])


def _keep(folder: Path, progress: Progress) -> None:
    if folder.exists():
        set_aside(folder, cache_dir() / "damaged", "not what was written", progress.say)
    entries, content = _made(progress)
    index = {"fingerprint": _fingerprint(entries, content), "clips": entries}
    try:
        with appearing_folder(folder) as temporary:
            (temporary / _SAMPLES).write_bytes(content)
            (temporary / _INDEX).write_text(json.dumps(index), encoding="utf-8")
    except (OSError, RoomError) as error:
        cause = error.__cause__ if isinstance(error, RoomError) else error
        found = ((cause.strerror if isinstance(cause, OSError) else None) or "an error").lower()
        expected = "a folder that can be written to, with 40 MB free"
        raise UsageError(
            folder.parent, found, expected, "free space, or set SERBENCH_CACHE to another folder"
        ) from error


def _kept(folder: Path) -> tuple[tuple[Entry, ...], bytes] | None:
    """What is in the cache, or None where nothing is or anything about it is wrong."""
    try:
        index = loaded((folder / _INDEX).read_text(encoding="utf-8"))
        content = (folder / _SAMPLES).read_bytes()
        entries = tuple((str(name), str(category), int(samples)) for name, category, samples in index["clips"])
        expected = index["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (entries, content) if _fingerprint(entries, content) == expected else None


def _noises(entries: Sequence[Entry], content: bytes) -> NoiseSet:
    import numpy as np
    import torch

    waveforms = torch.from_numpy(np.frombuffer(content, dtype="<i2").astype(np.float32) / np.float32(32768.0))
    clips, start = [], 0
    for name, category, samples in entries:
        own = waveforms[start : start + samples].clone()  # a view would be pickled with the whole bank
        clips.append(NoiseClip(name, category, own, name, _kind(name)))
        start += samples
    return NoiseSet("embedded", tuple(clips), _fingerprint(entries, content))


def _kind(name: str) -> str:
    """What is heard in a clip, from its id.

    >>> _kind("natural/rain-03")
    'rain'
    """
    return name.partition("/")[2].rpartition("-")[0]
