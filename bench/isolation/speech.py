"""Speech, noises and tasks as messages, and back.

Two kinds of speech: labelled, with everything that a corpus tells of it, for training; and heard, sound, words and a
speaker, for everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from bench.contracts.recipes import Recipe, Samples
from bench.core.batch import Batch
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.types import NoiseClip, Phone, Task, Utterance, Word
from bench.isolation.channel import Array

Told = list[Any]


def array_of(tensor: Tensor) -> Array:
    """Give a tensor's numbers as an array, without a copy where they lie on the CPU."""
    found: Array = tensor.detach().cpu().numpy()
    return found


def samples_of(recipes: Iterable[Recipe]) -> list[Array]:
    """Give the free samples of recipes, whose lines of JSON have their digests alone."""
    return [array_of(part.waveform) for one in recipes for part in one.parts if isinstance(part, Samples)]


def read_samples(arrays: Iterable[Array]) -> dict[str, Tensor]:
    """Read what `samples_of` wrote: waveforms by their digests."""
    return {one.digest: one.waveform for one in (Samples(torch.from_numpy(array)) for array in arrays)}


def labelled(utterances: Sequence[Utterance]) -> tuple[list[Told], list[Array]]:
    """Write speech with all that a corpus tells of it: for training alone.

    Args:
        utterances: n of them.

    Returns:
        n lists of plain JSON, and n arrays of samples.
    """
    told: list[Told] = [
        [
            *(one.id, one.session, one.emotion, one.activation, one.valence, one.dominance, dict(one.metadata)),
            *(one.speaker, one.transcript, words_told(one.words)),
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
    for id, session, emotion, activation, valence, dominance, metadata, speaker, transcript, words in told:
        found.append(
            Utterance(
                id,
                torch.from_numpy(next(samples)),
                speaker,
                session=session,
                transcript=transcript,
                words=read_words(words),
                emotion=emotion,
                activation=activation,
                valence=valence,
                dominance=dominance,
                metadata=MappingProxyType(metadata),
            )
        )
    return found


def heard(utterances: Sequence[Utterance | Heard], speakers: Sequence[str], with_words: bool) -> list[Told]:
    """Write what a victim is told of speech beside its sound: a speaker and, for one that reads, words.

    Args:
        utterances: n of them; their sound goes another way.
        speakers: what each speaker is called.
        with_words: whether transcripts and words go with them.
    """
    return [
        [speaker, one.transcript, words_told(one.words)] if with_words else [speaker, None, None]
        for one, speaker in zip(utterances, speakers, strict=True)
    ]


def read_heard(told: Sequence[Told], waveforms: Sequence[Tensor]) -> tuple[Utterance, ...]:
    """Read what `heard` wrote as what victims are given: utterances without a name.

    Args:
        told: n lists.
        waveforms: n tensors of shape (t,).
    """
    return tuple(
        Utterance("", waveform, speaker, transcript=transcript, words=read_words(words))
        for (speaker, transcript, words), waveform in zip(told, waveforms, strict=True)
    )


def read_speech(told: Sequence[Told], samples: Iterator[Array]) -> list[Heard]:
    """Read what `heard` wrote as what attacks are given.

    Args:
        told: n lists.
        samples: n arrays are taken from these.
    """
    return [
        Heard(torch.from_numpy(next(samples)), speaker, transcript, read_words(words))
        for speaker, transcript, words in told
    ]


def read_batch(head: Mapping[str, Any], arrays: Sequence[Array], device: torch.device) -> Batch:
    """Make the batch that a victim is asked about.

    Args:
        head: with `speech` by `heard`, and `sample_keys` and `sessions`, one a row or none.
        arrays: waveforms, shape (b, t), float32, and lengths, shape (b,), int64.
        device: where it goes.
    """
    waveforms, lengths = (torch.from_numpy(array) for array in arrays)
    placed = waveforms.to(device)
    rows = [row[:end] for row, end in zip(placed, lengths.tolist(), strict=True)]
    keys, sessions = (tuple(head[name]) for name in ("sample_keys", "sessions"))
    return Batch(read_heard(head["speech"], rows), placed, lengths.to(device), keys, sessions)


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
        "scale": tuple(told["scale"]) if told.get("scale") else None,
    }
    return Task(**{**told, **lists})


def words_told(words: tuple[Word, ...] | None) -> list[Told] | None:
    """Write words with their times, and those of their phones."""
    if words is None:
        return None
    return [[w.text, w.start_s, w.end_s, [[p.label, p.start_s, p.end_s] for p in w.phones]] for w in words]


def read_words(told: Sequence[Told] | None) -> tuple[Word, ...] | None:
    """Read what `words_told` wrote.

    Raises:
        TypeError, ValueError: it is nothing of the kind.
    """
    if told is None:
        return None
    return tuple(
        Word(_text(text), float(start), float(end), tuple(Phone(_text(p), float(s), float(e)) for p, s, e in phones))
        for text, start, end, phones in told
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} for a text")
    return value
