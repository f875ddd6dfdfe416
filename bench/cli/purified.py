"""`bench purified`: see what a purifier makes of an utterance's features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import ONE, Asked, Offered, asking
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

_CHANGES: Offered = {
    "victim": replace(ONE["victim"], default="cnn_gru"),
    "defense": replace(ONE["defense"], help="One that cleans features or sound.", default="gan_purification"),
    "attack": Asked("attacks", str, "SPEC", "What is cleaned; it keeps the length.", "real_noise"),
}


@asking({**ONE, **_CHANGES}, repeats=1)
def purified(
    options: Options,
    utterance: Annotated[
        str | None, typer.Option(metavar="ID", help="Of the fold's test speakers; else one drawn by their ids.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf (extra: plots).")] = Path(
        "purified.png"
    ),
) -> None:
    """See what a purifier makes of an utterance: its features clean, noisy and purified, and how they differ.

    The defended victim is trained where it is not yet, and kept: bench run with the same options finds it.
    """
    from bench.core.errors import UsageError
    from bench.core.showing.progress import for_terminal
    from leaderboards.curve_plot import check_plot_target

    check_plot_target(out)
    if len(options.folds) != 1 or len(options.seeds) != 1:
        found = " and ".join(",".join(map(str, asked)) or "all" for asked in (options.folds, options.seeds))
        raise UsageError("--fold and --seed", found, "one of each", "for example --fold 0 --seed 0")

    from bench.studies.purifier_view import compare, draw

    compared = compare(options, utterance, for_terminal())
    draw(compared, out)
    for name, distance in compared.distances().items():
        say(f"{name}: mean difference to the clean features {distance:.3f}")
    say(str(out))
