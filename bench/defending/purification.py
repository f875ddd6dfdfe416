"""Sound purified: batches that a victim is asked about, and speech that it is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from bench.contracts.protocols import Fingerprinted
from bench.core.batch import Batch, batches
from bench.core.errors import ComponentError
from bench.core.showing.progress import SILENT, Progress
from bench.core.storage.cache import cache_dir
from bench.core.types import Utterance
from bench.modelling.features.store import FeatureStore

_TOGETHER = 64


class Purifier(Protocol):
    """Something that takes noise out of sound.

    One that is no result of training says so by a method `fingerprint`
    ([`Fingerprinted`][bench.contracts.protocols.Fingerprinted]), which changes whenever its results do; they must then
    be the same on every device. What it makes of training and enrolled speech is kept in the user's cache, since that
    comes back with every fold and seed.
    """

    def purify(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """Take noise out of utterances; several threads may ask at once.

        A row must depend neither on the others nor on padding, nor on what was asked before.

        Args:
            waveforms: shape (b, t), float32, zeros after each end; not to be written to.
            lengths: shape (b,), int64, at least 1.

        Returns:
            Shape (b, t). It is clipped to [-1, 1] and made zero after each end by whoever asks.
        """
        ...


def purified_batch(purifier: Purifier, batch: Batch) -> Batch:
    """Purify a batch's sound; its other fields, and utterances without sound, stay as they are.

    Args:
        purifier: what takes the noise out.
        batch: b utterances.

    Returns:
        A new batch, its sound within [-1, 1] and zero after each end.

    Raises:
        ComponentError: the purifier gave another shape.
    """
    places = [place for place, utterance in enumerate(batch.utterances) if utterance.has_sound]
    if not places:
        return batch
    lengths = batch.lengths[places]
    cleaned = purifier.purify(batch.waveforms[places], lengths)
    expected = (len(places), batch.waveforms.shape[1])
    if tuple(cleaned.shape) != expected:
        where, found = type(purifier).__name__, f"sound of shape {tuple(cleaned.shape)}"
        raise ComponentError(where, found, f"shape {expected}", "correct its method purify")
    beyond = torch.arange(expected[1], device=lengths.device) >= lengths[:, None]
    waveforms = torch.zeros_like(batch.waveforms)
    waveforms[places] = cleaned.to(waveforms).clamp(-1.0, 1.0).masked_fill(beyond, 0.0)
    rows = zip(batch.utterances, waveforms, strict=True)
    utterances = tuple(replace(said, waveform=row[: said.waveform.shape[-1]]) for said, row in rows)
    return replace(batch, utterances=utterances, waveforms=waveforms)


def purified_utterances(
    purifier: Purifier,
    utterances: Sequence[Utterance],
    device: torch.device,
    progress: Progress = SILENT,
    description: str = "purifying speech",
) -> list[Utterance]:
    """Purify utterances' sound, in the order given: the same samples are purified once.

    Args:
        purifier: see `Purifier` on what is kept in the cache.
        utterances: speech that is trained on or enrolled. What an attack makes does not come back: `purified_batch`.
        device: where it is done; the results are on the CPU.
        progress: is told of every utterance that was not in the cache.
        description: of the task, for the reader.

    Raises:
        UsageError: the cache cannot be written to.
    """
    store = None
    if isinstance(purifier, Fingerprinted):
        store = FeatureStore(cache_dir() / "purified" / purifier.fingerprint())
    keys = [_key(utterance.waveform) if utterance.has_sound else "" for utterance in utterances]
    distinct = {key: utterance for key, utterance in zip(keys, utterances, strict=True) if key}
    found = store.find(distinct) if store else {}
    missing = [utterance for key, utterance in distinct.items() if key not in found]
    if missing:
        with progress.task(description, len(missing)) as advance:
            for group in batches(missing, _TOGETHER):
                some = [missing[place] for place in group]
                made = _cleaned(purifier, some, device)
                if store:
                    store.keep(made)
                found |= made
                advance(len(some))
    pairs = zip(keys, utterances, strict=True)
    return [replace(utterance, waveform=found[key]) if key else utterance for key, utterance in pairs]


@torch.no_grad()
def _cleaned(purifier: Purifier, utterances: Sequence[Utterance], device: torch.device) -> dict[str, Tensor]:
    """Purified waveforms by the key of what they were, each in memory of its own."""
    heard = purified_batch(purifier, Batch.of(utterances, device)).utterances
    pairs = zip(utterances, heard, strict=True)
    return {_key(before.waveform): after.waveform.cpu().clone() for before, after in pairs}


def _key(waveform: Tensor) -> str:
    return hashlib.sha256(waveform.detach().cpu().contiguous().numpy().data).hexdigest()[:32]
