"""`bench reproduce`: a paper's table from runs of one's own, with the published figures beside them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.arguments import Corpus, CorpusRoot, Defenses, Device, Fold, NoiseBanks, NoiseRoots, Plugins, Seeds
from bench.cli.reproduce_tables import OFFERS, Offer

if TYPE_CHECKING:
    from bench.options import Options

app = typer.Typer(help="A paper's table, ours beside the published one.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """A paper's table, ours beside the published one."""


Victims = Annotated[list[str], typer.Option(metavar="SPEC", help="Who is tested.")]
Splits = Annotated[list[str], typer.Option(metavar="NAME", help="As in bench run; may be given several times.")]
Limit = Annotated[int | None, typer.Option(metavar="N", help="Attack so many test utterances; all by default.")]
Percents = Annotated[list[int], typer.Option(metavar="N", help="Of adversarial examples, from 1 to 100.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="The run's folder; finished cells are kept.")]
Json = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the tables as JSON to this file; - is standard output.")
]
Plot = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Draw the curves into this file: .png, .svg or .pdf (extra: plots).")
]


def _parameters(offer: Offer) -> list[inspect.Parameter]:
    """The options of a table's command."""
    own: dict[str, tuple[Any, Any]] = {
        "defense": (Defenses, ["none"]),
        "percent": (Percents, list(range(10, 101, 10))),
        "plot": (Plot, None),
    }
    options: dict[str, tuple[Any, Any]] = {
        "victim": (Victims, list(offer.victims)),
        **{name: own[name] for name in offer.options},
        "corpus": (Corpus, "synthetic"),
        "corpus_root": (CorpusRoot, None),
        "noise_bank": (NoiseBanks, ["embedded"]),
        "noise_root": (NoiseRoots, []),
        "task": (Annotated[list[str], typer.Option(metavar="NAME", help=offer.paper)], list(offer.tasks)),
        "split": (Splits, list(offer.splits)),
        "fold": (Fold, "all"),
        "seeds": (Seeds, "0"),
        "limit": (Limit, None),
        "device": (Device, "auto"),
        "plugin": (Plugins, []),
        "out": (Out, Path(offer.out)),
        "json": (Json, None),
    }
    kind = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(name, kind, default=value, annotation=of) for name, (of, value) in options.items()]


def _command(offer: Offer) -> Callable[..., None]:
    """A command that makes a table. Its options stand in its signature, where typer reads them."""

    def command(**given: Any) -> None:
        reproduce(offer, given)

    command.__doc__ = f"{offer.text}\n\nThe same command goes on after an interruption."
    command.__signature__ = inspect.Signature(_parameters(offer))  # type: ignore[attr-defined]
    return command


for _offer in OFFERS:
    app.command(_offer.name, short_help=_offer.short)(_command(_offer))


def reproduce(offer: Offer, given: Mapping[str, Any]) -> None:
    """Run what a table needs, and print it or write it as JSON.

    Args:
        offer: which table.
        given: its options by name.
    """
    from importlib import import_module

    from bench.cli.report import check_json_target, say_failures, write_json
    from bench.cli.reproduce_show import show
    from bench.progress import for_terminal

    options, plot = _options(given), given.get("plot")
    check_json_target(given["json"])
    if plot is not None:
        _check_plot(plot)

    from bench.api import execute_all

    table = import_module(f"leaderboards.reproduce.{offer.name}")
    more = {"percents": given["percent"]} if "percent" in given else {}
    done = execute_all([one for own in options for one in table.asked(own, **more)], for_terminal())
    found = table.tables(done.results if offer.pooled else done.cells)
    if plot is not None and found:
        table.draw(done.cells, plot)
    if write_json({"schema": 1, "tables": [one.to_json() for one in found]}, given["json"]):
        show(found)
    say_failures(done.failures, given["out"])


def _options(given: Mapping[str, Any]) -> list[Options]:
    """What is asked for, for each split; the table chooses its attacks and defences."""
    from bench.options import Options, parse_folds, parse_seeds

    whole = Options(
        victims=tuple(given["victim"]),
        attacks=("boundary",),
        defenses=tuple(given.get("defense", ("none",))),
        ks=(1,),
        corpus=given["corpus"],
        corpus_root=given["corpus_root"],
        noise_banks=tuple(given["noise_bank"]),
        noise_roots=tuple(given["noise_root"]),
        tasks=tuple(given["task"]),
        folds=parse_folds(given["fold"]),
        seeds=parse_seeds(given["seeds"]),
        limit=given["limit"],
        device=given["device"],
        plugins=tuple(given["plugin"]),
        out=given["out"],
    )
    return [replace(whole, split=split) for split in given["split"]]


def _check_plot(path: Path) -> None:
    """Raise a UsageError now, not after the work, where no picture can be drawn."""
    from bench.errors import UsageError
    from bench.options import check_writable
    from leaderboards.curve_plot import check_plot_target

    check_writable(path.parent, "--plot")
    try:
        check_plot_target(path)
    except UsageError as error:
        remedy = error.remedy.replace("--out", "--plot")
        raise UsageError(f"--plot {path}", error.found, error.expected, remedy) from error
