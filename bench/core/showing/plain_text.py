"""Text from outside as text: what would turn, hide or recolour other text is written out in its stead."""

from __future__ import annotations

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")
_KEPT = "\n\t"
_BLANK = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters, marks and signs that are shown as nothing."""


def plain_text(text: str) -> str:
    """Write out the characters of a text that a page, a terminal or an editor would act on and not show.

    Control characters (an escape sequence begins with one), marks that turn the direction of writing, characters
    without width or ink, halves of surrogate pairs, what Unicode has no character for. Ends of lines and tabs stay.

    >>> plain_text("a\\x1b[31mb"), plain_text("\\u202egpj.exe"), plain_text("a\\u3164"), plain_text("münchen 音")
    ('a\\\\x1b[31mb', '\\\\u202egpj.exe', 'a\\\\u3164', 'münchen 音')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(one) if is_hidden(one) else one for one in text)


def is_hidden(character: str) -> bool:
    """Tell whether nothing is seen of a character but what it does to others; ends of lines and tabs are seen.

    Args:
        character: one.
    """
    return character in _BLANK or (unicodedata.category(character) in _HIDDEN and character not in _KEPT)


def _written_out(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 0x7F else f"\\x{ord(character):02x}"
    )
