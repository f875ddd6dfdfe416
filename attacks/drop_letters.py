"""P1's DropLt (section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import EffectTools, Heard, Perturbation, Phone, Rng, Traits, Word, chosen
from bench.audio.signal.levels import audible
from bench.perturbations.edits import span_of, without

RULES = ("h", "nd", "t", "r", "ing")
"""P1's: /h/+vowel, vowel+/nd/+consonant (next word), consonant+/t/+consonant (next word), vowel+/r/+consonant, -ing."""

VOWELS = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AX", "AXR", "AY", "EH", "ER", "EY", "IH", "IX", "IY", "OW", "OY", "UH", "UW")
)
"""The ARPAbet labels that are vowels."""

CONSONANTS = frozenset(
    "B CH D DH DX F G HH HV JH K L M N NG NX P R S SH T TH V W WH Y Z ZH Q EL EM EN ENG".split()  # noqa: SIM905
)
"""The ARPAbet labels that are consonants: neither vowels nor silence, breath or noise."""

PAUSE_S = 0.2
"""Seconds. Across a longer pause two words do not act on each other."""


@dataclass(frozen=True)
class DropLetters:
    """The sounds that casual American speech leaves out are cut out; asks once. People hear the same emotion (P1).

    Wherever a rule fits, its sound's samples are taken out, with no cross-fade: "(h)and", "han(d) me", "jus(t) now",
    "wa(r)m", "evenin(g)". Word times are moved along; the transcript stays, for these are ways of saying the same
    words, unless nothing is left of one. The length changes, so the SNR is undefined and the perception table alone
    decides where a success counts. It does not apply where the corpus has no times of sounds, where no rule fits, and
    to silence. Sounds are labelled in ARPAbet, with stress digits or without, as in IEMOCAP's alignments and the
    embedded corpus.

    Readings: all the rules apply, each wherever it fits. The consonant that P1 puts in the next word is that word's
    first sound, at most 0.2 s later; the other contexts lie within one word. A vowel that is itself coloured by r (ER)
    has no /r/ to drop. In "-ing" P1's casual form ends in /n/ for the velar nasal; cutting makes no other sound, so the
    second half of the NG, where the velar closure is heard, goes. It fits at the end of words of two vowels or more:
    "going", not "thing".

    Args:
        rules: which of h, nd, t, r, ing; joined by +.
    """

    rules: tuple[str, ...] = RULES
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        chosen("attack 'drop_letters'", "rules", self.rules, RULES)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance without the sounds."""
        samples = original.waveform.shape[-1]
        dropped = [phone for phone in _dropped(original.words or (), self.rules) if phone.end_s > phone.start_s]
        spans = [span_of(phone.start_s, phone.end_s, samples) for phone in dropped]
        if not audible(original.waveform) or not any(end > start for start, end in spans):
            return None
        left = without(original, spans)
        if not audible(left.waveform):
            return None
        done = Perturbation("drop_letters", "signal", " ".join(_label(phone) for phone in dropped))
        return replace(left, perturbation=done)


def _dropped(words: Sequence[Word], rules: Sequence[str]) -> list[Phone]:
    """What is cut: whole sounds, and the second half of an NG."""
    found = []
    for word, following in zip(words, [*words, None][1:], strict=True):
        labels = [_label(phone) for phone in word.phones]
        before_consonant = following is not None and _leads_into_consonant(word, following)
        for index, phone in enumerate(word.phones):
            rule = _rule(labels, index, before_consonant)
            if rule in rules:
                middle_s = (phone.start_s + phone.end_s) / 2
                found.append(replace(phone, start_s=middle_s) if rule == "ing" else phone)
    return found


def _rule(labels: Sequence[str], index: int, before_consonant: bool) -> str | None:
    """The rule that takes out this sound of a word, if any.

    >>> _rule(["HH", "AE", "N", "D"], 0, False), _rule(["HH", "AE", "N", "D"], 3, True)
    ('h', 'nd')
    >>> _rule(["G", "OW", "IH", "NG"], 3, False), _rule(["TH", "IH", "NG"], 2, False)
    ('ing', None)
    """
    label, last = labels[index], index == len(labels) - 1
    before, after = labels[index - 1] if index else "", "" if last else labels[index + 1]
    if label == "HH" and after in VOWELS:
        return "h"
    if label == "D" and last and before_consonant and before == "N" and index > 1 and labels[index - 2] in VOWELS:
        return "nd"
    if label == "T" and last and before_consonant and before in CONSONANTS:
        return "t"
    if label == "R" and before in VOWELS and after in CONSONANTS:
        return "r"
    if label == "NG" and last and before in ("IH", "IX") and sum(one in VOWELS for one in labels) > 1:
        return "ing"
    return None


def _leads_into_consonant(word: Word, following: Word) -> bool:
    near = following.start_s - word.end_s <= PAUSE_S
    return near and bool(following.phones) and _label(following.phones[0]) in CONSONANTS


def _label(phone: Phone) -> str:
    """Its label without the stress.

    >>> _label(Phone("ih0", 0.0, 0.1))
    'IH'
    """
    return phone.label.upper().rstrip("012")
