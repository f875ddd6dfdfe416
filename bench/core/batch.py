"""What a victim is given: several utterances, padded to one tensor, with their true lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.core.devices import placed
from bench.core.rng import keyed
from bench.core.types import Rng, Utterance


@dataclass(frozen=True)
class Batch:
    """Utterances side by side.

    Args:
        utterances: the b utterances, for their speakers and transcripts. In training they are whole; of what the
            referee asks about they have the sound, the transcript where the victim reads, and a token for the speaker:
            no id, session, label, mark or metadata, and no times of words.
        waveforms: shape (b, t), float32, zeros after each utterance's end.
        lengths: shape (b,), int64, the true number of samples, on the same device as the waveforms.
        sample_keys: what a randomised victim's draws are keyed by: the referee gives every query of every utterance
            another. Empty where nobody counts, and for victims that do not draw: then all have "".
        sessions: for a victim with the trait `sessions`, in which session each is asked: one search, which begins
            knowing nothing; "" stands for none. No session has two utterances in one batch. Else empty.
    """

    utterances: tuple[Utterance, ...]
    waveforms: Tensor
    lengths: Tensor
    sample_keys: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        utterances: Sequence[Utterance],
        device: torch.device | None = None,
        sample_keys: Sequence[str] = (),
        padded: Tensor | None = None,
    ) -> Batch:
        """Pad utterances with zeros to the longest, and stack them.

        Args:
            utterances: at least one, each with a waveform of shape (t,), 16 kHz.
            device: where the tensors go; by default where the waveforms are.
            sample_keys: one text for each utterance, which a randomised victim's draws are keyed by; empty where nobody
                counts queries.
            padded: their samples where they stand side by side already, shape (b, t): then the utterances say how many
                are whose.

        >>> short, long = (Utterance(str(n), torch.ones(n), speaker="a") for n in (2, 3))
        >>> Batch.of([short, long]).waveforms
        tensor([[1., 1., 0.],
                [1., 1., 1.]])
        """
        waveforms = padded
        if waveforms is None:
            samples = [utterance.waveform for utterance in utterances]
            waveforms = torch.nn.utils.rnn.pad_sequence(samples, batch_first=True)
        there = placed(waveforms, device)
        lengths = torch.tensor([utterance.waveform.shape[-1] for utterance in utterances])
        return cls(tuple(utterances), there, placed(lengths, there.device), tuple(sample_keys))

    def generators(self, *key: object) -> list[Rng]:
        """Make one random generator for each utterance, keyed by `key` and its sample key.

        A randomised victim draws from these: they depend neither on the other utterances of the batch nor on what was
        asked before.
        """
        return [keyed(*key, sample_key) for sample_key in self.sample_keys or ("",) * len(self)]

    def part(self, places: Sequence[int]) -> Batch:
        """Select some of the utterances by their places, padded to the longest of them."""
        rows = list(places)
        lengths = self.lengths[rows]
        waveforms = self.waveforms[rows, : max(self.utterances[row].waveform.shape[-1] for row in rows)]
        sample_keys = tuple(self.sample_keys[row] for row in rows) if self.sample_keys else ()
        sessions = tuple(self.sessions[row] for row in rows) if self.sessions else ()
        return Batch(tuple(self.utterances[row] for row in rows), waveforms, lengths, sample_keys, sessions)

    def __len__(self) -> int:
        return len(self.utterances)


def batches(utterances: Sequence[Utterance], size: int) -> list[list[int]]:
    """Group utterances of similar lengths, so that little is padded.

    Args:
        utterances: in any order.
        size: the most utterances in a group.

    Returns:
        The groups, each a list of indices into `utterances`, the shortest utterances first.
    """
    order = sorted(range(len(utterances)), key=lambda index: (utterances[index].waveform.shape[-1], index))
    return [order[start : start + size] for start in range(0, len(order), size)]
