"""P3's masked nouns (section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import EffectTools, Heard, Rng, Traits
from bench.perturbations.tagging import check_tagger
from bench.perturbations.word_masking import mask_part


@dataclass(frozen=True)
class MaskNouns:
    """Every noun of the transcript is hidden; the sound stays as it is; asks once.

    As [`MaskAdjectives`][attacks.mask_adjectives.MaskAdjectives], for nouns.

    Args:
        control: hide as many random words instead, drawn from all words of the utterance, the nouns among them.
        tagger: "textblob" (English), or "spacy:NAME" with the name or folder of an installed spaCy pipeline.

    Differences to the original: P3 does not say whether proper names are nouns. Reading: they are not, as in the tag
    set of spaCy; P3 counts nouns among 7.91 % of the words.
    """

    control: bool = False
    tagger: str = "textblob"
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        check_tagger("attack 'mask_nouns', parameter 'tagger'", self.tagger)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance with its nouns, or as many random words, hidden."""
        return mask_part(original, "NOUN", self.tagger, self.control, "mask_nouns", rng)
