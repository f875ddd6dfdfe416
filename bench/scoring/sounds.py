"""Which sound an utterance was asked with, as far as what a record calls its source is one."""

from __future__ import annotations

from functools import lru_cache

from bench.core.specs import JOINED, bare

SETTINGS = frozenset(("drop_letters", "drop_words", "mask_adjectives", "mask_nouns", "pitch_semitone"))
"""Effects that draw no sound: what their records call the source is how many words, or which way. That is no sample."""
_BESIDE = f" {JOINED} "


def names_settings(attack: str) -> bool:
    """Tell whether the sources of an attack's records are settings, or have some among them.

    Args:
        attack: spec.

    >>> names_settings("pitch_semitone+environmental"), names_settings("environmental:snr_db=0.0")
    (True, False)
    """
    return any(name in attack for name in SETTINGS) and not SETTINGS.isdisjoint(_names(attack))


def sound_in(source: str, attack: str) -> str | None:
    """Return what of a record's source is a sound, which other utterances may have been given too.

    Args:
        source: as the record has it.
        attack: spec, for which `names_settings` holds.

    Returns:
        None where all of it is a setting.

    >>> sound_in("+1 semitones", "pitch_semitone"), sound_in("-1 semitones + rain-03", "pitch_semitone+environmental")
    (None, 'rain-03')
    """
    names, parts = _names(attack), source.split(_BESIDE)
    if len(names) != len(parts):
        return None if SETTINGS.issuperset(names) else source
    return _BESIDE.join(part for name, part in zip(names, parts, strict=True) if name not in SETTINGS) or None


@lru_cache(maxsize=256)
def _names(attack: str) -> tuple[str, ...]:
    """The names of the effects that are done one after the other."""
    from bench.contracts.composition import parts_of  # of the few attacks that may be of these

    return tuple(bare(part).partition(":")[0] for part in parts_of(attack))
