"""Text from outside in tables: what a renderer, a spreadsheet or TeX would act on is text there too."""

from __future__ import annotations

import re

from bench.core.showing.plain_text import plain_text

_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{one: f"\\{one}" for one in "&%$#_{}"},
}


def as_markdown(value: object) -> str:
    """Escape text for a line of Markdown: no mark-up of its own, neither Markdown nor HTML, no second line, and nothing
    that GitHub makes a link, a mention or a formula of.

    >>> as_markdown("a|b <i> [c](d)"), as_markdown("cnn_gru _a_ ~~b~~ $c$")
    ('a\\\\|b &lt;i&gt; \\\\[c\\\\](d)', 'cnn_gru \\\\_a\\\\_ \\\\~\\\\~b\\\\~\\\\~ \\\\$c\\\\$')
    >>> as_markdown("https://a.b www.c.d e@f")
    'https&#58;//a.b www&#46;c.d e&#64;f'
    """
    line = " ".join(plain_text(str(value)).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*|\[\]~$]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", line)
    line = re.sub(r"\b(www)\.", r"\1&#46;", line.replace("://", "&#58;//"), flags=re.IGNORECASE)
    return line.replace("@", "&#64;")


def in_spreadsheet(value: object) -> object:
    """Make a value safe to be opened as CSV in a spreadsheet: text that begins as a formula does begins with '.

    >>> in_spreadsheet("=cmd()"), in_spreadsheet("-1+1"), in_spreadsheet(-0.5), in_spreadsheet("a=b")
    ("'=cmd()", "'-1+1", -0.5, 'a=b')
    """
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return "'" + text if text.lstrip()[:1] in tuple("=+-@＝＋－＠") or text[:1] in ("\t", "\r") else text


def in_tex(value: object) -> str:
    r"""Escape text for LaTeX.

    >>> in_tex("50 % of a_b \\input{x}")
    '50 \\% of a\\_b \\textbackslash{}input\\{x\\}'
    """
    return "".join(_TEX.get(one, one) for one in " ".join(plain_text(str(value)).split()))
