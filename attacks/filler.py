"""P1's FillerS and FillerL (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench import SAMPLE_RATE, EffectTools, Heard, Perturbation, Rng, Traits, Word, chosen, within
from bench.audio.signal.levels import audible, levelled
from bench.audio.signal.voice import hesitation, median_f0
from bench.perturbations.edits import inserted, span_of

FILLERS = frozenset("um uh uhm er erm hm mhm".split())  # noqa: SIM905
"""The words that count as fillers in a corpus's word times."""

_EDGE = round(0.005 * SAMPLE_RATE)
_FRAME = round(0.02 * SAMPLE_RATE)


@dataclass(frozen=True)
class Filler:
    """An "uh" or "um" of the same speaker in the middle of the utterance; asks once. People hear another emotion (P1).

    A random filler from the speaker's other utterances where the corpus has one with its times; else one that is
    synthesised at the utterance's own median f0. The record's source says which. It is brought to the utterance's RMS.
    It stands at the border of two words that is nearest to the middle; where there are no word times, at the softest
    20 ms of the middle third. All the utterance's own samples stay as they are, and so does the transcript: P1 calls
    its fillers non-verbal. The length changes, so the SNR is undefined and the perception table alone decides where a
    success counts. It does not apply to silence, nor to an utterance without voice where there is no filler to take.

    Readings: P1's FillerL has "a long pause" on both sides and no figure: half a second of silence each. A synthesised
    filler lasts 0.25 to 0.45 s, drawn at random, "uh" or "um" alike.

    Args:
        length: "short" (P1's FillerS) or "long" (FillerL, with the pauses).
        pause_s: each pause of a long one, in seconds; from 0.05 to 5.
    """

    length: Literal["short", "long"] = "short"
    pause_s: float = 0.5
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        chosen("attack 'filler'", "length", [self.length], ("short", "long"))
        within("attack 'filler'", "pause_s", self.pause_s, "try 0.5", at_least=0.05, at_most=5)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with a filler."""
        if not audible(original.waveform):
            return None
        found = _recorded(tools, rng) or _synthesised(original, rng)
        if found is None:
            return None
        sound, source = found
        piece = levelled(sound.to(original.waveform), like=original.waveform)
        if self.length == "long":
            pause = round(self.pause_s * SAMPLE_RATE)
            piece = torch.nn.functional.pad(piece, (pause, pause))
        done = Perturbation("filler", "signal", f"{self.length} {source}")
        return replace(inserted(original, _middle(original), piece), perturbation=done)


def _recorded(tools: EffectTools, rng: Rng) -> tuple[Tensor, str] | None:
    """A filler that the speaker says elsewhere, and what it is."""
    said = [
        (other, word)
        for other in tools.others
        for word in other.words or ()
        if word.text.casefold().strip(".,?!-") in FILLERS
    ]
    for index in rng.permutation(len(said)):
        other, word = said[index]
        start, end = span_of(word.start_s, word.end_s, other.waveform.shape[-1])
        sound = other.waveform[start:end]
        if audible(sound):
            rise = torch.linspace(0, 1, _EDGE, device=sound.device)
            edges = torch.ones_like(sound)
            edges[:_EDGE], edges[-_EDGE:] = rise, rise.flip(0)
            source = f"{word.text.casefold()} of the speaker's own, {word.start_s:.2f} s into another utterance"
            return sound * edges, source
    return None


def _synthesised(original: Heard, rng: Rng) -> tuple[Tensor, str] | None:
    """A filler at the speaker's f0, and what it is."""
    f0_hz = median_f0(original.waveform)
    if f0_hz is None:
        return None
    kind: Literal["uh", "um"] = "uh" if rng.random() < 0.5 else "um"
    return hesitation(kind, f0_hz, rng.uniform(0.25, 0.45), rng), f"{kind} synthesised at {f0_hz:.0f} Hz"


def _middle(original: Heard) -> int:
    """The sample before which a filler goes in: at a border of words or in a soft place, where the wave is near 0."""
    samples = original.waveform.shape[-1]
    borders = _borders([word for word in original.words or () if word.end_s > word.start_s], samples)
    at = min(borders, key=lambda border: abs(border - samples // 2)) if borders else _softest(original.waveform)
    first = max(at - _EDGE, 0)
    near = original.waveform[first : at + _EDGE + 1]
    return first + int(near.abs().argmin())


def _borders(words: list[Word], samples: int) -> list[int]:
    """The middle of the gap between each two words, in samples."""
    middles = (round((one.end_s + two.start_s) / 2 * SAMPLE_RATE) for one, two in pairwise(words))
    return [middle for middle in middles if 0 < middle < samples]


def _softest(waveform: Tensor) -> int:
    """The middle of the 20 ms of least energy in the middle third."""
    third = waveform.shape[-1] // 3
    inner = waveform[third : max(2 * third, third + _FRAME)]
    level = inner.square().unfold(0, min(_FRAME, len(inner)), 1).sum(dim=-1)
    return third + int(level.argmin()) + _FRAME // 2
