"""Sound files, decoded once: their 16 kHz samples are kept in the user's cache and mapped into memory, not read.

Files are kept in shards of some dozens, each named by what its files hold. Where one shard ends and the next begins
follows from the files' content as well, so that a file added or changed costs its own shard and no other. A shard that
is there is not decoded again, whatever the files are called and wherever they lie; one that was interrupted is not
there. Samples are 32-bit floats: 230 MB an hour of sound. They take memory only while they are looked at, and the
system takes it back when it needs it.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.audio.mapped import mapped_file, samples_of
from bench.audio.reading import doubt_about, rate_of, read_audio, refuse_silence
from bench.core.code.keys import code_digest, fingerprint
from bench.core.errors import RoomError
from bench.core.showing.progress import SILENT, Progress
from bench.core.storage.cache import appearing_folder, cache_dir
from bench.core.storage.digests import content_digests, default_workers
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.sealing import set_aside

if TYPE_CHECKING:
    import torch

LEAST, MEAN, MOST = 16, 48, 128
"""Files in a shard: at least, beyond that on average, at most."""

_SAMPLES, _LENGTHS = "samples.f32", "lengths.json"
"""The second says how many samples each file has and at what rate, by SHA-256 what the first holds, and by a seal of
its own whose that is; older ones have none."""
_BYTES = 4
_Told = tuple[Callable[[int], None], Callable[[str], None]]
"""Who hears of each file that is decoded, and of what is doubtful in one."""


@dataclass(frozen=True)
class DecodedSound:
    """One sound file, read.

    Args:
        waveform: shape (t,), float32, in [-1, 1], mono, 16 kHz.
        rate_hz: the file's own rate, in Hz.
    """

    waveform: torch.Tensor
    rate_hz: int


def read_many(
    paths: Sequence[Path],
    progress: Progress = SILENT,
    description: str = "reading sound",
    workers: int | None = None,
) -> tuple[torch.Tensor, ...]:
    """Read files as [`read_with_rates`][bench.audio.decoding.read_with_rates] does, and give their samples alone.

    Args:
        paths: the result is in their order; a file may stand there twice.
        progress: is told of every file that is decoded.
        description: of the task, for the reader.
        workers: files decoded at a time; one a core by default. Changes no result.

    Raises:
        DataError: of the first bad file in the order of `paths`.
        UsageError: the cache's disk is full or cannot be written to.
    """
    return tuple(one.waveform for one in read_with_rates(paths, progress, description, workers))


def read_with_rates(
    paths: Sequence[Path],
    progress: Progress = SILENT,
    description: str = "reading sound",
    workers: int | None = None,
) -> tuple[DecodedSound, ...]:
    """Read files as [`read_audio`][bench.audio.reading.read_audio] does, several at a time, and refuse silent ones.

    Args:
        paths: the result is in their order; a file may stand there twice.
        progress: is told of every file that is decoded.
        description: of the task, for the reader.
        workers: files decoded at a time; one a core by default. Changes no result.

    Returns:
        Their samples, mapped from the cache (writing to one changes neither the cache nor the others), and rates.

    Raises:
        DataError: of the first bad file in the order of `paths`.
        UsageError: the cache's disk is full or cannot be written to.
    """
    digests = content_digests(paths, workers)
    first = dict(zip(reversed(digests), reversed(paths), strict=True))
    shards = list(_shards(list(dict.fromkeys(digests))))
    _set_damaged_aside(shards, progress, workers)
    missing = [shard for shard in shards if _kept(_folder(shard), len(shard)) is None]
    total = sum(map(len, missing))
    if missing:
        with progress.task(description, total=total) as advance:
            _decode(missing, first, (advance, progress.say), workers or default_workers())
    sounds = {digest: sound for shard in shards for digest, sound in zip(shard, _mapped(shard), strict=True)}
    return tuple(sounds[digest] for digest in digests)


def _shards(digests: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Contents in groups that end where a content's own digest says so.

    >>> import hashlib
    >>> many = [hashlib.sha256(bytes([n])).hexdigest() for n in range(200)]
    >>> sum(_shards(many), ()) == tuple(many)
    True
    >>> len(set(_shards(many)) & set(_shards(["0" * 64, *many]))) >= len(list(_shards(many))) - 2
    True
    """
    shard: list[str] = []
    for digest in digests:
        shard.append(digest)
        if (len(shard) >= LEAST and int(digest[:8], 16) % MEAN == 0) or len(shard) == MOST:
            yield tuple(shard)
            shard = []
    if shard:
        yield tuple(shard)


