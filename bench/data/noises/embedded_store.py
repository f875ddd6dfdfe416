"""The embedded noises in the user's cache: a folder for each category, checked by its digest whenever it is read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.core.code.keys import code_digest, fingerprint
from bench.core.errors import DataError, RoomError, UsageError
from bench.core.showing.progress import Progress
from bench.core.storage.cache import appearing_folder, cache_dir
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.leases import Leases
from bench.core.storage.making import Making
from bench.core.storage.sealing import set_aside

_SAMPLES, _INDEX = "clips.s16le", "clips.json"


@dataclass(frozen=True)
class EmbeddedCategory:
    """The clips of one category.

    Args:
        category: its name.
        clips: each clip's id and number of samples, in the bank's order.
        samples: all of them end to end, 16 bits each, little-endian.
    """

    category: str
    clips: tuple[tuple[str, int], ...]
    samples: bytes

    @cached_property
    def digest(self) -> str:
        """Digest the clips: their names, lengths and samples."""
        return fingerprint([self.category, hashlib.sha256(self.samples).hexdigest(), *self.clips])


def kept_or_made(categories: Iterable[str], progress: Progress) -> list[EmbeddedCategory]:
    """Read categories from the cache, in the order given; those that are not there or damaged are made first.

    Args:
        categories: of the bank.
        progress: told of what is made.

    Raises:
        UsageError: eSpeak NG is not installed, or the cache folder cannot be written to.
        DataError: what has just been written is not what is read.
    """
    folders = {category: _folder(category) for category in categories}
    found = {category: kept(folder, category) for category, folder in folders.items()}

    def missing() -> list[str]:
        for category, one in found.items():
            found[category] = kept(folders[category], category) if one is None else one
        return [category for category, one in found.items() if one is None]

    def make() -> None:
        _keep(missing(), progress)

    if missing():
        making = Making(_place() / f"embedded-{_recipe_key()}", "the embedded noises", lambda: not missing(), make)
        making.once(Leases(cache_dir() / "leases"), progress.say)
    if lost := missing():
        expected = "a disk that keeps them"
        raise DataError(folders[lost[0]], "files other than those just written", expected, "check the disk")
    return [one for one in found.values() if one is not None]


def kept(folder: Path, category: str) -> EmbeddedCategory | None:
    """Read a category's folder; None where there is none, or anything about it is wrong.

    Args:
        folder: the category's own.
        category: what it must be of.
    """
    try:
        index = loaded(read_file(folder / _INDEX))
        clips = tuple((str(name), int(samples)) for name, samples in index["clips"])
        found, expected = EmbeddedCategory(category, clips, read_file(folder / _SAMPLES)), index["digest"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return found if found.digest == expected else None


def made(categories: Iterable[str], progress: Progress) -> list[EmbeddedCategory]:
    """Make every clip of some categories.

    Args:
        categories: of the bank.
        progress: told of each thing said and each clip made.

    Raises:
        UsageError: eSpeak NG is not installed.
    """
    from bench.data.noises.synthesis.recipes import recipes
    from bench.data.speech.espeak import speak_all

    wanted = [recipe for recipe in recipes() if recipe.category in set(categories)]
    asks = [recipe.asks() for recipe in wanted]
    requests = [ask for one in asks for ask in one]
    clips: dict[str, list[tuple[str, bytes]]] = {}
    with progress.task("making the embedded noises (once)", total=len(requests) + len(wanted)) as advance:
        spoken = iter(speak_all(requests, on_done=advance))
        for recipe, own in zip(wanted, asks, strict=True):
            samples = recipe.render([next(spoken).samples for _ in own]).astype("<i2").tobytes()
            clips.setdefault(recipe.category, []).append((recipe.id, samples))
            advance(1)
    return [
        EmbeddedCategory(
            category, tuple((name, len(own) // 2) for name, own in these), b"".join(own for _, own in these)
        )
        for category, these in clips.items()
    ]


def _place() -> Path:
    return cache_dir() / "noises"


def _folder(category: str) -> Path:
    return _place() / f"embedded-{_recipe_key()}-{category}"


@cache
def _recipe_key() -> str:
    """Depends on all that determines the samples: the code that makes them and the libraries it runs on."""
    modules = ("bench.data.noises.synthesis", "bench.data.noises.embedded_store", "bench.data.speech", "bench.core.rng")
    parts: list[object] = [code_digest(*modules)]
    for package in ("numpy", "scipy", "espeakng-loader"):
        try:
            parts.append(version(package))
        except PackageNotFoundError:
            parts.append(None)
    return fingerprint(parts)[:16]


def _keep(categories: Iterable[str], progress: Progress) -> None:
    for folder in map(_folder, categories):
        if os.path.lexists(folder):
            set_aside(folder, cache_dir() / "damaged", "not what was written", progress.say)
    for one in made(categories, progress):
        folder, index = _folder(one.category), {"digest": one.digest, "clips": one.clips}
        try:
            with appearing_folder(folder) as temporary:
                (temporary / _SAMPLES).write_bytes(one.samples)
                (temporary / _INDEX).write_text(json.dumps(index), encoding="utf-8")
        except (OSError, RoomError) as error:
            cause = error.__cause__ if isinstance(error, RoomError) else error
            found = ((cause.strerror if isinstance(cause, OSError) else None) or "an error").lower()
            expected = "a folder that can be written to, with 40 MB free"
            remedy = "free space, or set SERBENCH_CACHE to another folder"
            raise UsageError(folder.parent, found, expected, remedy) from error
