"""The extended Geneva minimalistic acoustic parameter set, eGeMAPS v02, by openSMILE.

openSMILE comes with the extra `opensmile`. Its licence forbids commercial use, although PyPI's page says MIT.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from bench.core.batch import Batch
from bench.core.code.keys import code_digest, fingerprint
from bench.core.errors import UsageError
from bench.core.showing.progress import SILENT, Progress
from bench.core.storage.cache import cache_dir
from bench.core.types import SAMPLE_RATE
from bench.modelling.features.store import FeatureStore

Level = Literal["lld", "functionals"]
"""Low-level descriptors, a frame every 10 ms; or functionals, one vector an utterance."""

WIDTHS: Mapping[Level, int] = MappingProxyType({"lld": 25, "functionals": 88})
"""Features in a frame."""

SHORTEST = 960
"""Samples (60 ms): openSMILE says nothing of less, so shorter sound is padded with zeros to this."""

_HIGHEST = 32767 / 32768  # openSMILE hears 16 bits, and its binding turns +1.0 into the lowest of them
_CHUNK = 256


def version(where: str) -> str:
    """Say what the features depend on beside the sound: openSMILE's Python package and its version, "opensmile 2.6.0".

    Args:
        where: who asks, for the message: "victim 'lstm_egemaps'".

    Raises:
        UsageError: it is not installed, or cannot be loaded.
    """
    _library(where)
    return f"opensmile {importlib.metadata.version('opensmile')}"


def extract(waveforms: Sequence[Tensor], level: Level, where: str, workers: int | None = None) -> list[Tensor]:
    """Compute eGeMAPS v02 (Eyben et al. 2016) of each waveform by openSMILE; one never depends on another.

    openSMILE hears 16-bit samples: the waveform is cut to [-1, 1) and what is below 1/32768 is lost. Sound shorter
    than 60 ms is padded with zeros. Silence has features like any other sound. What is not a number, in the waveform
    or among the features, counts as 0; the referee refuses such a waveform.

    Args:
        waveforms: each of shape (t,), at 16 kHz.
        level: which features.
        where: who asks, for messages.
        workers: threads; by default as many as torch computes on. Changes no result.

    Returns:
        Tensors on the CPU, float32: of shape (frames, 25) with a frame every 10 ms ("lld"), or (1, 88)
        ("functionals").

    Raises:
        UsageError: opensmile is not installed.
    """
    one = partial(_one, _smile(level, where))
    sounds = [waveform.detach().cpu() for waveform in waveforms]
    count = min(workers or torch.get_num_threads(), len(sounds))
    if count <= 1:
        return [one(sound) for sound in sounds]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, sounds))


def heard(batch: Batch, level: Level, where: str) -> list[Tensor]:
    """Compute eGeMAPS of what a victim is asked about: nothing is looked up in a cache and nothing kept.

    Args:
        batch: b utterances; each is cut to its true length.
        level: which features.
        where: who asks, for messages: "victim 'lstm_egemaps'".

    Returns:
        b tensors on the CPU, float32, as of `extract`: shape (frames, 25) or (1, 88).

    Raises:
        UsageError: opensmile is not installed.
    """
    lengths = batch.lengths.tolist()
    return extract([wave[:length] for wave, length in zip(batch.waveforms.cpu(), lengths, strict=True)], level, where)


def remembered(
    waveforms: Sequence[Tensor],
    level: Level,
    where: str,
    progress: Progress = SILENT,
    workers: int | None = None,
) -> list[Tensor]:
    """Compute eGeMAPS as `extract` does, once: what has been computed before comes from the user's cache.

    For speech that is trained on or enrolled, which comes back with every fold, seed and task. Candidates of an attack
    do not come back: they are heard with `heard`.

    Args:
        waveforms: each of shape (t,), at 16 kHz.
        level: which features.
        where: who asks, for messages: "victim 'lstm_egemaps'".
        progress: told of every sound whose features are not in the cache.
        workers: threads; by default as many as torch computes on. Changes no result.

    Returns:
        Tensors on the CPU, float32, as of `extract`: shape (frames, 25) or (1, 88).

    Raises:
        UsageError: opensmile is not installed, or the cache cannot be written to.
    """
    store = FeatureStore(
        cache_dir() / "features" / fingerprint(["egemaps", level, version(where), code_digest(__name__)])
    )
    keys = [_key(waveform) for waveform in waveforms]
    found = store.find(keys)
    missing = {key: sound for key, sound in zip(keys, waveforms, strict=True) if key not in found}
    if missing:
        with progress.task("Extracting eGeMAPS", len(missing)) as advance:
            for start in range(0, len(missing), _CHUNK):
                chunk = list(missing)[start : start + _CHUNK]
                features = extract([missing[key] for key in chunk], level, where, workers)
                made = dict(zip(chunk, features, strict=True))
                store.keep(made)
                found |= made
                advance(len(chunk))
    return [found[key] for key in keys]


def _key(waveform: Tensor) -> str:
    samples: bytes = waveform.detach().cpu().numpy().astype("<f4", copy=False).tobytes()
    return hashlib.sha256(samples).hexdigest()[:32]


def _library(where: str) -> Any:
    try:
        return importlib.import_module("opensmile")
    except (ImportError, OSError) as error:
        remedy = (
            "pip install 'serbench[opensmile]'; mind openSMILE's own licence, which forbids commercial use although "
            "PyPI says MIT"
        )
        found = f"no usable opensmile ({type(error).__name__}: {error})"
        raise UsageError(where, found, "the package opensmile", remedy) from error


def _smile(level: Level, where: str) -> Any:
    _library(where)
    return _extractor(level)


@cache
def _extractor(level: Level) -> Any:
    library = importlib.import_module("opensmile")
    levels = library.FeatureLevel
    chosen = levels.Functionals if level == "functionals" else levels.LowLevelDescriptors
    return library.Smile(library.FeatureSet.eGeMAPSv02, chosen)


def _one(smile: Any, waveform: Tensor) -> Tensor:
    samples = np.nan_to_num(waveform.numpy().astype(np.float32)).clip(-1.0, _HIGHEST)
    padded = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
    frames = smile(padded, SAMPLE_RATE)[0].T
    return torch.from_numpy(np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32, order="C"))
