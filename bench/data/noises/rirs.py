"""Measured room responses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Progress
from bench.core.types import SAMPLE_RATE, NoiseClip
from bench.data.noises.files import ROOT_OPTION, Recording, given_root, identity, refuse_same_ids, sounds_below

if TYPE_CHECKING:
    from torch import Tensor

LEAD_S = 0.001
"""Seconds kept before the direct path arrives."""

DECAY_DB = 15.0
"""How far a response must fall from its loudest to its last tenth; what falls less is no response of a room."""

LAYOUT = "with sound files of responses, at best with a folder for each room"


@dataclass(frozen=True)
class Rirs:
    """Measured room responses, one a file, of any rate and format: what reverberation is made with.

    All are in the category "rir". Each is resampled to 16 kHz, begins 1 ms before its direct path (the first sample
    within 20 dB of the peak, which may be a later reflection), and is scaled to unit energy: reverberation with it
    keeps the level of white noise, and no sample is beyond [-1, 1]. Its label is its measured T60 ("t60=0.62s"),
    empty where noise hides the decay. Responses that lie in one folder below the root are of one room and share their
    source; a file directly in the root is a room of its own. These are no noises: do not mix them in as such.

    Args:
        root: the folder.
        channel: of a file with several, from 1: channels are never averaged, since their direct paths arrive at
            different times.
    """

    root: Path | None = None
    channel: int = 1

    def __post_init__(self) -> None:
        if self.channel < 1:
            where = "noise bank 'rirs', parameter 'channel'"
            raise UsageError(where, str(self.channel), "1 or more", "try channel=1")

    def read(self, progress: Progress) -> NoiseSet:
        """Read the responses. A clip's id is its path within the root, without the suffix.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests, default_workers

        root = given_root("rirs", "room responses", self.root, LAYOUT)
        found = [Recording(file, identity(root, file), "rir", _room(root, file), "") for file in sounds_below(root)]
        if not found:
            raise DataError(root, "no sound files", f"room responses, {LAYOUT}", ROOT_OPTION)
        refuse_same_ids(found)
        parts: list[object] = ["rirs 1", self.channel]
        for one, digest in zip(found, content_digests([one.file for one in found]), strict=True):
            parts += [one.id, one.source, digest]
        clips = []
        with (
            progress.task("reading room responses", total=len(found)) as advance,
            ThreadPoolExecutor(default_workers()) as pool,
        ):
            for clip in pool.map(partial(_clip, channel=self.channel), found):
                clips.append(clip)
                advance(1)
        return NoiseSet("rirs", tuple(clips), fingerprint(parts))


def _room(root: Path, file: Path) -> str:
    return identity(root, file) if file.parent == root else file.parent.relative_to(root).as_posix()


def _clip(recording: Recording, channel: int) -> NoiseClip:
    from bench.audio.reading import refuse_silence
    from bench.audio.signal.rooms import direct_path, t60_s

    response = _samples(recording.file, channel)
    refuse_silence(recording.file, response)
    response = response[max(0, direct_path(response) - round(LEAD_S * SAMPLE_RATE)) :]
    _refuse_no_decay(recording.file, response)
    seconds = t60_s(response)
    label = "" if seconds is None else f"t60={seconds:.2f}s"
    unit = (response / response.double().square().sum().sqrt()).float().clamp(-1.0, 1.0)
    return NoiseClip(recording.id, recording.category, unit, recording.source, label)


def _samples(file: Path, channel: int) -> Tensor:
    """One channel, shape (t,), float32, at 16 kHz. Not clipped: the scale is changed afterwards."""
    import numpy as np
    import soundfile
    import soxr
    import torch

    from bench.audio.reading import read_audio

    read_audio(file)  # refuses what is no sound, cut short, NaN or in another scale
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    if samples.shape[1] < channel:
        found = f"{samples.shape[1]} channel" + ("s" if samples.shape[1] > 1 else "")
        raise DataError(file, found, f"at least {channel}", "choose another with the bank's channel")
    one = np.ascontiguousarray(samples[:, channel - 1])
    return torch.from_numpy(one if rate == SAMPLE_RATE else soxr.resample(one, rate, SAMPLE_RATE, quality="HQ"))


def _refuse_no_decay(file: Path, response: Tensor) -> None:
    """Refuse what is as loud at its end as at its beginning: a noise among the responses, say."""
    tenths = response.tensor_split(10)
    loudest, last = (float(max(part.square().mean() for part in some)) for some in (tenths, tenths[-1:]))
    if len(response) < 10 or last * 10 ** (DECAY_DB / 10) > loudest:
        found = f"a sound that does not fall by {DECAY_DB:.0f} dB"
        raise DataError(file, found, "the response of a room", "remove the file, or end the response later")
