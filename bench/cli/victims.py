"""`bench victims`: train victims, measure them on clean speech, hand them on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import REPEATS, TRAINED, Json, asking
from bench.cli.victims_export import card, export
from bench.cli.victims_options import say_failed

if TYPE_CHECKING:
    from bench.evaluation.cell.cells import FittedKey
    from bench.evaluation.plans.options import Options
    from bench.studies.clean_scoring import CleanAnswers, CleanScoring
    from bench.studies.training_jobs import Failed, KeptVictim

SCHEMA = 1
app = typer.Typer(
    help="Train victims, and hand them on.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


@app.callback()
def _group() -> None:
    """Train victims, measure them on clean speech, hand them on."""


@app.command("train", short_help="Train what is not trained yet.")
@asking(TRAINED)
def train(options: Options, json: Json = None) -> None:
    """Train what is not trained yet, and say where it is kept.

    Every combination of --victim, --defense, --task, fold and seed. What is trained is kept, so the same command goes
    on after an interruption, and bench run and bench victims evaluate find it.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.cli.victims_report import show_trained
    from bench.core.showing.progress import for_terminal
    from bench.studies.training_jobs import each, prepare_job, trained

    check_json_target(json)
    job = prepare_job(options, for_terminal())
    done, failed = each(job, lambda key: trained(job.experiment, key).kept())
    if write_json(_told(failed, victims=done), json):
        show_trained(done)
    say_failed(failed)


@app.command("evaluate", short_help="Measure victims on clean speech, without an attack.")
@asking(TRAINED | {"repeats": REPEATS})
def evaluate(
    options: Options,
    test_corpus: Annotated[
        str | None, typer.Option(metavar="SPEC", help="Test on all of another corpus, not on the speakers held out.")
    ] = None,
    test_corpus_root: Annotated[
        Path | None, typer.Option(metavar="DIR", help="That corpus's folder, where it is not embedded.")
    ] = None,
    json: Json = None,
) -> None:
    """Measure victims on clean speech, without an attack: each fold, and folds and seeds together.

    What is not trained yet is trained first. UAR, WAR, weighted precision, recall and F1, the recall of each class, the
    confusion matrix; 95 % intervals clustered by speaker.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.cli.victims_report import show_reports
    from bench.core.showing.progress import for_terminal
    from bench.studies.clean_scoring import reports
    from bench.studies.clean_speech import answers, begin_test_corpus, read_test_corpus
    from bench.studies.training_jobs import each, prepare_job, trained

    check_json_target(json)
    begun = begin_test_corpus(options, test_corpus, test_corpus_root, for_terminal())
    job = prepare_job(options, for_terminal())
    other = None if test_corpus is None else read_test_corpus(job, test_corpus, test_corpus_root, begun)

    def look(key: FittedKey) -> list[CleanAnswers]:
        found = trained(job.experiment, key)
        return [answers(job.experiment, found, other, repeat) for repeat in job.repeats(key)]

    looks, failed = each(job, look)
    said = [one for some in looks for one in some]
    cells, pooled = (reports(said, pooled) for pooled in (False, True))
    if write_json(_told(failed, cells=cells, pooled=pooled), json):
        show_reports(cells, pooled)
    say_failed(failed)


app.command("export", short_help="Write a trained victim into a folder that can be handed on.")(export)
app.command("card", short_help="Print the model card of a victim.")(card)


def _told(failed: Sequence[Failed], **found: Sequence[KeptVictim | CleanScoring]) -> dict[str, object]:
    """What was found, and what failed, as JSON."""
    told = {name: [one.to_json() for one in those] for name, those in found.items()}
    return {"schema": SCHEMA, **told, "failed": [one.to_json() for one in failed]}
