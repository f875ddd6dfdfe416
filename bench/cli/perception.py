"""`bench perception`: what raters answered in a study, as a table that `--perception` takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Json
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.studies.listening.perceived import Findings


def perception(
    study: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that bench listen --study wrote.")],
    answers: Annotated[list[Path], typer.Argument(metavar="FILE...", help="What raters saved, JSON or CSV.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="The table that is written.")] = Path("perception.csv"),
    raters: Annotated[int, typer.Option(metavar="N", help="Leave out pairs with fewer raters.")] = 3,
    json: Json = None,
) -> None:
    """Take the majority of the raters of a study, say how far they agree, and write a table for --perception."""
    from bench.cli.report import check_json_target, write_json
    from bench.core.errors import UsageError
    from bench.studies.listening.perceived import findings, write_perception
    from bench.studies.listening.raters import read_answers, read_study

    check_json_target(json)
    if raters < 1:
        raise UsageError("--raters", str(raters), "at least 1", "P1 has 3")
    key = read_study(study)
    found = findings(key, read_answers(answers, key), raters)
    if not found.changed:
        remedy = "wait for more answers, or lower --raters"
        raise UsageError("FILE...", f"no pair with {raters} raters", "at least one", remedy)
    write_perception(found, to)
    if write_json(found.to_json(), json):
        show(found)
        say(str(to))


def show(found: Findings) -> None:
    """Print what a study found: each effect, the agreement, and what was left out."""
    for one in found.changed:
        word = "perceptible" if one.perceptible else "imperceptible"
        so = "" if one.decided else f", which n = {one.shares['activation'].n} does not decide"
        figures = "; ".join(f"{name} changed {share}" for name, share in one.shares.items())
        say(f"{one.effect} ({one.noise}): {figures}: {word}{so}")
    for name, share in found.agreement.items():
        if share is not None:
            say(f"agreement on {name}: {share:.0%} of pairs of raters")
    say(f"raters: {', '.join(found.raters)}")
    if found.careless:
        say(f"left out, for differences that they heard where there was none: {', '.join(found.careless)}")
    if found.too_few:
        say(f"left out, for too few raters: {len(found.too_few)} pairs")
