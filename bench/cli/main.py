"""The `bench` command. Each subcommand is one file; none of them imports torch before it has something to compute."""

from __future__ import annotations

import errno
import sys
import warnings
from typing import Annotated, ClassVar, NoReturn

import typer

from bench.cli.saying import plain_warnings, say
from bench.cli.stopping import heeding
from bench.cli.streams import give_up, open_standard_streams
from bench.cli.subcommands import Subcommands
from bench.core.code.shadowing import refuse_shadow
from bench.core.computing.waiting import wait_asleep
from bench.core.errors import BenchError

_TOO_LITTLE_MEMORY = ("can't start new thread", "can't allocate memory", "not enough memory", "out of memory")
"""How Python and torch say so, where they have no class of their own for it."""


class _Bench(Subcommands):
    table: ClassVar = {
        "run": ("bench.cli.run:run", "Attack victims and score them."),
        "grid": ("bench.cli.grid:grid", "Run what a plan asks for: many cells, on one machine or many."),
        "status": ("bench.cli.status:status", "Say how a run goes, from another terminal or machine."),
        "list": ("bench.cli.list:list_components", "List what is registered."),
        "new": ("bench.cli.new:new", "Write a package for a component of your own."),
        "check": ("bench.cli.check:check", "Check a component against what is asked of its kind."),
        "submit": ("bench.cli.submit:submit", "Pack a run into one file for a board."),
        "verify": ("bench.cli.verify:verify", "Check what somebody submitted, and run it again."),
        "show": ("bench.cli.show:show", "Show a run again, from its records alone."),
        "score": ("bench.cli.score:score", "Score runs anew, at any k, from their records."),
        "report": ("bench.cli.report_page:report", "Write a run as one page, in plain words."),
        "leaderboard": ("bench.cli.leaderboard:app", "Rank victims and defences of some runs."),
        "account": ("bench.cli.account:account", "Say what defences cost, and what they buy."),
        "certify": ("bench.cli.certify:certify", "Prove how far smoothed victims' answers reach."),
        "purified": ("bench.cli.purified:purified", "See what a purifier makes of an utterance."),
        "curve": ("bench.cli.curve:curve", "Show error against a parameter of an attack."),
        "attack-report": ("bench.cli.attack_report:attack_report", "Show how fast attacks succeeded, and by what."),
        "replay": ("bench.cli.replay:replay", "Bring what attacks found to other victims."),
        "listen": ("bench.cli.listen:listen", "Hear and see what attacks do."),
        "perception": ("bench.cli.perception:perception", "Turn raters' answers into a perception table."),
        "data": ("bench.cli.data:app", "Get sounds, and check those that you have."),
        "victims": ("bench.cli.victims:app", "Train victims, and hand them on."),
        "reproduce": ("bench.cli.reproduce:app", "Make a paper's table, ours beside the published one."),
    }


app = typer.Typer(
    cls=_Bench,
    help="How far can a speech emotion recogniser be trusted when somebody works against it?",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"serbench {version('serbench')}")
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
    wait_asleep()
    open_standard_streams()
    # Their author reads this: a former name in a --plugin file is said, which Python by itself hides.
    warnings.filterwarnings("default", category=DeprecationWarning, module="serbench_plugin_")
    with plain_warnings(), heeding() as stops:
        try:
            _run()
        except BaseException as end:
            if not stops.ended(end):
                _end(end)
            say(f"bench: {stops.said}", err=True)
            sys.exit(stops.exit_code)


def _end(end: BaseException) -> NoReturn:
    """Say what has ended a command, and with which exit code."""
    if isinstance(end, BenchError):
        say(f"bench: {end!s}", err=True)
        sys.exit(end.exit_code)
    if isinstance(end, BrokenPipeError):
        sys.stderr.close()
        sys.exit(1)
    if isinstance(end, OSError) and end.filename is None and end.errno == errno.ENOSPC:
        give_up(sys.stdout.fileno())
        say("bench: standard output: found a full disk; expected room for what is printed; make some", err=True)
        sys.exit(2)
    if isinstance(end, OSError) and end.filename is not None and end.strerror is not None:
        found = f"found {end.strerror.lower()}; expected a path that can be used; check it"
        say(f"bench: {str(end.filename)[:200]}: {found}", err=True)
        sys.exit(2)
    if isinstance(end, MemoryError | RuntimeError) and _is_of_memory(end):
        reason = (str(end).splitlines() or ["out of memory"])[0][:160]
        remedy = "use less at a time (--batch-size, --workers, OMP_NUM_THREADS=1), or a machine that has more"
        say(f"bench: memory: found too little ({reason}); expected room for what was asked; {remedy}", err=True)
        sys.exit(2)
    raise end


def _is_of_memory(error: MemoryError | RuntimeError) -> bool:
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(text in said for text in _TOO_LITTLE_MEMORY)


def _run() -> None:
    try:
        app()
    except ImportError as error:
        refuse_shadow(error.name or "")
        raise
