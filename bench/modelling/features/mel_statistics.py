"""An utterance as one vector: statistics of its log mel bands, each band standardised by the speaker's clean speech."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import Tensor

from bench.audio.signal import MelSettings, log_mel
from bench.core.batch import Batch
from bench.core.computing.threads import one_thread
from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.modelling.features.frontend import average_of, statistics_of

_MEL = MelSettings(n_mels=64, floor=1e-9)
"""A floor far below speech: what lies under it is the first that a noise changes."""
_SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.95)
WIDTH = _MEL.n_mels * (len(_SHARES) + 7) + _MEL.n_mels - 1
"""How many statistics there are."""


def mel_statistics(frames: Tensor) -> Tensor:
    """Compute what can be told of an utterance's bands without regard to where in it something happens.

    Of each band: quantiles (what is heard in the pauses and at the loudest), mean and deviation; the size of steps from
    frame to frame, of rises and of falls apart (an echo falls slowly), and over 40 ms; the trend from start to end. Of
    neighbouring bands: how far apart they lie on average.

    Args:
        frames: shape (frames, 64), at least one.

    Returns:
        Shape (`WIDTH`,).

    >>> mel_statistics(torch.zeros(1, 64)).shape == (WIDTH,)
    True
    """
    count = len(frames)
    places = [round(share * (count - 1)) for share in _SHARES]
    steps = frames[1:] - frames[:-1] if count > 1 else torch.zeros_like(frames)
    strides = frames[4:] - frames[:-4] if count > 4 else torch.zeros_like(frames)
    time = torch.linspace(-1, 1, count, device=frames.device)[:, None]
    time = time - time.mean()  # of a single frame, which has no trend
    found = [
        *frames.sort(dim=0).values[places],
        frames.mean(dim=0),
        frames.std(dim=0, correction=0),
        steps.abs().mean(dim=0),
        steps.clamp(min=0).square().mean(dim=0).sqrt(),
        steps.clamp(max=0).square().mean(dim=0).sqrt(),
        strides.std(dim=0, correction=0),
        (frames * time).mean(dim=0),
        (frames[:, 1:] - frames[:, :-1]).abs().mean(dim=0),
    ]
    return torch.cat(found)


@dataclass(frozen=True)
class Voices:
    """Speakers, by their clean speech.

    Args:
        where: who asks, for messages: "defense 'manipulation_detector'".
        device: where sound is heard.
        statistics: mean and deviation of each band, shape (2, 64), by speaker; nobody by default.
        everybody: the same, averaged over the training speakers, for one who is not known.
    """

    where: str
    device: torch.device
    statistics: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    everybody: Tensor | None = None

    @classmethod
    def of(
        cls, where: str, clean: Sequence[Utterance], device: torch.device, everybody: Tensor | None = None
    ) -> Voices:
        """Take the mean and deviation of each speaker's log mel bands from clean utterances, without labels.

        Args:
            where: who asks, for messages: "defense 'manipulation_detector'".
            clean: clean utterances, at 16 kHz.
            device: where sound is heard.
            everybody: the average of the training speakers, shape (2, 64); None where they are these.
        """
        voices: dict[str, list[Tensor]] = defaultdict(list)
        with torch.no_grad(), one_thread():
            for utterance in clean:
                voices[utterance.speaker].append(_frames(utterance.waveform.to(device)))
        known = {speaker: statistics_of(frames) for speaker, frames in voices.items()}
        return cls(where, device, known, average_of(known) if everybody is None and known else everybody)

    def heard(self, batch: Batch) -> Tensor:
        """Compute the statistics of what is asked about, shape (b, `WIDTH`).

        Each utterance is heard by itself, so that none depends on the others or on padding.

        Raises:
            ComponentError: a speaker is not known, and nobody on average.
        """
        lengths = batch.lengths.tolist()
        said = zip(batch.utterances, batch.waveforms, lengths, strict=True)
        return torch.stack([self._told(utterance.speaker, row[:length]) for utterance, row, length in said])

    @torch.no_grad()
    @one_thread()
    def learnt(self, utterances: Sequence[Utterance]) -> Tensor:
        """Compute of utterances to learn from what `heard` gives of the same sounds, shape (n, `WIDTH`).

        Raises:
            ComponentError: a speaker is not known.
        """
        return torch.stack([self._told(said.speaker, said.waveform.to(self.device)) for said in utterances])

    def _told(self, speaker: str, waveform: Tensor) -> Tensor:
        known = self.statistics.get(speaker, self.everybody)
        if known is None:
            remedy = "call enroll with their utterances"
            raise ComponentError(self.where, f"no clean speech of speaker {speaker}", "every speaker enrolled", remedy)
        mean, deviation = known
        return mel_statistics((_frames(waveform) - mean) / deviation)


def _frames(waveform: Tensor) -> Tensor:
    """Log mel bands, shape (frames, 64)."""
    return log_mel(waveform[None], _MEL)[0]
