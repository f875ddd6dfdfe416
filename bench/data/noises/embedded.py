"""The noise bank that needs no files: synthesised once, kept in the user's cache, the same everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bench.core.code.keys import fingerprint
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.core.types import NoiseClip
from bench.data.noises.embedded_store import EmbeddedCategory, kept_or_made


@dataclass(frozen=True)
class Embedded:
    """Synthesised noises: natural, human, interior, crowd, meeting, station, white, laugh and cry, 24 of 4 to 6 s each.

    They stand in for ESC-50, DEMAND and AudioSet where those are not at hand: rain, wind, coughs, sobs, clocks and so
    on from physical and source-filter models, voices from eSpeak NG. They are not recordings; results on them say how a
    victim takes noise of these kinds, not of these corpora. Each clip is a draw of its own and a source of its own. Its
    label is its kind ("rain", "giggle").
    """

    def read(self, progress: Progress) -> NoiseSet:
        """Read the bank from the cache, and make first what is not there or damaged.

        Raises:
            UsageError: eSpeak NG is not installed, or the cache folder cannot be written to.
        """
        found = kept_or_made(known()["categories"], progress)
        return _noises(found, known()["fingerprint"] if _is_known(found) else _fingerprint(found))

    def read_only(self, sounds: Collection[str], progress: Progress) -> NoiseSet:
        """Read the categories in which some sounds are heard, and make no other: their clips, under the fingerprint of
        the whole bank.

        Where a category does not come out on this machine as it is known, the whole bank is made and returned, since
        its fingerprint can't be told without.

        Args:
            sounds: names of categories and of kinds ("human", "giggle"); those that the bank does not have are passed
                over.
            progress: told of what is made.

        Raises:
            UsageError: as in `read`.
        """
        kinds = known()["categories"].items()
        found = kept_or_made([name for name, one in kinds if {name, *one["sounds"]} & set(sounds)], progress)
        return _noises(found, known()["fingerprint"]) if _is_known(found) else self.read(progress)


@cache
def known() -> dict[str, Any]:
    """Tell the bank's fingerprint, and of each category its sounds and a digest of its clips, as they were when this
    was written.

    >>> known()["categories"]["laugh"]["sounds"]
    ['laughter', 'giggle', 'chuckle']
    """
    told: dict[str, Any] = json.loads((files(__package__) / "embedded.json").read_text(encoding="utf-8"))
    return told


def as_known(found: Sequence[EmbeddedCategory]) -> dict[str, Any]:
    """Tell of a whole bank what `known` tells: what `embedded.json` must say.

    Args:
        found: every category.
    """
    told = {
        one.category: {"digest": one.digest, "sounds": list(dict.fromkeys(_kind(name) for name, _ in one.clips))}
        for one in found
    }
    return {"fingerprint": _fingerprint(found), "categories": told}


def _is_known(found: Sequence[EmbeddedCategory]) -> bool:
    return all(one.digest == known()["categories"][one.category]["digest"] for one in found)


def _fingerprint(found: Sequence[EmbeddedCategory]) -> str:
    """Of what is in the bank, all its categories."""
    content = hashlib.sha256()
    for one in found:
        content.update(one.samples)
    entries = [(name, one.category, samples) for one in found for name, samples in one.clips]
    return fingerprint(["embedded 1", content.hexdigest(), *entries])


def _noises(found: Sequence[EmbeddedCategory], whole: str) -> NoiseSet:
    return NoiseSet("embedded", tuple(clip for one in found for clip in _clips(one)), whole)


def _clips(kept: EmbeddedCategory) -> list[NoiseClip]:
    import numpy as np
    import torch

    waveforms = torch.from_numpy(np.frombuffer(kept.samples, dtype="<i2").astype(np.float32) / np.float32(32768.0))
    clips, start = [], 0
    for name, samples in kept.clips:
        own = waveforms[start : start + samples].clone()  # a view would be pickled with all of them
        clips.append(NoiseClip(name, kept.category, own, name, _kind(name)))
        start += samples
    return clips


def _kind(name: str) -> str:
    """What is heard in a clip, from its id.

    >>> _kind("natural/rain-03")
    'rain'
    """
    return name.partition("/")[2].rpartition("-")[0]
