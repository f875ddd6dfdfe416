"""Log mel features of many utterances, each computed once."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import torch
from torch import Tensor

from bench.audio.mapped import release_sounds
from bench.audio.signal import MelSettings, frame_counts, log_mel
from bench.core.batch import Batch, batches
from bench.core.computing.threads import in_threads
from bench.core.types import Utterance

_BATCH = 16
_RELEASED = 16
"""Groups after which the memory of mapped sounds is given back, so that it does not grow with the corpus."""


def mel_frames(utterances: Sequence[Utterance], settings: MelSettings, device: torch.device) -> list[Tensor]:
    """Compute log mel features, not normalised, on all cores.

    Args:
        utterances: n of them.
        settings: windows and filters.
        device: where they are computed, and stay.

    Returns:
        n tensors of shape (frames, d).
    """
    counts = frame_counts(torch.tensor([one.waveform.shape[-1] for one in utterances], dtype=torch.int64), settings)
    # in one piece: kept batch by batch, between buffers that are given back, they take several times their size
    found = torch.split(torch.empty(int(counts.sum()), settings.n_mels, device=device), counts.tolist())

    @torch.no_grad()
    def work(share: Sequence[list[int]], stopped: threading.Event) -> None:
        for number, group in enumerate(() if stopped.is_set() else share, 1):
            batch = Batch.of([utterances[index] for index in group], device)
            for index, features in zip(group, log_mel(batch.waveforms, settings), strict=True):
                found[index].copy_(features[: len(found[index])])
            if number % _RELEASED == 0:
                release_sounds()

    threads = torch.get_num_threads() if device.type == "cpu" else 1
    in_threads(work, batches(utterances, _BATCH), threads)
    return list(found)
