"""Text from outside as text: what would turn, hide or recolour other text is written out in its stead."""

from __future__ import annotations

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_KEPT = "\n\t"


def plain_text(text: str) -> str:
    """Write out the characters of a text that a page, a terminal or an editor would act on and not show.

    Control characters (an escape sequence begins with one), marks that turn the direction of writing, characters
    without width, halves of surrogate pairs. Ends of lines and tabs stay.

    >>> plain_text("a\\x1b[31mb"), plain_text("\\u202egpj.exe"), plain_text("münchen 音")
    ('a\\\\x1b[31mb', '\\\\u202egpj.exe', 'münchen 音')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _written_out(one) if unicodedata.category(one) in _HIDDEN and one not in _KEPT else one for one in text
    )


def _written_out(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 0x7F else f"\\x{ord(character):02x}"
    )
