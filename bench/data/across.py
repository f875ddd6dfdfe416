"""Train on one corpus, attack another: the two are compared before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.core.errors import DataError, UsageError
from bench.core.types import SAMPLE_RATE, Dataset, Utterance
from bench.data.partitions import Partition, _some
from bench.data.segments import segments_of
from bench.data.splits import SplitProtocol

_PROBE = 256
"""Samples from the middle by which sounds that may be alike are found, before all of theirs are compared."""


def attacked_elsewhere(own: Partition, protocol: SplitProtocol, attacked: Sequence[Utterance]) -> Partition:
    """Put another corpus in the place of the test part.

    Args:
        own: the split of the corpus that is trained on; who is trained on and who chooses the epoch stays, so that the
            fitted victim is the one that a run within that corpus attacks.
        protocol: of that split; where it cuts blocks, the other corpus is cut into blocks too.
        attacked: all that the task labels in the other corpus.
    """
    test = segments_of(attacked) if protocol.kind.endswith("blocks") else tuple(attacked)
    return Partition(own.train, own.valid, test, leaks=own.leaks, elsewhere=True)


def check_apart(training: Dataset, attacked: Dataset, one_reader: bool) -> None:
    """Refuse two corpora that are one, in whole or in part.

    Args:
        training: the corpus that is trained on.
        attacked: the corpus that is attacked.
        one_reader: whether both were read by the same adapter, which gives one person one name.

    Raises:
        UsageError: they are the same.
        DataError: a sound, or a speaker, stands in both.
    """
    where = f"corpora {training.name!r} and {attacked.name!r}"
    if training.fingerprint == attacked.fingerprint:
        found = f"{attacked.name!r}, the corpus that is attacked"
        raise UsageError("--train-corpus", found, "another one", "leave it out to train on the corpus's other speakers")
    for one, other in _same(training.utterances, attacked.utterances):
        found = f"sample for sample the same sound: {one.id!r} and {other.id!r}"
        remedy = "remove it from one of the two"
        raise DataError(where, found, "other sounds to train on than to attack", remedy)
    if one_reader and (shared := _speakers(training) & _speakers(attacked)):
        found = f"speakers of one name, read by one adapter: {_some(shared)}"
        remedy = "leave them out of one, or, if they are other people, give them other names in one of the two"
        raise DataError(where, found, "other speakers to train on than to attack", remedy)


def differences(training: Dataset, attacked: Dataset) -> Iterator[str]:
    """Say what a reader of the figures ought to know of two corpora, one line each.

    Args:
        training: the corpus that is trained on.
        attacked: the corpus that is attacked.
    """
    shared = _speakers(training) & _speakers(attacked)
    if shared:
        yield f"Speakers {_some(shared)} of {training.name} and of {attacked.name} are taken for different people"
    bands = [min((min(one.rate_hz, SAMPLE_RATE) for one in of.utterances if one.has_sound), default=SAMPLE_RATE)
             for of in (training, attacked)]  # fmt: skip
    if bands[0] != bands[1]:
        told = [f"{of.name} has files at {band:,} Hz" for of, band in zip((training, attacked), bands, strict=True)]
        yield f"{told[0]}, {told[1]}: a victim may go by the band, and figures cannot tell that from the emotion"


def _speakers(of: Dataset) -> set[str]:
    return {one.speaker for one in of.utterances}


def _same(training: Sequence[Utterance], attacked: Sequence[Utterance]) -> Iterator[tuple[Utterance, Utterance]]:
    """Pairs with the same samples, one of each corpus."""
    known: dict[tuple[int, bytes], list[Utterance]] = {}
    for one in (one for one in training if one.has_sound):
        known.setdefault(_probe(one), []).append(one)
    for other in (other for other in attacked if other.has_sound):
        yield from ((one, other) for one in known.get(_probe(other), ()) if one.waveform.equal(other.waveform))


def _probe(one: Utterance) -> tuple[int, bytes]:
    half = len(one.waveform) // 2
    return len(one.waveform), one.waveform[max(0, half - _PROBE) : half + 1].numpy().tobytes()
