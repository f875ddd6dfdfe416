"""The one place where commands print a line: text from outside is text there."""

from __future__ import annotations

import errno
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from bench.cli.streams import give_up
from bench.core.showing.plain_text import plain_text


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text; what a terminal would act on and not show is written out.

    Args:
        text: one line or several.
        err: to standard error.
        nl: whether a line ends after it.
    """
    try:
        typer.echo(plain_text(text), err=err, nl=nl)
    except OSError as error:
        if not err or error.errno != errno.ENOSPC:
            raise
        give_up(sys.stderr.fileno())  # who logs on a full disk has the exit code, and what was to be done is done


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Show Python's warnings as plain text too, within a `with` block: they name files and repeat what is in them."""
    before = warnings.formatwarning

    def plain(*told: Any, **more: Any) -> str:
        return plain_text(before(*told, **more))

    warnings.formatwarning = plain
    try:
        yield
    finally:
        warnings.formatwarning = before


def say_json(text: str) -> None:
    """Print JSON as json.dumps gave it, for a program or a person: its one bare control character is written out."""
    typer.echo(text.replace("\x7f", "\\u007f"))
