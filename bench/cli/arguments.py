"""The options of commands that ask for a run, each written once: a command takes a table of them.

    @asking(TRAINED | {"limit": LIMIT})
    def command(options: Options, json: Json = None) -> None: ...

has an option for each row of the table, is given what they amount to as a checked `Options`, and has options of its own
beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from bench.cli.completion import completing
from bench.data.splits import SPLITS
from bench.data.tasks import TASKS

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

Several = list[str]
_PLUGIN = "A Python file with components of yours."
Plugins = Annotated[list[Path], typer.Option(metavar="FILE", help=_PLUGIN)]
Json = Annotated[str | None, typer.Option(metavar="FILE", help="Write JSON to this file; - is standard output.")]
_REQUESTS = "Requests that a service may be sent in all, Corr and earlier runs included; 10,000 by default."
MaxRequests = Annotated[int | None, typer.Option(metavar="N", help=_REQUESTS)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run, and run nothing.")]
REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Asked:
    """An option.

    Args:
        field: of `bench.evaluation.plans.options.Options`, that it gives.
        type: as typer reads it.
        metavar: what stands for a value in --help.
        help: in one line.
        default: as typer takes it; `REQUIRED` for none.
    """

    field: str
    type: Any
    metavar: str
    help: str
    default: Any = REQUIRED

    def parameter(self, name: str) -> inspect.Parameter:
        """Make of the option a parameter of a command's signature, by its name there."""
        option: Any = typer.Option(metavar=self.metavar, help=self.help, autocompletion=completing(self.field))
        if self.type is bool:
            option = typer.Option("--" + name.replace("_", "-"), help=self.help)
        annotation = Annotated[self.type, option]  # type: ignore[name-defined]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=self.default, annotation=annotation)


Offered = dict[str, Asked]
"""Options by name, in the order of --help."""

VICTIM = Asked("victims", Several, "SPEC", "See bench list; may be given several times.")
ATTACK = Asked("attacks", Several, "SPEC", "NAME or NAME:KEY=VALUE,... of bench list; may be given several times.")
DEFENSE = Asked("defenses", Several, "SPEC", '"none" is the bare victim; may be given several times.', ["none"])
K = Asked("ks", str, "N,N", "Label-only queries allowed, at each of which success is read off.", "5,15,25")
_PERCEIVED = "CSV: which noises people hear as another emotion; else P1's."
PERCEPTION = Asked("perception", Path | None, "FILE", _PERCEIVED, None)
TASK = Asked("tasks", Several, "NAME", ", ".join(TASKS) + "; may be given several times.", ["ahsn"])
REPEATS = Asked(
    "repeats",
    int | None,
    "N",
    "Measure each cell so often, with other draws; 3 under a randomised defence, 5 where an attack learns in rounds.",
    None,
)
LIMIT = Asked("limit", int | None, "N", "Attack so many test utterances of each fold; all by default.", None)
BATCH_SIZE = Asked("batch_size", int, "N", "Searches side by side; changes no result.", 64)
OUT = Asked("out", Path, "DIR", "The run's folder; finished cells found there are not run again.", Path("bench-run"))

DATA: Offered = {
    "corpus": Asked("corpus", str, "SPEC", "The speech, see bench list corpora.", "synthetic"),
    "corpus_root": Asked("corpus_root", Path | None, "DIR", "The corpus's folder, where it is not embedded.", None),
    "noise_bank": Asked(
        "noise_banks", Several, "SPEC", "The noises, of one bank or several, see bench list noise_banks.", ["embedded"]
    ),
    "noise_root": Asked("noise_roots", list[Path], "DIR", "Their folder; of several banks, in their order.", []),
    "noise_map": Asked("noise_map", Path | None, "FILE", "CSV folder,category: which folder is which category.", None),
}
ACROSS: Offered = {
    "train_corpus": Asked("train_corpus", str | None, "SPEC", "Train on this speech, attack all of --corpus.", None),
    "train_corpus_root": Asked("train_corpus_root", Path | None, "DIR", "Its folder, where it is not embedded.", None),
}
FOLDS: Offered = {
    "split": Asked(
        "split", str, "NAME", "Who is trained on and who is attacked or tested: " + ", ".join(SPLITS) + ".", "k-fold"
    ),
    "fold": Asked("folds", str, "N", "Which fold of the split: 0, several (0,1), or all.", "0"),
    "seeds": Asked("seeds", str, "N,N", "Seeds of training and search.", "0"),
}
MACHINE: Offered = {
    "device": Asked("device", str, "auto|cpu|cuda", "auto (a GPU where there is one), cpu, cuda.", "auto"),
    "plugin": Asked("plugins", list[Path], "FILE", _PLUGIN, []),
    "max_requests": Asked("max_requests", int | None, "N", _REQUESTS, None),
}

TRAINED: Offered = {"victim": VICTIM, "defense": DEFENSE, **DATA, "task": TASK, **FOLDS, **MACHINE}
"""Which victims, trained on what."""

ONE: Offered = {
    "victim": Asked("victims", str, "SPEC", "See bench list."),
    "defense": Asked("defenses", str, "SPEC", '"none" is the bare victim.', "none"),
    **DATA,
    "task": Asked("tasks", str, "NAME", ", ".join(TASKS) + ".", "ahsn"),
    "split": FOLDS["split"],
    "fold": Asked("folds", str, "N", "Which fold of the split, from 0.", "0"),
    "seed": Asked("seeds", str, "N", "Seed of training.", "0"),
    **MACHINE,
}
"""Which victim, trained on what."""


def asking(table: Offered, **fixed: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn a function into a command with the options of a table, its own after them: a decorator.

    Args:
        table: what makes up the `Options` that the function is given first.
        **fixed: fields of `Options` that no option of the table gives.
    """

    def command_of(function: Callable[..., None]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            options = options_of(table, {name: given.pop(name) for name in table}, **fixed)
            function(options, **given)

        hints = get_type_hints(function, localns={"Options": Any}, include_extras=True)
        own = list(inspect.signature(function).parameters.values())[1:]
        own = [one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        parameters = [*(asked.parameter(name) for name, asked in table.items()), *own]
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # where typer reads them
        return command

    return command_of


def options_of(table: Offered, given: Mapping[str, Any], **fixed: Any) -> Options:
    """Check what is asked for, and put it into one object.

    Args:
        table: of the options.
        given: their values by name.
        **fixed: further fields of `Options`.

    Raises:
        bench.core.errors.UsageError: an option cannot be used as given.
    """
    from bench.evaluation.plans.options import Options, parse_check_limit, parse_folds, parse_ks, parse_seeds
    from bench.measures.catalogue import parse_measures

    parsers: dict[str, Callable[[Any], Any]] = {"ks": parse_ks, "folds": parse_folds, "seeds": parse_seeds}
    parsers |= {"measures": parse_measures, "check_limit": parse_check_limit}
    several = ("victims", "attacks", "defenses", "tasks", "noise_banks", "noise_roots", "plugins")

    def value(field: str, text: Any) -> Any:
        if field in parsers:
            return parsers[field](text)
        if field in several:
            return (text,) if isinstance(text, str) else tuple(text)
        return text

    return Options(**{table[name].field: value(table[name].field, found) for name, found in given.items()}, **fixed)
