"""eSpeak NG's word and phoneme events as words and sounds with times, the sounds in ARPAbet.

ARPAbet without stress marks is what IEMOCAP's forced alignments use, so that a perturbation of sounds ("delete /t/
between consonants") is written once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bench.core.types import Phone, Word

_WORD_EVENT = 1
_R_SHARE = 0.4
"""Of a vowel that eSpeak NG ends in /r/ ("O@" in "four"), the share given to the R."""

_SOUNDS: dict[str, tuple[str, ...]] = {
    **{symbol: (symbol.upper(),) for symbol in "pbtdkgfvszmnlrw"},
    **{"T": ("TH",), "D": ("DH",), "S": ("SH",), "Z": ("ZH",), "N": ("NG",), "h": ("HH",), "j": ("Y",)},
    **{"tS": ("CH",), "dZ": ("JH",), "x": ("K",), "?": ("T",), "*": ("DX",), "t#": ("DX",)},
    **{"@": ("AX",), "a#": ("AX",), "@L": ("AX", "L"), "n-": ("AX", "N"), "m-": ("AX", "M"), "l-": ("AX", "L")},
    **{"3": ("AXR",), "3:": ("ER",), "VR": ("AH", "R"), "IR": ("IH", "R"), "I@": ("IH", "R")},
    **{"a": ("AE",), "aa": ("AE",), "A": ("AA",), "A:": ("AA",), "A@": ("AA", "R"), "0": ("AA",), "02": ("AA",)},
    **{"E": ("EH",), "e": ("EH",), "e@": ("EH", "R"), "I": ("IH",), "i": ("IY",), "i:": ("IY",)},
    **{"i@": ("IY", "AX"), "i@3": ("IH", "R"), "O": ("AO",), "O:": ("AO",), "O@": ("AO", "R"), "o@": ("AO", "R")},
    **{"V": ("AH",), "U": ("UH",), "u": ("UW",), "u:": ("UW",), "U@": ("UH", "R"), "oU": ("OW",), "o": ("OW",)},
    **{"aI": ("AY",), "eI": ("EY",), "OI": ("OY",), "aU": ("AW",), "aI@": ("AY", "AX"), "aI3": ("AY", "R")},
    **{"aU@": ("AW", "R")},
}


def sounds(phoneme: str) -> tuple[str, ...]:
    """Translate one of eSpeak NG's phonemes of American English into ARPAbet; a pause or a glide between words has
    none.

    >>> sounds("'oU"), sounds("O@"), sounds("_:")
    (('OW',), ('AO', 'R'), ())
    """
    bare = phoneme.lstrip("',%=|").rstrip("'")
    if not bare or bare.startswith("_") or bare == ";":
        return ()
    for symbol in (bare, bare.rstrip("23456789#-;^/"), bare.rstrip("023456789#-:;^/")):
        if symbol in _SOUNDS:
            return _SOUNDS[symbol]
    return (bare.upper(),)


def tokens(text: str) -> list[tuple[int, int, str]]:
    """Split a text at white space into its words: where each starts and ends, and the word without punctuation.

    >>> tokens("So, it's late.")
    [(0, 3, 'So'), (4, 8, "it's"), (9, 14, 'late')]
    """
    found = [(match.start(), match.end(), match.group()) for match in re.finditer(r"\S+", text)]
    stripped = [(start, end, re.sub(r"^\W+|\W+$", "", token)) for start, end, token in found]
    return [(start, end, word) for start, end, word in stripped if word]


def timed_words(
    text: str, events: Sequence[tuple[int, int, int, str]], seconds_a_sample: float, duration_s: float
) -> tuple[Word, ...]:
    """Turn eSpeak NG's events into the words of a text with their times and sounds.

    Args:
        text: what was said.
        events: eSpeak NG's, in order: kind (1 a word, 7 a phoneme), position in the text from 1, sample, phoneme.
        seconds_a_sample: to turn the events' samples into seconds.
        duration_s: no time is beyond it.

    Returns:
        The words of [`tokens`][], in order; times do not overlap. Where eSpeak NG says two words as one ("of the"),
        their sounds are shared out between them.
    """
    words = tokens(text)
    said: list[list[Phone]] = [[] for _ in words]
    current = 0
    for index, (kind, position, sample, phoneme) in enumerate(events):
        if kind == _WORD_EVENT:
            current = max(current, sum(start < position for start, _, _ in words) - 1)
            continue
        until = next((later[2] for later in events[index + 1 :] if later[0] != _WORD_EVENT), sample)
        start_s, end_s = (min(at * seconds_a_sample, duration_s) for at in (sample, until))
        _append(said[current], sounds(phoneme), start_s, end_s)
    _share(said, [word for _, _, word in words])
    return tuple(_word(word, phones) for (_, _, word), phones in zip(words, said, strict=True))


def _append(phones: list[Phone], labels: tuple[str, ...], start_s: float, end_s: float) -> None:
    """Add a phoneme's sounds. One without a time of its own (the L of a last "pile") has the end of the one before."""
    if labels and end_s <= start_s and phones:
        last = phones.pop()
        labels, start_s, end_s = (last.label, labels[0]), last.start_s, last.end_s
    if end_s > start_s:
        phones.extend(_cut(labels, start_s, end_s))


def _cut(labels: tuple[str, ...], start_s: float, end_s: float) -> list[Phone]:
    if len(labels) == 2:
        middle_s = end_s - _R_SHARE * (end_s - start_s)
        return [Phone(labels[0], start_s, middle_s), Phone(labels[1], middle_s, end_s)]
    return [Phone(label, start_s, end_s) for label in labels]


def _share(said: list[list[Phone]], words: Sequence[str]) -> None:
    """Give words that eSpeak NG joined to the word before them their part of its sounds, from the last backwards."""
    for i in range(len(said) - 1, 0, -1):
        if said[i]:
            continue
        j = max(k for k in range(i) if said[k] or k == 0)
        if not said[j]:
            continue
        letters = [len(word) for word in words[j : i + 1]]
        want = 2 if words[i] == "the" else 1 if words[i] == "a" else round(len(said[j]) * letters[-1] / sum(letters))
        keep = len(said[j]) - min(max(want, 1), max(len(said[j]) - (i - j), 1))
        said[i], said[j] = said[j][keep:], said[j][:keep]
        if not said[j]:
            said[j] = _halve(said[i])


def _halve(phones: list[Phone]) -> list[Phone]:
    """Two words with one sound between them: the first takes the sound's first half. Changes `phones`."""
    first = phones[0]
    middle_s = (first.start_s + first.end_s) / 2
    phones[0] = replace(first, start_s=middle_s)
    return [replace(first, end_s=middle_s)]


def _word(text: str, phones: Sequence[Phone]) -> Word:
    if not phones:
        return Word(text, 0.0, 0.0)
    return Word(text, phones[0].start_s, phones[-1].end_s, tuple(phones))
