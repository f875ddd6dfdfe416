"""P1's DropW (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Rng, Traits, UsageError
from bench.audio.signal.levels import audible
from bench.perturbations.edits import bare, span_of, unsaid, without


@dataclass(frozen=True)
class DropWords:
    """The words that carry little are cut out: a, the, an, so, like, and; asks once. People hear the same emotion (P1).

    Every one of these words goes, by its times: its samples are taken out, all others stay as they are, and what was
    before and after them is joined with no pause and no cross-fade. Transcript and word times are those of what is
    left. The length changes, so the SNR is undefined and the perception table alone decides where a success counts. It
    does not apply where the corpus has no word times, to an utterance with none of the words, to one with no others,
    and to silence.

    Args:
        words: to be dropped, whatever their case, joined by +; P1's.
    """

    words: tuple[str, ...] = ("a", "the", "an", "so", "like", "and")
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        if not any(map(bare, self.words)):
            where = "attack 'drop_words', parameter 'words'"
            raise UsageError(where, "none", "one or more", "P1 takes a+the+an+so+like+and")

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance without the words."""
        samples = original.waveform.shape[-1]
        unwanted = set(map(bare, self.words)) - {""}
        dropped = {}
        for place, word in enumerate(original.words or ()):
            start, end = span_of(word.start_s, word.end_s, samples)
            if bare(word.text) in unwanted and end > start:
                dropped[place] = (start, end)
        if not audible(original.waveform) or not dropped:
            return None
        left = without(unsaid(original, dropped), dropped.values())
        if not audible(left.waveform):
            return None
        told = (bare(word.text) for place, word in enumerate(original.words or ()) if place in dropped)
        return replace(left, perturbation=Perturbation("drop_words", "signal", " ".join(told)))
