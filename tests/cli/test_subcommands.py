"""Subcommands are imported when they are used; what is left out on the command line is its default, as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import bench.cli
from bench.cli.main import app
from bench.cli.subcommands import Subcommand


def commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """Every command that does something, with its context."""
    for name, named in group.commands.items():
        command = named.command() if isinstance(named, Subcommand) else named
        own = typer.Context(command, parent=context, info_name=name)
        if "commands" in vars(command):
            yield from commands(command, own)
        else:
            yield command, own


GROUP = typer.main.get_command(app)
COMMANDS = {
    own.command_path: (command, own) for command, own in commands(GROUP, typer.Context(GROUP, info_name="bench"))
}


def test_every_file_is_a_subcommand_s() -> None:
    """What is written for the command line is reached by it: no subcommand is left out of the table."""
    helpers = {
        "__init__",
        "arguments",
        "completion",
        "forecast",
        "main",
        "report",
        "saying",
        "stopping",
        "streams",
        "subcommands",
        "tables",
    }
    files = {file.stem for file in Path(bench.cli.__file__).parent.glob("*.py")} - helpers
    assert {name.partition("_")[0] for name in files} == {words.split()[1].partition("-")[0] for words in COMMANDS}


def test_a_group_is_told_of_as_it_tells_of_itself() -> None:
    for named in GROUP.commands.values():
        command = named.command()
        if command.short_help or "commands" in vars(command):
            assert named.short_help == command.get_short_help_str(100)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_default_needs_no_conversion(words: str) -> None:
    """typer itself would give the command the same."""
    command, context = COMMANDS[words]
    for one in command.params:
        default = one.get_default(context)
        if default is not None and not one.required:
            converted = one.get_runtime_param().coerce(default, param=one, ctx=context)
            assert (converted, type(converted)) == (default, type(default)), one.name


def test_what_is_given_is_converted(bench_here: Callable) -> None:
    said = bench_here("run", "--victim", "cnn_gru", "--attack", "boundary", "--limit", "two")
    assert said.code == 2
    assert "Invalid value for '--limit'" in said.err


def test_what_has_to_be_given_is_asked_for(bench_here: Callable) -> None:
    said = bench_here("run")
    assert said.code == 2
    assert said.err.endswith("Error: Missing option '--victim'.\n")


@pytest.mark.parametrize(
    ("words", "used", "named"),
    [
        (("score",), "[OPTIONS] RUN...\n", "RUN...  The --out folders"),
        (("grid",), "[OPTIONS] PLAN\n", "PLAN  A YAML file"),
        (("list",), "[OPTIONS] [KIND] [NAME]\n", "[KIND]  victims, attacks"),
        (("leaderboard", "rank"), "[OPTIONS] RUN...\n", "RUN...  The --out folders"),
        (("reproduce", "claims"), "[OPTIONS] FILE...\n", "FILE...  Written by"),
        (("data", "check"), "[OPTIONS] NAME\n", "NAME  A corpus or noise bank"),
    ],
)
def test_arguments_are_called_by_their_names(bench_here: Any, words: tuple[str, ...], used: str, named: str) -> None:
    """And not by what Python takes them for."""
    said = bench_here(*words, "--help").out
    assert used in said
    assert named in said
    assert "list[Path]" not in said
    assert "<" not in said.partition("Options:")[0]
