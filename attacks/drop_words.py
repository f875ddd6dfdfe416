"""P1's DropW (section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import AttackTools, Perturbation, Rng, Traits, UsageError, Utterance, Word
from bench.audio.signal.levels import audible
from bench.perturbations.edits import span_of, without


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
        if not any(map(_bare, self.words)):
            where = "attack 'drop_words', parameter 'words'"
            raise UsageError(where, "none", "one or more", "P1 takes a+the+an+so+like+and")

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the utterance without the words."""
        samples = original.waveform.shape[-1]
        dropped = [word for word in original.words or () if self._drops(word.text)]
        spans = [span_of(word.start_s, word.end_s, samples) for word in dropped]
        if not audible(original.waveform) or not any(end > start for start, end in spans):
            return
        left = without(replace(original, words=self._kept(original)), spans)
        if audible(left.waveform):
            done = Perturbation("drop_words", "signal", " ".join(_bare(word.text) for word in dropped))
            yield replace(left, transcript=self._shortened(original.transcript), perturbation=done)

    def _drops(self, text: str) -> bool:
        return _bare(text) in set(map(_bare, self.words)) - {""}

    def _kept(self, original: Utterance) -> tuple[Word, ...]:
        return tuple(word for word in original.words or () if not self._drops(word.text))

    def _shortened(self, transcript: str | None) -> str | None:
        if transcript is None:
            return None
        return " ".join(token for token in transcript.split() if not self._drops(token))


def _bare(text: str) -> str:
    """A word without case, and without the punctuation around it.

    >>> _bare("So,"), _bare("it's")
    ('so', "it's")
    """
    return re.sub(r"^\W+|\W+$", "", text).casefold()
