"""`bench victims export` and `bench victims card`: a trained victim as a folder, and what is to be said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.arguments import ONE, Json, asking
from bench.cli.saying import say
from bench.cli.victims_options import Licence

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options
    from bench.studies.training_jobs import Job


@asking(ONE)
def export(
    options: Options,
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write; new, or empty.")],
    licence: Licence = "other",
) -> None:
    """Write a trained victim, with its defence, into a folder that can be handed on.

    The folder holds the weights (safetensors and JSON), victim.json and the model card README.md. It is written whole
    or not at all, and knows no path of this machine. --victim exported:DIR attacks it. What is not trained yet is
    trained first.
    """
    from bench.sharing.export import check_target, write_export
    from bench.sharing.model_card import card as render
    from bench.sharing.model_card import described
    from bench.studies.training_jobs import trained

    check_target(to)
    job = _one(options)
    found = trained(job.experiment, job.fitted[0])
    write_export(to, found.folder, described(job.experiment, found, licence), render)
    attack = f"bench run --victim exported:{to} --task {found.key.task.name} ..."
    say(f"Exported {found.key.victim} to {to}. Attack it: {attack}")


@asking({name: one for name, one in ONE.items() if name != "victim"}, victims=("none",))
def card(
    options: Options,
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="An exported victim's folder.")] = None,
    victim: Annotated[
        str | None, typer.Option(metavar="SPEC", help="In place of a folder: a victim of bench list.")
    ] = None,
    licence: Licence = "other",
    json: Json = None,
) -> None:
    """Print the model card of an exported folder, or of a victim: Markdown, or with --json what victim.json says.

    What is not trained yet is trained first.
    """
    from bench.core.errors import UsageError

    if (folder is None) == (victim is None):
        found = "a folder and --victim" if folder else "neither a folder nor --victim"
        raise UsageError("bench victims card", found, "one of the two", "see bench victims card --help")
    from bench.cli.report import check_json_target, write_json
    from bench.sharing.model_card import card as render

    check_json_target(json)
    about = _described(replace(options, victims=(victim,)), licence) if victim is not None else _kept(folder)
    if write_json(about, json):
        say(render(about), nl=False)


def _kept(folder: Path | None) -> dict[str, Any]:
    from bench.modelling.pretrained.exported import read_export

    assert folder is not None, "either a folder or a victim"
    return dict(read_export(folder).about)


def _described(options: Options, licence: str) -> dict[str, Any]:
    from bench.sharing.model_card import described
    from bench.studies.training_jobs import trained

    job = _one(options)
    return described(job.experiment, trained(job.experiment, job.fitted[0]), licence)


def _one(options: Options) -> Job:
    """The one victim that is asked for, which rests on nothing of its user's.

    Raises:
        bench.core.errors.UsageError: there are several, or it rests on files or a service.
    """
    from bench.core.errors import UsageError
    from bench.core.showing.progress import for_terminal
    from bench.modelling.pretrained.portability import check_inside
    from bench.studies.training_jobs import prepare_job

    for option, asked in (("--fold", options.folds), ("--seed", options.seeds)):
        if len(asked) != 1:
            found = ",".join(map(str, asked)) or "all"
            raise UsageError(option, found, "one number", "take one victim at a time")
    job = prepare_job(options, for_terminal())
    key = job.fitted[0]
    if key.task.dimensional:
        found, remedy = "a task of numbers", "an exported victim tells classes: take a task such as activation3"
        raise UsageError(f"--task {key.task.name}", found, "a task of classes", remedy)
    named = [(one.kind, one.spec) for one in (key.victim, key.defense) if one is not None]
    check_inside(f"--victim {key.victim}", named, job.experiment.registry.build)
    return job
