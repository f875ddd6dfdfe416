"""What the harness relies on of a corpus and a noise bank that have been read, as checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import torch

from bench.conformance.checking import ConformanceCheck, require
from bench.core.noises import NoiseSet
from bench.core.types import Dataset, NoiseClip, Utterance


def dataset_checks(read: Callable[[], Dataset]) -> list[ConformanceCheck]:
    """List what is asked of a corpus: unique ids, sound within [-1, 1], words within their utterance.

    Args:
        read: gives it, the same one every time.
    """

    def reads() -> str:
        said = read().utterances
        require(bool(said), "no utterances")
        return f"{len(said)} utterances of {len({one.speaker for one in said})} speakers"

    def is_labelled() -> str:
        said = read().utterances
        known = [one for one in said if one.emotion or one.activation is not None or one.valence is not None]
        require(bool(known), "no utterance with an emotion, an activation or a valence")
        emotions = sorted({one.emotion for one in known if one.emotion})
        return f"{len(known)} labelled: {', '.join(emotions) or 'ratings'}"

    def each(check: Callable[[Utterance], None]) -> Callable[[], str]:
        def run() -> str:
            for utterance in read().utterances:
                check(utterance)
            return ""

        return run

    return [
        ConformanceCheck("reading", "Read its files into utterances.", reads, rests_on_user=True),
        *_named_checks(lambda: read().utterances, lambda: read().fingerprint),
        ConformanceCheck("samples", "Hold sound as float32, shape (t,), in [-1, 1].", each(_sounds), ("reading",)),
        ConformanceCheck("words", "Hold words within their utterance, in seconds.", each(_words), ("reading",)),
        ConformanceCheck("annotation", "Say of some utterances how they were said.", is_labelled, ("reading",)),
    ]


def noise_set_checks(read: Callable[[], NoiseSet]) -> list[ConformanceCheck]:
    """List what is asked of a noise bank: unique ids, a category and a source of each clip, sound within [-1, 1].

    Args:
        read: gives it, the same one every time.
    """

    def reads() -> str:
        bank = read()
        require(bool(bank.clips), "no sounds")
        return f"{len(bank.clips)} sounds: {', '.join(bank.categories)}"

    def are_sorted() -> str:
        lacking = [clip.id for clip in read().clips if not (clip.category and clip.source)]
        require(not lacking, f"no category or no source: {', '.join(lacking[:5])}")
        return f"{len({clip.source for clip in read().clips})} recordings"

    def are_sounds() -> str:
        for clip in read().clips:
            _check_sound(clip)
        return ""

    return [
        ConformanceCheck("reading", "Read its files into clips.", reads, rests_on_user=True),
        *_named_checks(lambda: read().clips, lambda: read().fingerprint),
        ConformanceCheck("samples", "Hold sound as float32, shape (t,), in [-1, 1].", are_sounds, ("reading",)),
        ConformanceCheck("sources", "Give each clip a category and a recording.", are_sorted, ("reading",)),
    ]


def same_again_check(
    first: Callable[[], Dataset | NoiseSet], again: Callable[[], Dataset | NoiseSet]
) -> ConformanceCheck:
    """Make the check that two readings give the same, in the same order, under the same fingerprint.

    Args:
        first: gives the first reading.
        again: reads once more.
    """

    def run() -> str:
        one, other = first(), again()
        require(one.fingerprint == other.fingerprint, "another fingerprint when it was read again")
        require(_ids(one) == _ids(other), "another order when it was read again")
        return ""

    return ConformanceCheck("order", "Give the same in the same order when read again.", run, ("reading",))


def _ids(found: Dataset | NoiseSet) -> list[str]:
    return [one.id for one in (found.utterances if isinstance(found, Dataset) else found.clips)]


def _named_checks(
    found: Callable[[], Sequence[Utterance | NoiseClip]], fingerprint: Callable[[], str]
) -> list[ConformanceCheck]:
    def are_unique() -> str:
        counts = Counter(one.id for one in found())
        twice = [id for id, count in counts.items() if count > 1]
        require(not twice, f"ids repeat: {', '.join(twice[:5])}")
        return ""

    def has_one() -> str:
        require(bool(fingerprint()), "no fingerprint")
        return ""

    return [
        ConformanceCheck("ids", "Give each sound an id of its own.", are_unique, ("reading",)),
        ConformanceCheck("fingerprint", "Have a fingerprint of samples and annotations.", has_one, ("reading",)),
    ]


def _sounds(utterance: Utterance) -> None:
    if utterance.has_sound:
        _check_sound(utterance)
    else:
        require(bool(utterance.transcript), f"{utterance.id}: neither sound nor words")


def _check_sound(one: Utterance | NoiseClip) -> None:
    waveform = one.waveform
    require(waveform.dtype == torch.float32, f"{one.id}: {waveform.dtype}")
    require(waveform.ndim == 1, f"{one.id}: shape {tuple(waveform.shape)}")
    heard = waveform.numel() > 0 and 0 < float(waveform.abs().max()) <= 1
    require(heard, f"{one.id}: silent or beyond [-1, 1]")


def _words(utterance: Utterance) -> None:
    for word in utterance.words or ():
        within = 0 <= word.start_s <= word.end_s <= utterance.duration_s + 1e-6
        require(within, f"{utterance.id}: {word}")
