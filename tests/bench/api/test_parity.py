"""What a command does, a function of its name does, with the same options and defaults; or the reason is told here."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import typer

import bench
from bench.api.accounting import DEFAULTS
from bench.api.arguments import options_for
from bench.api.studying import CERTIFIED, REPLAYED
from bench.cli.account import ACCOUNT
from bench.cli.arguments import options_of
from bench.cli.main import app
from bench.cli.run import RUN

GROUP: Any = typer.main.get_command(app)
FUNCTIONS = {
    "run": bench.run,
    "account": bench.account,
    "show": bench.show,
    "score": bench.score,
    "curve": bench.curve,
    "leaderboard": bench.leaderboard,
    "list": bench.components,
    "status": bench.status,
    "certify": bench.certify,
    "replay": bench.replay,
    "attack-report": bench.attack_report,
    "report": bench.report,
}
COMMANDS_ALONE = {
    "grid": "starts many processes, which no object can be given to",
    "new": "writes a package",
    "submit": "writes a file for somebody else",
    "verify": "runs what others submitted, in processes of their own",
    "check": "is asked of components by bench.testing",
    "data": "downloads, and checks folders",
    "victims": "trains and exports ahead of runs",
    "listen": "writes a page with sounds",
    "purified": "writes a page with sounds",
    "reproduce": "writes a paper's tables",
    "perception": "turns raters' files into a table",
}
UNNAMED = {"leaderboard": "rank"}
"""The command that a group takes words for without its name."""
OTHERWISE = {
    ("", "json"): "a result's to_json()",
    ("", "help"): "help(bench.show)",
    ("curve", "out"): "bench.plot_curves",
    ("attack-report", "out"): "bench.plot_acc_att",
    ("replay", "matrix"): "pivot_table of the DataFrame",
    ("list", "json"): "the DataFrame's to_json()",
    ("run", "dry_run"): "of the command alone",
}
"""Options that are no arguments: what is there in their place."""
LIKE: dict[tuple[str, str], Any] = {
    ("certify", "defense"): "smoothing",
    ("replay", "defense"): "none",
    ("replay", "k"): (1, 5),
}
"""Defaults that are written otherwise: one text for a list of one, numbers for a text of them."""
CALLED = {"measure": "measures"}
MORE = {
    "run": {"pooled", "progress"},
    "account": {"progress"},
    "certify": {"progress"},
    "replay": {"progress"},
    "score": {"pooled"},
    "leaderboard": {"build"},
}
"""Arguments that are no options: shapes of a result; another command of the group."""


def options(name: str) -> dict[str, Any]:
    """A command's options and arguments, by the names that Python has for them."""
    command = GROUP.commands[name].command()
    if name in UNNAMED:
        command = command.commands[UNNAMED[name]]
    found = {CALLED.get(one.name, one.name): one for one in command.params}
    return {own: one for own, one in found.items() if ("", own) not in OTHERWISE and (name, own) not in OTHERWISE}


def arguments(name: str) -> dict[str, inspect.Parameter]:
    found = dict(inspect.signature(FUNCTIONS[name]).parameters)
    if found.pop("options", None):
        given = {"run": bench.RunOptions.__annotations__, "certify": CERTIFIED, "replay": REPLAYED}
        more = given.get(name, bench.AccountOptions.__annotations__)
        found |= {own: inspect.Parameter(own, inspect.Parameter.KEYWORD_ONLY) for own in more}
    return found


def test_every_command_has_its_function_or_a_reason() -> None:
    assert set(FUNCTIONS) | set(COMMANDS_ALONE) == set(GROUP.commands)
    assert bench.list is bench.components
    assert "list" not in bench.__all__
    for name, function in FUNCTIONS.items():
        assert function.__name__ == name.replace("-", "_") or name == "list"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_options_are_the_arguments(name: str) -> None:
    assert set(arguments(name)) - MORE.get(name, set()) == set(options(name))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("run", "account")])
def test_the_defaults_are_the_same(name: str) -> None:
    """Those of `RunOptions` are left to the same reader: the test below."""
    for own, parameter in inspect.signature(FUNCTIONS[name]).parameters.items():
        option = options(name).get(own)
        if own == "options" or option is None or option.required:
            assert own in ("options", *MORE.get(name, ())) or parameter.default in (inspect.Parameter.empty, None)
            continue
        expected = LIKE.get((name, own), option.default)
        assert parameter.default == (tuple(expected) if isinstance(expected, list) else expected), own


@pytest.mark.parametrize(
    ("table", "given"),
    [(RUN, {}), (ACCOUNT, {**DEFAULTS, "defense": "smoothing"})],
    ids=["run", "account"],
)
def test_a_run_is_asked_for_in_the_same_way(table: Any, given: dict[str, Any]) -> None:
    """Left out, every option is the same; what the command asks to be named is named here."""
    named = {"victim": ["cnn_gru"], "attack": ["boundary"], "defense": ["smoothing"]}
    left_out = {
        name: named[name] if one.default is inspect.Parameter.empty else one.default for name, one in table.items()
    }
    assert options_for("bench.run", "cnn_gru", "boundary", (5, 15, 25), given) == options_of(table, left_out)


def test_score_and_show_say_what_the_commands_say(finished_run: tuple[Path, Any], bench_here: Any) -> None:
    folder = finished_run[0]
    said = json.loads(bench_here("show", folder, "--json", "-").out)
    assert bench.show(folder).to_json() == said
    pooled = bench.score(folder)
    assert list(pooled["acc_att"]) == [score["acc_att"] for entry in said["pooled"] for score in entry["scores"]]
    told = json.loads(bench_here("score", folder, "--by", "emotion", "--json", "-").out)["groups"]
    grouped = bench.score(folder, by="emotion")
    assert list(grouped["acc_att"]) == [score["acc_att"] for entry in told for score in entry["scores"]]
    curves = json.loads(bench_here("curve", folder, "--parameter", "k", "--json", "-").out)
    assert bench.curve(folder, "k").to_json() == curves["curves"]
    listed = json.loads(bench_here("list", "--json").out)
    assert [(one["kind"], one["name"]) for one in listed] == [
        *zip(*bench.list()[["kind", "name"]].T.values, strict=True)
    ]
    assert json.loads(json.dumps(bench.status(folder).to_json())) == json.loads(
        bench_here("status", folder, "--json", "-").out
    )
