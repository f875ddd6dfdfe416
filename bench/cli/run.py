"""`bench run`: attack victims and score them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.cli.arguments import (
    ACROSS,
    ATTACK,
    BATCH_SIZE,
    DATA,
    DEFENSE,
    FOLDS,
    LIMIT,
    MACHINE,
    OUT,
    PERCEPTION,
    REPEATS,
    TASK,
    VICTIM,
    Asked,
    DryRun,
    Json,
    K,
    Offered,
    asking,
)
from bench.measures.catalogue import MEASURES

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

_CORR = "Does the attacker know how each noise degrades: yes, no, both."
_ENROL = "What a victim may know of a speaker: halves (never what is attacked), paper (all, as in P1)."
_NOISES = "all, additive (the length is kept), imperceptible (people hear the same emotion), both: all and the last."
_TARGET = "What the victim is to answer, a class of the task (neutral; higher): else any other label is a success."
_CHECK = "Attack again in another order and batch, and compare: does anything remember what it should not?"
_HALVES = "Run each search with either half of its sounds too: how much hangs on which sounds there are."
_AUDIO = "Keep adversarial sounds of so many utterances of each cell as WAV files, with their originals."
_MEASURES = "Measure accepted candidates, into their records: " + ", ".join(MEASURES) + "."

RUN: Offered = {
    "victim": replace(VICTIM, help="Who is attacked, see bench list; may be given several times."),
    "attack": replace(ATTACK, help="How: " + ATTACK.help),
    "k": K,
    "defense": DEFENSE,
    **DATA,
    **ACROSS,
    "perception": PERCEPTION,
    "task": TASK,
    "corr": Asked("corr", str, "yes|no|both", _CORR, "both"),
    "noises": Asked("noises", str, "all|additive|imperceptible|both", _NOISES, "both"),
    "target": Asked("target", str | None, "CLASS", _TARGET, None),
    **FOLDS,
    "repeats": REPEATS,
    "limit": LIMIT,
    "enrol": Asked("enrolment", str, "halves|paper", _ENROL, "halves"),
    "bank_halves": Asked("bank_halves", bool, "", _HALVES, False),
    "measure": Asked("measures", str, "NAMES", _MEASURES, ""),
    **MACHINE,
    "batch_size": BATCH_SIZE,
    "out": OUT,
    "check": Asked("check", bool, "", _CHECK, False),
    "check_limit": Asked("check_limit", str, "N|all", "How many utterances of each cell --check attacks again.", "16"),
    "keep_audio": Asked("keep_audio", int | None, "N", _AUDIO, None),
}


@asking(RUN)
def run(options: Options, dry_run: DryRun = False, json: Json = None) -> None:
    """Attack victims and score them.

    Every combination of --victim, --defense, --attack and --task is a cell. Cells that are done are skipped, so the
    same command goes on after an interruption. The bench-run folder keeps every query; see bench show.
    """
    from bench.cli.report import check_json_target, report, say_failures, say_where
    from bench.core.showing.progress import for_terminal

    check_json_target(json)
    if dry_run:
        from bench.cli.forecast import dry

        dry([options], json)
        return
    from bench.evaluation.run import execute

    done = execute(options, for_terminal())
    report(done.results, json)
    say_where(options.out, done.results, max(options.ks))
    say_failures(done.failures, options.out)
