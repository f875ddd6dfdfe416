"""What a record file says of the people who speak: their sex, age and language, as far as their corpus tells."""

from __future__ import annotations

from collections.abc import Mapping

from bench.core.storage.json_objects import JsonObject

SpeakerGroups = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By attribute and value, who has it."""


def people_in(told: JsonObject) -> SpeakerGroups:
    """Read `found.people` of a description; records of before, and of a corpus that tells nothing, have none.

    Raises:
        DataError: it is of another form, or a speaker has two values.
    """
    said = told.inner_or_empty("found").inner_or_empty("people")
    found: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for attribute in said.fields:
        groups = said.inner(attribute)
        found[attribute] = {value: groups.texts(value) for value in groups.fields}
        named = [speaker for speakers in found[attribute].values() for speaker in speakers]
        if len(named) != len(set(named)):
            raise said.wrong(attribute, "a speaker twice", "each once")
    return found


def trained_on_in(told: JsonObject) -> tuple[str, ...]:
    """Read `found.trained_on` of a description: attacked speakers that the victim was trained on elsewhere.

    Raises:
        DataError: it is of another form.
    """
    found = told.inner_or_empty("found")
    return found.texts("trained_on") if found.has("trained_on") else ()
