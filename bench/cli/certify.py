"""`bench certify`: how far the answers of smoothed victims are proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import DEFENSE, LIMIT, TRAINED, Json, Offered, asking
from bench.cli.report import listed, speakers
from bench.cli.victims_options import say_failed
from bench.contracts.entries import OWN
from bench.scoring.record_files.names import few_say_little

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options
    from bench.studies.certified_scores import CertifiedScores

SCHEMA = 1


_CHANGES: Offered = {
    "defense": replace(DEFENSE, help="smoothing, or a stack that ends with it.", default=["smoothing"]),
    "limit": replace(LIMIT, help="Certify so many test utterances of each fold; all by default."),
}


@asking({**TRAINED, **_CHANGES})
def certify(
    options: Options,
    first: Annotated[
        int, typer.Option(metavar="N", help="Noisy copies on which an utterance's class is chosen.")
    ] = 100,
    copies: Annotated[int, typer.Option(metavar="N", help="Further copies on which its chance is bounded.")] = 1000,
    alpha: Annotated[float, typer.Option(metavar="P", help="Chance that a certificate is wrong.")] = 0.001,
    json: Json = None,
) -> None:
    """Prove how far the answers of smoothed victims reach: no noise above a proven SNR can change them.

    Every combination of --victim, --defense, --task, fold and seed. The defence is smoothing, or a stack that ends with
    it. What is not trained yet is trained first. Each certificate is wrong with a chance of at most --alpha.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.plans.isolating import registry_for
    from bench.studies.certification import certified, check_certifies
    from bench.studies.certified_scores import Effort, summaries
    from bench.studies.training_jobs import each, prepare_job

    effort = Effort(first, copies, alpha)
    check_json_target(json)
    check_certifies(registry_for(options), options.victims, options.defenses)
    job = prepare_job(options, for_terminal())
    found, failed = each(job, lambda key: certified(job.experiment, key, effort, options.limit))
    told = summaries(found, effort)
    notes = [one.to_json() for one in failed]
    if write_json({"schema": SCHEMA, "certified": [one.to_json() for one in told], "failed": notes}, json):
        show(told)
    say_failed(failed)


def show(told: Sequence[CertifiedScores]) -> None:
    """Print for each victim, defence and task certified accuracy at several SNRs, and what it rests on."""
    from rich import box
    from rich.table import Table

    from bench.cli.tables import print_table
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    for one in told:
        for line in headline(one):
            console.print(line, soft_wrap=True)
        table = Table("noise no louder than", "certified accuracy", box=box.SIMPLE_HEAD)
        for point in one.at:
            table.add_row(f"{point.snr_db:g} dB SNR", str(point.accuracy))
        print_table(console, table)
        if caution := few_say_little(one.speakers):
            console.print(f"{caution}.", soft_wrap=True)
    if told:
        console.print(
            "\nShare of utterances whose proven answer is right and which no noise at that SNR, or above it, can "
            "change, whatever the noise. [95 % interval], clustered by speaker."
        )


def headline(one: CertifiedScores) -> list[str]:
    """Say what was certified, how carefully, and what came of it: the lines above the table."""
    names, rests, effort, found = one.names, one.rests_on, one.effort, "nothing is proven"
    if one.median_snr_db is not None:
        found = f"of what is proven: median radius {one.median_radius:.3g}, median {one.median_snr_db:.1f} dB SNR"
    return [
        f"\nvictim {names.victim} · defense {names.defense}",
        f"corpus {names.corpus} · task {names.task} · {names.split} fold {listed(one.folds)} · seed "
        f"{listed(one.seeds)} · n = {one.n} utterances of {speakers(one.speakers)}",
        f"{effort.copies} copies, class chosen on {effort.first} others, alpha {effort.alpha:g}",
        f"right {one.right} · abstained {one.abstained} · {found}",
        f"Rests on corpus {rests.corpus_fingerprint[:8]}; serbench {rests.versions['serbench']}, torch "
        f"{rests.versions['torch']} on {rests.device}.",
        *([f"Proven by {rests.proven_by}, whose word it is."] if not (rests.proven_by or OWN).startswith(OWN) else []),
    ]
