"""The `bench` command. Each subcommand is one file; none of them imports torch before it has something to compute."""

from __future__ import annotations

import sys
import warnings
from io import TextIOWrapper
from typing import Annotated

import typer

from bench.cli.account import account
from bench.cli.certify import certify
from bench.cli.curve import curve
from bench.cli.data import app as data
from bench.cli.leaderboard import leaderboard
from bench.cli.list import list_components
from bench.cli.listen import listen
from bench.cli.purified import purified
from bench.cli.reproduce import app as reproduce
from bench.cli.run import run
from bench.cli.score import score
from bench.cli.show import show
from bench.cli.victims import app as victims
from bench.core.errors import BenchError
from bench.core.shadowing import refuse_shadow

INTERRUPTED = 130

app = typer.Typer(
    help="How far can a speech emotion recogniser be trusted when somebody works against it?",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run)
app.command("list", short_help="List what is registered.")(list_components)
app.command("show", short_help="Show a run again, from its records alone.")(show)
app.command("score", short_help="Score runs anew, at any k, from their records.")(score)
app.command("leaderboard", short_help="Rank victims and defences of some runs.")(leaderboard)
app.command("account", short_help="Say what defences cost, and what they buy.")(account)
app.command("certify", short_help="Prove how far smoothed victims' answers reach.")(certify)
app.command("purified", short_help="See what a purifier makes of an utterance.")(purified)
app.command("curve", short_help="Show error against a parameter of an attack.")(curve)
app.command("listen", short_help="Hear and see what attacks do.")(listen)
app.add_typer(data, name="data", short_help="Get sounds, and check those that you have.")
app.add_typer(victims, name="victims", short_help="Train victims, and hand them on.")
app.add_typer(reproduce, name="reproduce", short_help="A paper's table, ours beside the published one.")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"serbench {version('serbench')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and go.")
    ] = False,
) -> None:
    """How far can a speech emotion recogniser be trusted when somebody works against it?"""


def main() -> None:
    """Run the command; every error a user can cause becomes one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal or pipe that is not UTF-8 gets ? for · and −
    # Their author reads this: a former name in a --plugin file is said, which Python by itself hides.
    warnings.filterwarnings("default", category=DeprecationWarning, module="serbench_plugin_")
    try:
        _run()
    except BenchError as error:
        typer.echo(f"bench: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:  # typer itself turns Ctrl-C into this code
            raise
        typer.echo("bench: interrupted; the same command goes on where this one stopped", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _run() -> None:
    try:
        app()
    except ImportError as error:
        refuse_shadow(error.name or "")
        raise
