"""What trains a defence never attacks it: sounds and random streams stand on one side. Checked before every attack.

Speakers are kept apart by [`Partition`][bench.data.partitions.Partition], which refuses to be made otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bench.core.errors import DataError
from bench.core.noises import NoiseSet
from bench.core.types import NoiseClip


def check_noises(training: NoiseSet, attacking: NoiseSet) -> None:
    """Raise where a sound, by its source recording or sample for sample, both trains and attacks.

    Args:
        training: noises that a component is trained with.
        attacking: noises that attack it.

    Raises:
        DataError: it names the first.
    """
    shared = sorted({clip.source for clip in training.clips} & {clip.source for clip in attacking.clips})
    if shared:
        raise _leak(
            f"noise bank {training.name!r}", f"recording {shared[0]!r}", "recordings", "correct the bank's parts"
        )
    heard = {_content(clip): clip for clip in training.clips}
    for clip in attacking.clips:
        twin = heard.get(_content(clip))
        if twin is not None:
            found = f"sound {clip.id!r}, which is sample for sample {twin.id!r},"
            raise _leak(f"noise bank {training.name!r}", found, "sounds", "remove one of the two files")


def check_seeds(training: Sequence[object], attacking: Sequence[object]) -> None:
    """Raise where a search that makes training examples draws from the stream of one that attacks.

    Args:
        training: what the one's generator is keyed by.
        attacking: what the other's is keyed by.

    Raises:
        DataError: they are the same.
    """
    if list(map(str, training)) == list(map(str, attacking)):
        raise _leak(
            "seeds", f"the stream {'/'.join(map(str, training))}", "streams", "key the training's by its purpose"
        )


def _leak(where: str, found: str, what: str, remedy: str) -> DataError:
    return DataError(where, f"{found} both trains and attacks", f"other {what} to train on than attack", remedy)


def _content(clip: NoiseClip) -> str:
    return hashlib.sha256(clip.waveform.cpu().numpy().tobytes()).hexdigest()