@cache
def _decoder() -> str:
    """Depends on all that turns a file into samples: our code and the libraries that decode and resample."""
    import soundfile

    code = code_digest("bench.audio.reading", "bench.audio.containers")
    return fingerprint([code, version("soxr"), soundfile.__libsndfile_version__])


def _folder(shard: tuple[str, ...]) -> Path:
    return cache_dir() / "sounds" / fingerprint(["sounds 3", _decoder(), *shard])


def _told(folder: Path) -> tuple[list[tuple[int, int]], str] | None:
    """What a shard says of itself: how many samples each file has and their rate, and the digest of all; or None."""
    try:
        told = loaded(read_file(folder / _LENGTHS))
        sounds, digest = [(int(length), int(rate)) for length, rate in told["sounds"]], str(told["sha256"])
        return (sounds, digest) if told.get("seal") in (None, _seal(folder.name, sounds, digest)) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _seal(name: str, sounds: list[tuple[int, int]], digest: str) -> str:
    return fingerprint([name, sounds, digest])


def _kept(folder: Path, files: int) -> list[tuple[int, int]] | None:
    """The number of samples and the rate of each file in a shard; None where it is not there, or not whole."""
    told = _told(folder)
    try:
        size = (folder / _SAMPLES).stat().st_size
    except OSError:
        return None
    whole = told is not None and len(told[0]) == files and size == _BYTES * sum(length for length, _ in told[0])
    return told[0] if told is not None and whole else None


def _set_damaged_aside(shards: Sequence[tuple[str, ...]], progress: Progress, workers: int | None) -> None:
    """Compare the shards that are there with what they say of themselves, those that have changed since last time."""
    there = [folder for folder in map(_folder, shards) if os.path.lexists(folder)]
    whole = [folder for folder in there if _told(folder) is not None and (folder / _SAMPLES).is_file()]
    found = dict(zip(whole, content_digests([folder / _SAMPLES for folder in whole], workers), strict=True))
    for folder in there:
        told = _told(folder)
        if told is None or found.get(folder) != told[1]:
            set_aside(folder, cache_dir() / "damaged", "samples that are not those that were decoded", progress.say)


def _decode(shards: Sequence[tuple[str, ...]], paths: dict[str, Path], told: _Told, workers: int) -> None:
    """Decode shards side by side; those that are finished stay when another fails."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        jobs = [pool.submit(_make, shard, [paths[digest] for digest in shard], told) for shard in shards]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _make(shard: tuple[str, ...], paths: Sequence[Path], told: _Told) -> None:
    advance, say = told
    folder = _folder(shard)
    try:
        with appearing_folder(folder) as temporary:
            kept: list[tuple[int, int]] = []
            digest = hashlib.sha256()
            with (temporary / _SAMPLES).open("wb") as file:
                for path in paths:
                    waveform = read_audio(path)
                    refuse_silence(path, waveform)
                    if doubt := doubt_about(path):
                        say(f"{path}: {doubt}")
                    samples = waveform.numpy().astype("<f4", copy=False).data
                    file.write(samples)
                    digest.update(samples)
                    kept.append((len(waveform), rate_of(path)))
                    advance(1)
            own = digest.hexdigest()
            index = {"sounds": kept, "sha256": own, "seal": _seal(folder.name, kept, own)}
            (temporary / _LENGTHS).write_text(json.dumps(index), encoding="utf-8")
    except (OSError, RoomError) as error:
        raise _full(folder.parent, error) from error


def _full(folder: Path, error: OSError | RoomError) -> RoomError:
    cause = error.__cause__ if isinstance(error, RoomError) else error
    found = ((cause.strerror if isinstance(cause, OSError) else None) or "an error").lower()
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        found += f", {shutil.disk_usage(folder).free / 1e9:.1f} GB free"
    expected = "a folder that can be written to, with 230 MB for each hour of sound"
    return RoomError(folder, found, expected, "free space, or set SERBENCH_CACHE to a folder on another disk")


def _mapped(shard: tuple[str, ...]) -> list[DecodedSound]:
    """The sounds of a shard that is there, mapped copy-on-write."""
    folder = _folder(shard)
    kept = _kept(folder, len(shard))
    assert kept is not None, "just made"
    samples = samples_of(mapped_file(folder / _SAMPLES))
    ends = itertools.accumulate(length for length, _ in kept)
    return [DecodedSound(samples[end - length : end], rate) for end, (length, rate) in zip(ends, kept, strict=True)]
