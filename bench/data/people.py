"""Who speaks, as far as a corpus's metadata tell: what figures by group are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bench.core.types import Utterance

NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("sex", "gender"),
    "age": ("age_years", "age"),
    "language": ("language", "lang"),
}
"""By attribute, the names that it has in metadata, in any case; the first that is there holds."""
_SEXES = {"f": "female", "w": "female", "woman": "female", "m": "male", "man": "male"}
_UNTOLD = ("", "unknown", "n/a", "na", "none", "nan", "-", "?")
_LONGEST = 40
_AGES = ((20, "under 20"), (40, "20-39"), (60, "40-59"), (200, "60 and over"))
People = dict[str, dict[str, list[str]]]
"""By attribute and by its value, who has it."""


def people_of(utterances: Iterable[Utterance]) -> People:
    """Gather what the metadata of some utterances tell of their speakers: sex, age, language.

    Ages are told by groups of twenty years. A speaker of whom two utterances tell different values has none: figures
    by group are about people.

    Args:
        utterances: any.

    Returns:
        By attribute and value the speakers, in order; no attribute that is told of nobody.
    """
    told: dict[str, dict[str, set[str]]] = {name: {} for name in NAMED}
    for utterance in utterances:
        known = {name.casefold(): value for name, value in utterance.metadata.items()}
        for attribute, names in NAMED.items():
            value = next((said for name in names if (said := _plain(attribute, known.get(name, "")))), None)
            if value is not None:
                told[attribute].setdefault(utterance.speaker, set()).add(value)
    found: People = {}
    for attribute, by_speaker in told.items():
        for speaker, values in sorted(by_speaker.items()):
            if len(values) == 1:
                found.setdefault(attribute, {}).setdefault(min(values), []).append(speaker)
    return {attribute: dict(sorted(groups.items())) for attribute, groups in found.items()}


def _plain(attribute: str, value: str) -> str:
    """A value in one spelling; "" where it says nothing."""
    text = " ".join(value.split()).casefold()[:_LONGEST]
    if text in _UNTOLD:
        return ""
    if attribute == "age":
        return _age_group(text)
    return _SEXES.get(text, text) if attribute == "sex" else text


def _age_group(text: str) -> str:
    """The group of a number of years; what is no number is a group already."""
    try:
        years = float(text)
    except ValueError:
        return text
    return next((name for below, name in _AGES if 0 < years < below), "")
