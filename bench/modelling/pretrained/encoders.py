"""Pretrained encoders: from an utterance to one vector, the same whatever else is asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable, Sequence, Set
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from bench.core.computing.threads import in_threads, one_thread
from bench.core.showing.progress import Progress
from bench.core.types import Utterance

_MOST_KEPT = 1 << 16


class Reader(Protocol):
    """How an utterance becomes an encoder's input, and what the encoder makes of it becomes one vector.

    Attributes:
        together: inputs that a frozen encoder is given at a time; 1 where what is beside one would change its vector.
    """

    together: ClassVar[int]

    def mark(self, utterance: Utterance) -> Hashable:
        """Mark what is read of an utterance, cheaply.

        Where `together` is above 1, utterances of one mark read alike.
        """
        ...

    def read(self, utterance: Utterance) -> Tensor:
        """Read an utterance as the encoder's input, shape (n,), on the CPU: token numbers, or samples."""
        ...

    def embed(self, encoder: nn.Module, inputs: Tensor, counts: Tensor) -> Tensor:
        """Encode inputs, each as one vector. A row does not depend on the others.

        Args:
            encoder: the pretrained network.
            inputs: shape (b, n), zero after each input's end.
            counts: shape (b,), the true lengths.

        Returns:
            Shape (b, d).
        """
        ...


class Front:
    """An encoder and its reader; the vectors that it gave while it stays as it is.

    Args:
        encoder: in evaluation mode, on its device.
        reader: between utterances and it.
        fingerprint: of its files.
        device: where it is.

    Attributes:
        width: d, of a vector.
    """

    def __init__(self, encoder: nn.Module, reader: Reader, fingerprint: str, device: torch.device) -> None:
        self.encoder, self.reader = encoder.to(device), reader
        self.width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.fingerprint, self.device = fingerprint, device
        self._kept: dict[bytes, Tensor] = {}
        self._lock = threading.Lock()

    def input(self, utterance: Utterance) -> Tensor:
        """Read an utterance as the encoder's input, shape (n,), on its device."""
        return self.reader.read(utterance).to(self.device)

    def vector(self, utterance: Utterance) -> Tensor:
        """Encode one utterance, shape (d,), by itself, so that no batch changes a bit of its vector; it is kept."""
        taken = self.reader.read(utterance)
        key = hashlib.sha256(taken.numpy().tobytes()).digest()
        found = self._kept.get(key)
        if found is None:
            found = self._embed([taken])[0]
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = found
        return found

    def answers(self, utterances: Sequence[Utterance], known: Set[Hashable]) -> Tensor:
        """Encode utterances that somebody asks about, shape (b, d).

        Which are known decides what is computed alone, so that a vector never depends on what was asked before.

        Args:
            utterances: in any order.
            known: marks of utterances that will be asked about again: they get `vector`. Others are encoded together,
                similar lengths side by side, and forgotten.
        """
        found: dict[int, Tensor] = {}
        new: list[tuple[int, Tensor]] = []
        for place, utterance in enumerate(utterances):
            if self.reader.mark(utterance) in known:
                found[place] = self.vector(utterance)
            else:
                new.append((place, self.reader.read(utterance)))
        new.sort(key=lambda one: len(one[1]))
        for start in range(0, len(new), self.reader.together):
            places, inputs = zip(*new[start : start + self.reader.together], strict=True)
            found.update(zip(places, self._embed(inputs), strict=True))
        return torch.stack([found[place] for place in range(len(utterances))])

    def vectors(self, utterances: Sequence[Utterance], progress: Progress) -> list[Tensor]:
        """Encode utterances to learn from; the vectors are the same for the same utterances, on any number of cores.

        Computed together they differ from `vector` in the last bits, so they are not kept.

        Args:
            utterances: in any order.
            progress: told of every utterance that is encoded.

        Returns:
            Tensors of shape (d,), in the order of `utterances`.
        """
        found: list[Tensor] = [torch.empty(0)] * len(utterances)

        def work(share: Sequence[list[int]], stopped: threading.Event) -> None:
            for group in share:
                if stopped.is_set():
                    return
                some = [utterances[index] for index in group]
                alone = self.reader.together == 1
                rows = [self.vector(some[0])] if alone else self._embed([self.reader.read(one) for one in some])
                for index, row in zip(group, rows, strict=True):
                    found[index] = row
                advance(len(group))

        threads = torch.get_num_threads() if self.device.type == "cpu" else 1
        with progress.task("Encoding", len(utterances)) as advance:
            in_threads(work, self._groups(utterances), threads)
        return found

    def _groups(self, utterances: Sequence[Utterance]) -> list[list[int]]:
        """Indices, similar lengths together."""
        lengths = [(len(one.transcript or ""), one.waveform.shape[-1], place) for place, one in enumerate(utterances)]
        order = [place for _, _, place in sorted(lengths)]
        return [order[start : start + self.reader.together] for start in range(0, len(order), self.reader.together)]

    @torch.no_grad()
    @one_thread()
    def _embed(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        return list(self.reader.embed(self.encoder, *padded(inputs, self.device)).unbind())


def padded(inputs: Sequence[Tensor], device: torch.device) -> tuple[Tensor, Tensor]:
    """Put inputs side by side, zero after their ends.

    Args:
        inputs: b tensors of shape (n_i,).
        device: where the results go.

    Returns:
        The inputs, shape (b, n), and their lengths, shape (b,).
    """
    counts = torch.tensor([len(one) for one in inputs], device=device)
    return pad_sequence(list(inputs), batch_first=True).to(device), counts
