"""RNNoise as its authors trained it: Valin's recurrent network that takes noise out of speech (P1 section 6.3)."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly
from torch import Tensor

from bench.core.code.keys import code_digest, fingerprint
from bench.core.computing.threads import in_threads
from bench.core.errors import UsageError
from bench.modelling.pretrained.borrowed import digest_of

DELAY = 960
"""Samples at 48 kHz by which RNNoise's output is late: a frame of overlap, and a frame that it looks ahead."""

_RATIO = 3
_FRAME = 480
_SCALE = 32_768
_TAPS = firwin(2 * 32 * _RATIO + 1, 1 / _RATIO, window=("kaiser", 9.0)).astype(np.float32)
"""Up to 7 kHz a sound comes back as it was from 48 kHz (error below -55 dB); the last half kilohertz fades out."""

_NAMES = {"darwin": "librnnoise.dylib", "win32": "rnnoise.dll"}


@dataclass(frozen=True)
class Denoiser:
    """RNNoise, one utterance at a time: to 48 kHz, through the network, back to 16 kHz, and aligned to the sample.

    Every utterance starts from a fresh state, so that its result depends on nothing else; several threads may use one
    denoiser. The library `librnnoise` is the one inside the package `pyrnnoise`, whose Python is not imported: it would
    bring FFmpeg along.

    Args:
        where: who needs it, for messages.
    """

    where: str = "rnnoise"

    def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """Take the noise out of utterances.

        Args:
            waveforms: shape (b, t), float32, in [-1, 1], at 16 kHz.
            lengths: shape (b,), the true number of samples; 0 is allowed.

        Returns:
            Shape (b, t), on the same device, zeros after each end; a little beyond [-1, 1] where RNNoise overshoots. A
            row with a sample that is no finite number is NaN throughout.

        Raises:
            UsageError: pyrnnoise is not installed, or cannot be used here.
        """
        library = _loaded(library_path(self.where), self.where)
        heard = np.ascontiguousarray(waveforms.detach().cpu().numpy(), dtype=np.float32)
        cleaned, ends = np.zeros_like(heard), lengths.tolist()

        def work(share: Sequence[int], stopped: threading.Event) -> None:
            for row in share:
                if stopped.is_set():
                    return
                cleaned[row, : ends[row]] = _denoised(library, heard[row, : ends[row]])

        longest_first = sorted(range(len(ends)), key=ends.__getitem__, reverse=True)
        in_threads(work, longest_first, max(1, min(torch.get_num_threads(), len(ends))))
        return torch.from_numpy(cleaned).to(waveforms.device)

    def binary(self) -> str:
        """Digest the library, which holds the network's weights.

        Raises:
            UsageError: pyrnnoise is not installed.
        """
        return digest_of(self.where, [library_path(self.where)])

    def fingerprint(self) -> str:
        """Digest the library, and all that is done to the sound on its way there and back; changes whenever they do.

        Raises:
            UsageError: pyrnnoise is not installed.
        """
        return fingerprint([self.binary(), version("scipy"), code_digest(__name__)])


def library_path(where: str) -> Path:
    """Find RNNoise's shared library in the installed package; `where` is who needs it, for the message.

    Raises:
        UsageError: there is none.
    """
    spec = find_spec("pyrnnoise")
    name = _NAMES.get(sys.platform, "librnnoise.so")
    folders = (spec.submodule_search_locations if spec else None) or ()
    for folder in folders:
        if (path := Path(folder) / name).is_file():
            return path
    found = f"no {name} in it" if folders else "no package pyrnnoise"
    raise UsageError(where, found, "pyrnnoise, which holds RNNoise", "pip install 'serbench[rnnoise]'")


@cache
def _loaded(path: Path, where: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(path))
        library.rnnoise_create.restype = ctypes.c_void_p
        library.rnnoise_create.argtypes = [ctypes.c_void_p]
        library.rnnoise_destroy.restype = None
        library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
        library.rnnoise_process_frame.restype = ctypes.c_float
        library.rnnoise_process_frame.argtypes = [ctypes.c_void_p] * 3
        frame = library.rnnoise_get_frame_size()
    except (OSError, AttributeError) as error:
        remedy = "pip install --force-reinstall 'serbench[rnnoise]'"
        raise UsageError(f"{where}, {path}", f"no usable library ({error})", "librnnoise", remedy) from error
    if frame != _FRAME:
        remedy = "install another version of pyrnnoise"
        raise UsageError(f"{where}, {path}", f"frames of {frame} samples", f"frames of {_FRAME}", remedy)
    return library


def _denoised(library: ctypes.CDLL, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """One utterance (n,) at 16 kHz, denoised, (n,)."""
    if not len(samples) or not np.isfinite(samples).all():
        return np.full_like(samples, np.nan)
    length = _RATIO * len(samples)
    wide = np.zeros(-(-(length + DELAY) // _FRAME) * _FRAME, dtype=np.float32)
    wide[:length] = widened(samples) * np.float32(_SCALE)
    process, first = library.rnnoise_process_frame, wide.ctypes.data
    with _state(library) as state:
        for address in range(first, first + wide.nbytes, _FRAME * wide.itemsize):
            process(state, address, address)
    return narrowed(wide[DELAY : DELAY + length]) / np.float32(_SCALE)


def widened(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Resample sound of shape (n,) at 16 kHz to (3 n,) at 48 kHz, where it was in time."""
    wide: NDArray[np.float32] = resample_poly(samples, _RATIO, 1, window=_TAPS)
    return wide


def narrowed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Resample sound of shape (3 n,) at 48 kHz to (n,) at 16 kHz, where it was in time."""
    narrow: NDArray[np.float32] = resample_poly(samples, 1, _RATIO, window=_TAPS)
    return narrow


@contextmanager
def _state(library: ctypes.CDLL) -> Iterator[int]:
    """The network's memory, empty, for one utterance."""
    state: int | None = library.rnnoise_create(None)
    if not state:
        raise MemoryError("RNNoise could not make a state")
    try:
        yield state
    finally:
        library.rnnoise_destroy(state)
