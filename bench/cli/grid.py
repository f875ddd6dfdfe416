"""`bench grid`: what a plan asks for, or what of it is not done yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.arguments import DryRun, Json, MaxRequests

Plan = Annotated[Path, typer.Argument(metavar="PLAN", help="A YAML file in the words of bench run (docs/grid.md).")]
Workers = Annotated[int, typer.Option(metavar="N", help="Processes on this machine, each with its share of cores.")]
Ray = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Let Ray start the workers: 'local', or a cluster's address.")
]
RayGpus = Annotated[float, typer.Option(metavar="SHARE", help="A GPU's part that each of Ray's workers has.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Another folder than the plan's.")]
Corpus = Annotated[str | None, typer.Option(metavar="SPEC", help="Another corpus than the plan's.")]
CorpusRoot = Annotated[Path | None, typer.Option(metavar="DIR", help="Where the corpus is on this machine.")]
NoiseBank = Annotated[list[str], typer.Option(metavar="SPEC", help="Other noises than the plan's.")]
NoiseRoot = Annotated[list[Path], typer.Option(metavar="DIR", help="Where the noises are on this machine.")]
Task = Annotated[list[str], typer.Option(metavar="NAME", help="Other tasks than the plan's.")]
Limit = Annotated[int | None, typer.Option(metavar="N", help="Attack so many test utterances of each fold.")]
Fold = Annotated[str | None, typer.Option(metavar="N", help="Other folds than the plan's: 0, several, or all.")]
Seeds = Annotated[str | None, typer.Option(metavar="N,N", help="Other seeds than the plan's.")]
Device = Annotated[str | None, typer.Option(metavar="auto|cpu|cuda", help="Another device than the plan's.")]


def grid(
    plan: Plan,
    dry_run: DryRun = False,
    workers: Workers = 1,
    ray: Ray = None,
    ray_gpus: RayGpus = 0.0,
    out: Out = None,
    corpus: Corpus = None,
    corpus_root: CorpusRoot = None,
    noise_bank: NoiseBank = [],  # noqa: B006  # typer's way, and nobody changes it
    noise_root: NoiseRoot = [],  # noqa: B006
    task: Task = [],  # noqa: B006
    limit: Limit = None,
    fold: Fold = None,
    seeds: Seeds = None,
    device: Device = None,
    max_requests: MaxRequests = None,
    json: Json = None,
) -> None:
    """Run what a plan asks for, or what of it is not done yet.

    A plan lists selections of victims, defences, attacks, corpora, folds and seeds. Each victim is trained once, for
    all cells that need it. Any number of these commands may work in one folder at the same time, on machines that share
    it. The same command goes on after an interruption; bench show has the tables.
    """
    from bench.cli.grid_finished import say_finished
    from bench.evaluation.finished import Command

    if json is not None:
        from bench.cli.report import check_json_target

        check_json_target(json)
    data = {"corpus": corpus, "corpus_root": corpus_root, "noise_banks": noise_bank, "noise_roots": noise_root}
    other = {"tasks": task, "limit": limit, "folds": fold, "seeds": seeds, "device": device, "out": out}
    given = _given(data | other | {"max_requests": max_requests})
    command = Command(plan, given)
    if not dry_run and json is None and ray is None and say_finished(command, workers):
        return
    from bench.cli.forecast import dry
    from bench.cli.grid_run import run, run_ray
    from bench.evaluation.plans.plan_file import read_plan

    asked = read_plan(plan, **_instead(given))
    if dry_run:
        dry(asked, json, workers)
    elif ray is not None:
        from bench.cli.grid_ray import RayWorkers

        run_ray(asked, command, RayWorkers(ray, workers, ray_gpus), json)
    else:
        run(asked, command, workers, json)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Those of the options that were given; 0 and "" were, and are refused where they are read."""
    return {name: value for name, value in options.items() if value not in (None, [])}


def _instead(given: dict[str, Any]) -> dict[str, Any]:
    """Fields of `Options` that stand in the place of the plan's. Another corpus or bank does not lie where that of the
    plan does."""
    from bench.evaluation.plans.options import parse_folds, parse_seeds

    instead = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    for name, parse in (("folds", parse_folds), ("seeds", parse_seeds)):
        if name in instead:
            instead[name] = parse(instead[name])
    if "corpus" in instead:
        instead.setdefault("corpus_root", None)
    if "noise_banks" in instead:
        instead.setdefault("noise_roots", ())
        instead["noise_map"] = None
    return instead
