"""What is heard of an utterance: its samples, its words, and a voice; no labels, no name, no place in a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.core.types import SAMPLE_RATE, Perturbation, Utterance, Word

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Heard:
    """One stretch of speech, as somebody hears it who was told nothing: what attacks and effects are given.

    Args:
        waveform: shape (t,), float32, in [-1, 1], at 16 kHz. Never written to: make a new one with
            `dataclasses.replace`. Shape (0,) where there are words alone.
        speaker: an opaque name: two utterances have the same where the same person speaks. It says nothing else.
        transcript: the words, where they are known.
        words: the words with their times, where they are known.
        perturbation: what an effect says it has done, for the reader of a record; None as it was recorded.
    """

    waveform: Tensor
    speaker: str = ""
    transcript: str | None = None
    words: tuple[Word, ...] | None = None
    perturbation: Perturbation | None = None

    @classmethod
    def of(cls, utterance: Utterance | Heard, speaker: str = "") -> Heard:
        """Leave of an utterance what is heard of it; the samples are the utterance's own, not a copy.

        Args:
            utterance: with a waveform of shape (t,).
            speaker: the opaque name of who speaks.
        """
        return cls(utterance.waveform, speaker, utterance.transcript, utterance.words)

    @property
    def duration_s(self) -> float:
        """Compute the length of the waveform in seconds."""
        return self.waveform.shape[-1] / SAMPLE_RATE

    @property
    def has_sound(self) -> bool:
        """Say whether there is anything to hear; there may be words alone."""
        return self.waveform.shape[-1] > 0
