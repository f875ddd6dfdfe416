"""Several noise banks as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.core.noises import NoiseSet
from bench.core.types import NoiseClip


def joined(banks: Sequence[NoiseSet]) -> NoiseSet:
    """Join the clips of several noise banks in one; a single bank stays as it is.

    Clips of one category in two banks are of one category. Ids and sources get their bank's name in front, so that
    none are alike; each bank's own split by source recording stays one.

    >>> import torch
    >>> one, two = (NoiseSet(name, (NoiseClip("1", "rain", torch.ones(1), "1"),), name) for name in ("a", "b"))
    >>> both = joined([one, two])
    >>> both.name, [clip.id for clip in both.of("rain")]
    ('a+b', ['a/1', 'b/1'])
    """
    if len(banks) == 1:
        return banks[0]
    clips = tuple(_renamed(clip, bank.name) for bank in banks for clip in bank.clips)
    return NoiseSet("+".join(bank.name for bank in banks), clips, "+".join(bank.fingerprint for bank in banks))


def _renamed(clip: NoiseClip, bank: str) -> NoiseClip:
    return replace(clip, id=f"{bank}/{clip.id}", source=f"{bank}/{clip.source}")
