"""`bench score`: the scores of runs at any k, from their records alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.core.errors import DataError

K = Annotated[
    str | None,
    typer.Option(metavar="N,N", help="Score at these numbers of queries; by default those of the runs."),
]
Json = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the scores as JSON to this file; - is standard output.")
]
About = Annotated[
    str,
    typer.Option(
        metavar="fitted|trainings",
        help="What intervals are about: 'fitted', these fitted victims on other speakers; 'trainings', trainings "
        "like theirs too, for which it takes five seeds.",
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT,...",
        help="Show figures by group too: sex, age, language of the speakers, where their corpus tells; emotion.",
    ),
]


def score(
    runs: Annotated[list[Path], typer.Argument(help="The --out folders of one or more bench runs.", metavar="RUN...")],
    k: K = None,
    json: Json = None,
    estimand: About = "fitted",
    by: By = None,
) -> None:
    """Score runs anew, together, from their records; no model is loaded, and no sound is needed.

    What is said of a run can be read off at any number of queries up to its budget, the greatest --k of the run.
    """
    score_again(runs, k, json, estimand, by)


def score_again(runs: Sequence[Path], k: str | None, json: str | None, estimand: str, by: str | None = None) -> None:
    """Print the scores of runs, or write them as JSON; say on standard error what has failed or has fewer queries.

    Args:
        runs: `--out` folders.
        k: numbers of queries as given; None for those that the runs were scored at.
        json: the file for JSON, "-" for standard output, None for none.
        estimand: what intervals are about, as given.
        by: by what figures of groups are shown too, as given; None for no groups.
    """
    from bench.cli.score_groups import print_groups
    from bench.evaluation.plans.options import parse_ks
    from bench.evaluation.runs import read_results
    from bench.studies.grouped_scores import Groups, parse_by

    ks = parse_ks(k) if k is not None else None
    attributes = parse_by(by)

    from bench.cli.report import STANDARD_OUTPUT, check_json_target, report
    from bench.scoring.figures.dependence import estimand_named

    about = estimand_named(estimand)
    check_json_target(json)
    passed_over: list[DataError] = []
    results = read_results(runs, ks, about, passed_over.append)
    groups = Groups.read(runs, attributes, ks, about)
    report(results, json, groups.to_json())
    if json != STANDARD_OUTPUT:
        print_groups(groups)
    most = max(ks or (0,))
    short = [entry for entry in results.pooled if entry.rests_on.max_queries < most]
    if short:
        say(f"bench: {len(short)} of {len(results.pooled)} results rest on fewer than {most} queries", err=True)
    asked = set(ks or ())
    apart = [entry for entry in results.pooled if not entry.anytime and not asked <= {one.k for one in entry.scores}]
    if apart:
        said = "are of attacks that know their budget: scored at those k that they were run with"
        say(f"bench: {len(apart)} of {len(results.pooled)} results {said}", err=True)
    for failure in results.failed:
        say(f"bench: a cell failed: {failure.error}", err=True)
    say_passed_over(passed_over)


def say_passed_over(files: Sequence[DataError]) -> None:
    """Say which record files could not be read, and end with the exit code that says so.

    Args:
        files: what is wrong with each; none is fine.

    Raises:
        typer.Exit: there are any.
    """
    for error in files:
        say(f"bench: passed over: {error!s}", err=True)
    if files:
        raise typer.Exit(files[0].exit_code)
