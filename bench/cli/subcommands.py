"""Subcommands that are imported when they are used, and options that are read where they are given.

typer by itself builds every command to print their names, and imports pydantic to read an option, given or not:
together most of the time of `bench list`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, reduce
from typing import Any, ClassVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from bench.core.showing.plain_text import plain_text

_WRONG_WORDS: Any = typer.BadParameter.__base__
"""What typer raises for words that cannot be read: it repeats them."""


@contextmanager
def _plain_usage() -> Iterator[None]:
    try:
        yield
    except _WRONG_WORDS as error:
        error.message = plain_text(error.message)
        raise


class Subcommands(TyperGroup):
    """A group of commands, none of which is imported to name them all: for typer's `cls`."""

    table: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """By name: its place and its short help, as `Subcommand` takes them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, (place, short_help) in self.table.items():
            self.add_command(Subcommand(name, place, short_help))

    def make_context(self, *words: Any, **extra: Any) -> Any:
        """Read its words; what is said of wrong ones is plain text.

        Args:
            *words: as typer gives them.
            **extra: settings of the context.
        """
        with _plain_usage():
            return super().make_context(*words, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run what was asked for; what is said of wrong words is plain text."""
        with _plain_usage():
            return super().invoke(ctx)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its options, each of which is read where it is given."""
        return [_read_where_given(one) for one in super().get_params(ctx)]


class Subcommand(TyperCommand):
    """A command's name; the command itself reads the words after it.

    Args:
        name: as it is typed.
        place: where it is, "package.module:name" of a function or of a typer app.
        short_help: what --help says of it, in one line.
    """

    def __init__(self, name: str, place: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help, rich_markup_mode=None)
        self.place = place

    def command(self) -> Any:
        """Import the command itself."""
        app = pkgutil.resolve_name(self.place)
        if not isinstance(app, typer.Typer):
            function, app = app, typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(self.name, cls=_Command)(function)
        found = typer.main.get_command(app)
        _name_arguments(found)
        return found

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Let the command itself read its words.

        Args:
            info_name: the word that it was called by.
            args: the words after it.
            parent: the group's context.
            **extra: settings of the context.
        """
        return self.command().make_context(info_name, args, parent, **extra)


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return [_read_where_given(one) for one in super().get_params(ctx)]


class _Option(TyperOption):
    def process_value(self, ctx: Any, value: Any) -> Any:
        return _processed(self, super().process_value, ctx, value)


class _Named(TyperArgument):
    """An argument that --help calls RUN..., where typer says {RUN...}... and <list[Path]>."""

    def get_usage_pieces(self, ctx: Any) -> list[str]:
        plain = {"{": "", "}...": "...", "}": "", "......": "...", "...]...": "...]", "[[": "[", "]]": "]"}
        pieces = super().get_usage_pieces(ctx)
        return [reduce(lambda text, one: text.replace(*one), plain.items(), piece) for piece in pieces]

    def get_help_record(self, ctx: Any) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return None if record is None else (record[0].partition(" <")[0], record[1])


def _name_arguments(command: Any) -> None:
    """Name the arguments of a group's commands; a command by itself names its own."""
    for one in command.commands.values() if isinstance(command, TyperGroup) else ():
        _name_arguments(one)
        for parameter in one.params:
            if type(parameter) is TyperArgument:
                parameter.__class__ = _Named


class _Argument(_Named):
    def process_value(self, ctx: Any, value: Any) -> Any:
        return _processed(self, super().process_value, ctx, value)


@cache
def _read_where_given(parameter: Any) -> Any:
    """An option or argument that is its default where it is left out: that needs no conversion."""
    kinds: dict[type[Any], type[Any]] = {TyperOption: _Option, TyperArgument: _Argument}
    kind = kinds.get(type(parameter))
    if kind is None:
        return parameter
    same = object.__new__(kind)
    vars(same).update(vars(parameter))
    return same


def _processed(parameter: TyperOption | TyperArgument, convert: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    """A parameter's value, converted where it was given."""
    if ctx.resilient_parsing:  # a shell completes a word: what converts values takes a third of a second to import
        return value
    if not _left_out(parameter, ctx):
        return convert(ctx, value)
    return parameter.callback(ctx, parameter, value) if parameter.callback else value


def _left_out(parameter: TyperOption | TyperArgument, ctx: Any) -> bool:
    """Whether a parameter that may be left out is neither on the command line nor in the environment."""
    source = ctx.get_parameter_source(parameter.name)
    return not parameter.required and source is not None and source.name == "DEFAULT"
