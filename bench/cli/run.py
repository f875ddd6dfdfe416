"""`bench run`: attack victims and score them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.arguments import (
    Corpus,
    CorpusRoot,
    Defenses,
    Device,
    Fold,
    NoiseBanks,
    NoiseMap,
    NoiseRoots,
    Perception,
    Plugins,
    Repeats,
    Seeds,
    Several,
)
from bench.measures.catalogue import MEASURES, parse_measures
from bench.splits import SPLITS
from bench.tasks import TASKS

_SPLIT_HELP = "Who is trained on and who is attacked: " + ", ".join(SPLITS) + "; no speaker is in two parts."
_MEASURE_HELP = "Measure accepted candidates, into their records: " + ", ".join(MEASURES) + "."
_TASK_HELP = ", ".join(TASKS) + "; may be given several times."


def run(
    victim: Annotated[
        Several, typer.Option(metavar="SPEC", help="Who is attacked, see bench list; may be given several times.")
    ],
    attack: Annotated[
        Several,
        typer.Option(metavar="SPEC", help="How: NAME or NAME:KEY=VALUE,... of bench list; may be given several times."),
    ],
    k: Annotated[
        str, typer.Option(metavar="N,N", help="Label-only queries allowed, at each of which success is read off.")
    ] = "5,15,25",
    defense: Defenses = ["none"],  # noqa: B006
    corpus: Corpus = "synthetic",
    corpus_root: CorpusRoot = None,
    noise_bank: NoiseBanks = ["embedded"],  # noqa: B006
    noise_root: NoiseRoots = [],  # noqa: B006
    noise_map: NoiseMap = None,
    perception: Perception = None,
    task: Annotated[Several, typer.Option(metavar="NAME", help=_TASK_HELP)] = ["ahsn"],  # noqa: B006
    corr: Annotated[
        str, typer.Option(metavar="yes|no|both", help="Does the attacker know how each noise degrades: yes, no, both.")
    ] = "both",
    noises: Annotated[
        str,
        typer.Option(metavar="all|imperceptible|both", help="all, imperceptible (people hear the same emotion), both."),
    ] = "both",
    split: Annotated[str, typer.Option(metavar="NAME", help=_SPLIT_HELP)] = "k-fold",
    fold: Fold = "0",
    seeds: Seeds = "0",
    repeats: Repeats = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Attack so many test utterances; all by default.")
    ] = None,
    measure: Annotated[str, typer.Option(metavar="NAMES", help=_MEASURE_HELP)] = "",
    device: Device = "auto",
    batch_size: Annotated[int, typer.Option(metavar="N", help="Searches side by side; changes no result.")] = 64,
    plugin: Plugins = [],  # noqa: B006
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="The run's folder; finished cells found there are not run again.")
    ] = Path("bench-run"),
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the scores as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Attack victims and score them.

    Every combination of --victim, --defense, --attack and --task is a cell. Cells that are done are skipped, so the
    same command goes on after an interruption. The bench-run folder keeps every query; see bench show.
    """
    from bench.options import Options, parse_folds, parse_ks, parse_seeds

    options = Options(
        victims=tuple(victim),
        attacks=tuple(attack),
        defenses=tuple(defense),
        ks=parse_ks(k),
        corpus=corpus,
        corpus_root=corpus_root,
        noise_banks=tuple(noise_bank),
        noise_roots=tuple(noise_root),
        noise_map=noise_map,
        perception=perception,
        tasks=tuple(task),
        split=split,
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        repeats=repeats,
        corr=corr,  # type: ignore[arg-type]  # checked by Options
        noises=noises,  # type: ignore[arg-type]
        limit=limit,
        measures=parse_measures(measure),
        device=device,  # type: ignore[arg-type]
        batch_size=batch_size,
        plugins=tuple(plugin),
        out=out,
    )

    from bench.api import execute
    from bench.cli.report import check_json_target, report, say_failures
    from bench.progress import for_terminal

    check_json_target(json)
    done = execute(options, for_terminal())
    report(done.results, json)
    say_failures(done.failures, out)
