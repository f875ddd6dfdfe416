"""What is measured beside a run, from Python: certificates, replays, reports on attacks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from bench.api.arguments import options_for, runs_of
from bench.api.plainly import plainly
from bench.api.running import AccountOptions
from bench.core.errors import ComponentError, DataError
from bench.core.keywords import check_typed, refuse_unknown
from bench.core.showing.progress import Progress, for_python

if TYPE_CHECKING:
    import pandas as pd

    from bench.scoring.entries.attack_reports import AttackReport

DATA = ("corpus", "corpus_root", "noise_bank", "noise_root", "noise_map")
MACHINE = ("device", "plugin", "max_requests")
CERTIFIED = (*DATA, "task", "split", "fold", "seeds", *MACHINE, "limit")
"""Options of `certify` beside its own."""
REPLAYED = (*DATA, "train_corpus", "train_corpus_root", "perception", *MACHINE)
"""Options of `replay` beside its own."""


@plainly("bench.certify")
def certify(
    victim: Any,
    defense: Any = "smoothing",
    *,
    first: int = 100,
    copies: int = 1000,
    alpha: float = 0.001,
    progress: Progress | bool | None = None,
    **options: Unpack[AccountOptions],
) -> pd.DataFrame:
    """Prove how far the answers of smoothed victims reach: `bench certify` from Python.

    Args:
        victim: one spec or object, or several.
        defense: smoothing, or a stack that ends with it.
        first: noisy copies on which an utterance's class is chosen.
        copies: further copies on which its chance is bounded.
        alpha: chance that a certificate is wrong.
        progress: True shows it, False does not; by default it is shown in a notebook alone.
        **options: corpus, task, split, fold, seeds, limit and others, see `AccountOptions`.

    Returns:
        One row for each victim, defence, task and SNR: certified accuracy with its interval, and what was abstained.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done, or a victim failed.
    """
    import pandas as pd

    from bench.evaluation.plans.isolating import registry_for
    from bench.studies.certification import certified, check_certifies
    from bench.studies.certified_scores import Effort, summaries
    from bench.studies.training_jobs import each, prepare_job

    given = {"first": first, "copies": copies, "alpha": alpha}
    refuse_unknown("bench.certify", options, (*CERTIFIED, *given, "victim", "defense", "progress"))
    check_typed("bench.certify", given, {"first": int, "copies": int, "alpha": (int, float)})
    asked = options_for("bench.certify", victim, (), 1, {**options, "defense": defense})
    effort = Effort(first, copies, alpha)
    check_certifies(registry_for(asked), asked.victims, asked.defenses)
    job = prepare_job(asked, for_python(progress))
    found, failed = each(job, lambda key: certified(job.experiment, key, effort, asked.limit))
    if failed:
        raise ComponentError(str(failed[0].key), failed[0].error, "a victim that can be certified", "correct it")
    rows = []
    for one in summaries(found, effort):
        names = {"victim": one.names.victim, "defense": one.names.defense, "task": one.names.task}
        sure = {"abstained": one.abstained.value, "right": one.right.value, "median_snr_db": one.median_snr_db}
        for at in one.at:
            figure = {"snr_db": at.snr_db, "certified_accuracy": at.accuracy.value}
            ends = {"ci95_low": at.accuracy.low, "ci95_high": at.accuracy.high}
            rows.append({**names, **figure, **ends, **sure, "n": one.n, "speakers": one.speakers})
    return pd.DataFrame(rows)


@plainly("bench.replay")
def replay(
    run: str | Path,
    victim: Any,
    defense: Any = "none",
    k: str | int | Sequence[int] = (1, 5),
    *,
    progress: Progress | bool | None = None,
    **options: Unpack[AccountOptions],
) -> pd.DataFrame:
    """Bring what a run's attacks found to other victims: `bench replay` from Python; no attack runs.

    Args:
        run: its folder.
        victim: who it is brought to: one spec or object, or several.
        defense: one spec or object, or several; "none" is the bare victim.
        k: recipes of each utterance that are brought, at most.
        progress: True shows it, False does not; by default it is shown in a notebook alone.
        **options: corpus, corpus_root, noise_bank, noise_root, noise_map, train_corpus, perception and others,
            see `AccountOptions`; those of the run.

    Returns:
        One row for each attack of the run, victim, defence and k: Acc_att of what was brought, with its interval.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done.
    """
    import pandas as pd

    from bench.studies.replaying import replays

    refuse_unknown("bench.replay", options, (*REPLAYED, "run", "victim", "defense", "k", "progress"))
    (folder,) = runs_of("bench.replay", [run])
    asked = options_for("bench.replay", victim, (), k, {**options, "defense": defense})
    rows = []
    for one in replays(folder, asked, for_python(progress)):
        names = {name: value for name, value in one.to_json().items() if name != "scores"}
        for brought, at in one.acc_att.items():
            rows.append(
                {**names, "k": brought, "acc_att": at.value, "ci95_low": at.low, "ci95_high": at.high, "n": at.n}
            )
    return pd.DataFrame(rows)


@plainly("bench.attack_report")
def attack_report(runs: str | Path | Sequence[str | Path]) -> list[AttackReport]:
    """Report how fast attacks succeeded, by what, and with whom: `bench attack-report` from Python.

    Args:
        runs: the folder of one run, or of several.

    Returns:
        A report for each victim, defence, attack, Corr and Noises, with `to_json()`.

    Raises:
        bench.core.errors.BenchError: there is no such run.
    """
    from bench.scoring.entries.attack_reports import attack_reports
    from bench.scoring.entries.several_runs import believed_of

    folders = runs_of("bench.attack_report", runs)
    reports = attack_reports(believed_of(folders))
    if not reports:
        raise DataError(folders[0], "no finished cell", "records of a bench run", "run it again to the end")
    return reports
