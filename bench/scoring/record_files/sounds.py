"""Which sound an utterance was asked with, as far as what a record calls its source is one."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from bench.core.specs import JOINED, bare
from bench.core.storage.json_objects import JsonObject

SETTINGS = frozenset(("drop_letters", "drop_words", "mask_adjectives", "mask_nouns", "pitch_semitone"))
"""Effects that draw no sound: what their records call the source is how many words, or which way. That is no sample.
Effects that do not come with serbench say it of themselves (`Traits.settings`)."""
_BESIDE = f" {JOINED} "


def settings_in(told: JsonObject) -> tuple[str, ...]:
    """Read `found.settings` of a description: effects that say that their source is a setting.

    Raises:
        DataError: it is of another form.
    """
    found = told.inner_or_empty("found")
    return found.texts("settings") if found.has("settings") else ()


def search_in(told: JsonObject) -> bool:
    """Read `found.search` of a description: whether the attack could have asked more than once, and did not.

    Raises:
        DataError: it is of another form.
    """
    found = told.inner_or_empty("found")
    return found.has("search") and found.truth("search")


def names_settings(attack: str, declared: Collection[str] = ()) -> bool:
    """Tell whether the sources of an attack's records are settings, or have some among them.

    Args:
        attack: spec.
        declared: effects that say it of themselves.

    >>> names_settings("pitch_semitone+environmental"), names_settings("environmental:snr_db=0.0")
    (True, False)
    """
    known = SETTINGS.union(declared)
    return any(name in attack for name in known) and not known.isdisjoint(_names(attack))


def sound_in(source: str, attack: str, declared: Collection[str] = ()) -> str | None:
    """Return what of a record's source is a sound, which other utterances may have been given too.

    Args:
        source: as the record has it.
        attack: spec, for which `names_settings` holds.
        declared: as there.

    Returns:
        None where all of it is a setting.

    >>> sound_in("+1 semitones", "pitch_semitone"), sound_in("-1 semitones + rain-03", "pitch_semitone+environmental")
    (None, 'rain-03')
    """
    names, parts, known = _names(attack), source.split(_BESIDE), SETTINGS.union(declared)
    if len(names) != len(parts):
        return None if known.issuperset(names) else source
    return _BESIDE.join(part for name, part in zip(names, parts, strict=True) if name not in known) or None


@lru_cache(maxsize=256)
def _names(attack: str) -> tuple[str, ...]:
    """The names of the effects that are done one after the other."""
    from bench.contracts.composition import parts_of  # of the few attacks that may be of these

    return tuple(bare(part).partition(":")[0] for part in parts_of(attack))
