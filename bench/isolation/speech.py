"""Speech, noises and tasks as messages, and back.

Two kinds of speech: labelled, with everything that a corpus tells of it, for training; and heard, sound, words and a
speaker, for everything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from bench.core.batch import Batch
from bench.core.noises import NoiseSet
from bench.core.types import NoiseClip, Phone, Task, Utterance, Word
from bench.isolation.channel import Array

Told = list[Any]


def array_of(tensor: Tensor) -> Array:
    """Give a tensor's numbers as an array, without a copy where they lie on the CPU."""
    found: Array = tensor.detach().cpu().numpy()
    return found


def labelled(utterances: Sequence[Utterance]) -> tuple[list[Told], list[Array]]:
    """Write speech with all that a corpus tells of it: for training alone.

    Args:
        utterances: n of them.

    Returns:
        n lists of plain JSON, and n arrays of samples.
    """
    told: list[Told] = [
        [
            *(one.id, one.session, one.emotion, one.activation, one.valence, dict(one.metadata)),
            *(one.speaker, one.transcript, _told_words(one.words)),
        ]
        for one in utterances
    ]
    return told, [array_of(one.waveform) for one in utterances]


def read_labelled(told: Sequence[Told], samples: Iterator[Array]) -> list[Utterance]:
    """Read what `labelled` wrote.

    Args:
        told: n lists.
        samples: n arrays are taken from these.
    """
    found = []
    for id, session, emotion, activation, valence, metadata, speaker, transcript, words in told:
        found.append(
            Utterance(
                id,
                torch.from_numpy(next(samples)),
                speaker,
                session=session,
                transcript=transcript,
                words=_words(words),
                emotion=emotion,
                activation=activation,
                valence=valence,
                metadata=MappingProxyType(metadata),
            )
        )
    return found


def heard(utterances: Sequence[Utterance], speakers: Sequence[str], with_words: bool) -> list[Told]:
    """Write what a victim is told of speech beside its sound: a speaker and, for one that reads, words.

    Args:
        utterances: n of them; their sound goes another way.
        speakers: what each speaker is called.
        with_words: whether transcripts and words go with them.
    """
    return [
        [speaker, one.transcript, _told_words(one.words)] if with_words else [speaker, None, None]
        for one, speaker in zip(utterances, speakers, strict=True)
    ]


def read_heard(told: Sequence[Told], waveforms: Sequence[Tensor], ids: Sequence[str]) -> tuple[Utterance, ...]:
    """Read what `heard` wrote.

    Args:
        told: n lists.
        waveforms: n tensors of shape (t,).
        ids: what each is called here.
    """
    return tuple(
        Utterance(id, waveform, speaker, transcript=transcript, words=_words(words))
        for (speaker, transcript, words), waveform, id in zip(told, waveforms, ids, strict=True)
    )


def read_batch(
    told: Sequence[Told], arrays: Sequence[Array], sample_keys: Sequence[str], device: torch.device
) -> Batch:
    """Make the batch that a victim is asked about.

    An utterance has no name but, for a victim that draws by it and a sample key, a digest of its samples.

    Args:
        told: by `heard`.
        arrays: waveforms, shape (b, t), float32, and lengths, shape (b,), int64.
        sample_keys: one a row, or none.
        device: where it goes.
    """
    waveforms, lengths = arrays
    padded = torch.from_numpy(waveforms)
    ends = torch.from_numpy(lengths)
    placed = padded.to(device)
    rows = [row[:end] for row, end in zip(placed, lengths.tolist(), strict=True)]
    own = [waveform[:end] for waveform, end in zip(waveforms, lengths.tolist(), strict=True)] if sample_keys else []
    names = [hashlib.blake2b(samples.data, digest_size=16).hexdigest() for samples in own] or [""] * len(told)
    return Batch(read_heard(told, rows, names), placed, ends.to(device), tuple(sample_keys))


def noises_told(noises: NoiseSet) -> tuple[dict[str, Any], list[Array]]:
    """Write a noise bank: plain JSON, and an array of samples for each clip."""
    clips = [[clip.id, clip.category, clip.source, clip.label] for clip in noises.clips]
    told = {"name": noises.name, "fingerprint": noises.fingerprint, "clips": clips}
    return told, [array_of(clip.waveform) for clip in noises.clips]


def read_noises(told: dict[str, Any], samples: Iterator[Array]) -> NoiseSet:
    """Read what `noises_told` wrote.

    Args:
        told: the JSON.
        samples: an array for each clip is taken from these.
    """
    clips = (
        NoiseClip(id, category, torch.from_numpy(next(samples)), source, label)
        for id, category, source, label in told["clips"]
    )
    return NoiseSet(told["name"], tuple(clips), told["fingerprint"])


def read_task(told: dict[str, Any]) -> Task:
    """Read a task from `dataclasses.asdict` of it, as JSON has it."""
    lists = {
        "classes": tuple(told["classes"]),
        "bins": tuple(told["bins"]),
        "merged": tuple(map(tuple, told["merged"])),
    }
    return Task(**{**told, **lists})


def _told_words(words: tuple[Word, ...] | None) -> list[Told] | None:
    if words is None:
        return None
    return [[w.text, w.start_s, w.end_s, [[p.label, p.start_s, p.end_s] for p in w.phones]] for w in words]


def _words(told: Sequence[Told] | None) -> tuple[Word, ...] | None:
    if told is None:
        return None
    return tuple(Word(text, start, end, tuple(Phone(*one) for one in phones)) for text, start, end, phones in told)
