"""The one place where commands print a line: text from outside is text there."""

from __future__ import annotations

import typer

from bench.core.plain_text import plain_text


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text; what a terminal would act on and not show is written out.

    Args:
        text: one line or several.
        err: to standard error.
        nl: whether a line ends after it.
    """
    typer.echo(plain_text(text), err=err, nl=nl)


def say_json(text: str) -> None:
    """Print JSON as json.dumps gave it, for a program or a person: its one bare control character is written out."""
    typer.echo(text.replace("\x7f", "\\u007f"))
