"""P3's masked adjectives (section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Rng, Traits
from bench.perturbations.tagging import check_tagger
from bench.perturbations.word_masking import mask_part


@dataclass(frozen=True)
class MaskAdjectives:
    """Every adjective of the transcript is hidden; the sound stays as it is; asks once.

    A hidden word becomes `bench.MASK`, for which a text victim reads its own mask token. Punctuation stays, and so does
    the number of words. An utterance without a transcript, or without an adjective, is left out.

    Args:
        control: hide as many random words instead, P3's control. P3 draws them regardless of their part of speech.
            Reading: from all words of the utterance, the adjectives among them.
        tagger: "textblob" (English), or "spacy:NAME" with the name or folder of an installed spaCy pipeline.

    Differences to the original: P3 tags with spaCy and does not say which pipeline; "spacy:en_core_web_sm" is near it.
    Readings: a hyphenated word is one word; of a contraction ("that's") the first part; what stands in square brackets
    is no word.
    """

    control: bool = False
    tagger: str = "textblob"
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        check_tagger("attack 'mask_adjectives', parameter 'tagger'", self.tagger)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with its adjectives, or as many random words, hidden."""
        return mask_part(original, "ADJ", self.tagger, self.control, "mask_adjectives", rng)
