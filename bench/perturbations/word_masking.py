"""The words of a transcript, and hiding some of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from bench.core.heard import Heard
from bench.core.types import MASK, Perturbation, Rng, Word
from bench.perturbations.tagging import PartOfSpeech, parts_of_speech

_WORD = re.compile(r"\[[^\]]*\](?:n?['’]\w+)?|([^\W_]+(?:[-'’][^\W_]+)*)")
"""Letters and digits with hyphens and apostrophes between them; not what stands in square brackets, like [LAUGHTER]."""
_CONTRACTED = re.compile(r"n['’]t$|['’](?:s|m|d|re|ve|ll)$", re.IGNORECASE)


@dataclass(frozen=True)
class SpokenWords:
    """One word of a transcript: the stretch [start, end) of its characters, without a contracted ending.

    Args:
        start: its first character's place in the transcript, from 0.
        end: the place after its last character.
    """

    start: int
    end: int


def words_of(transcript: str) -> tuple[SpokenWords, ...]:
    """Find the words of a transcript; of a contraction the first part: "dog" of "dog's", "do" of "don't".

    >>> text = "Well, that's [LAUGHTER] a good-looking dog!"
    >>> [text[word.start : word.end] for word in words_of(text)]
    ['Well', 'that', 'a', 'good-looking', 'dog']
    """
    return tuple(
        SpokenWords(found.start(1), found.end(1) - _ending(found[1]))
        for found in _WORD.finditer(transcript)
        if found[1]
    )


def _ending(word: str) -> int:
    found = _CONTRACTED.search(word)
    return len(found[0]) if found and found.start() else 0


def parts_of(transcript: str, tagger: str) -> tuple[str, ...]:
    """Tag each of `words_of(transcript)` with its part of speech; the tagger sees punctuation and endings too.

    Args:
        transcript: the text.
        tagger: "textblob" or "spacy:NAME", see `bench.perturbations.tagging.parts_of_speech`.

    >>> parts_of("The old dog's tired.", "textblob")
    ('X', 'ADJ', 'NOUN', 'X')
    """
    tokens: list[str] = []
    places, before = [], 0
    for word in words_of(transcript):
        tokens += transcript[before : word.start].split()
        places.append(len(tokens))
        tokens.append(transcript[word.start : word.end])
        ending = _ending_after(transcript, word.end)
        tokens += [ending] if ending else []
        before = word.end + len(ending)
    tokens += transcript[before:].split()
    tags = parts_of_speech(tuple(tokens), tagger)
    return tuple(tags[place] for place in places)


def _ending_after(transcript: str, end: int) -> str:
    found = re.match(r"n['’]t\b|['’](?:s|m|d|re|ve|ll)\b", transcript[end:], re.IGNORECASE)
    return found[0] if found else ""


def hide(original: Heard, chosen: Collection[int]) -> Heard:
    """Replace some words of speech by `MASK`, in the transcript and among the words with times.

    Everything else of the transcript stays: punctuation, spaces, contracted endings, the number of words. The words
    with times lose their sounds with their text. Where they are not, one for one, those between the spaces of the
    transcript, there is no telling which to hide, and all of them are left out.

    Args:
        original: speech with a transcript; left as it is.
        chosen: places in `words_of(transcript)`.
    """
    transcript = original.transcript or ""
    spans = words_of(transcript)
    parts, before = [], 0
    for place, word in enumerate(spans):
        hidden = place in chosen
        parts += [transcript[before : word.start], MASK if hidden else transcript[word.start : word.end]]
        before = word.end
    words = _hidden(transcript, {spans[place] for place in chosen}, original.words)
    return replace(original, transcript="".join([*parts, transcript[before:]]), words=words)


def _hidden(
    transcript: str, chosen: Collection[SpokenWords], words: tuple[Word, ...] | None
) -> tuple[Word, ...] | None:
    """The timed words, those that lie in one stretch without spaces with a chosen word hidden."""
    spans = words_of(transcript)
    stretches = [
        {word for word in spans if found.start() <= word.start < found.end()}
        for found in re.finditer(r"\S+", transcript)
    ]
    spoken = [stretch for stretch in stretches if stretch]
    if words is None or len(words) != len(spoken):
        return None
    return tuple(
        Word(MASK, word.start_s, word.end_s) if stretch & set(chosen) else word
        for word, stretch in zip(words, spoken, strict=True)
    )


def mask_part(original: Heard, part: PartOfSpeech, tagger: str, control: bool, name: str, rng: Rng) -> Heard | None:
    """Hide every word of a part of speech, or as many random words: P3's masks.

    Args:
        original: the speech; its sound stays as it is.
        part: what is hidden.
        tagger: "textblob" or "spacy:NAME", see `bench.perturbations.tagging.parts_of_speech`.
        control: hide as many words instead, drawn from all of them whatever their part of speech.
        name: of the perturbation.
        rng: draws the words of a control.

    Returns:
        The speech with the words replaced by `MASK`. None where there is no transcript, or no such word in it.
    """
    tags = parts_of(original.transcript or "", tagger)
    chosen = [place for place, tag in enumerate(tags) if tag == part]
    if not chosen:
        return None
    source = f"{tagger}: {len(chosen)} of {len(tags)} words"
    if control:
        chosen = rng.choice(len(tags), size=len(chosen), replace=False).tolist()
        source += ", at random"
    return replace(hide(original, chosen), perturbation=Perturbation(name, "text", source))
