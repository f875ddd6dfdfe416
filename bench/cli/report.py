"""Scores as text for people, and as JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.core.cache import appearing_file
from bench.core.errors import UsageError
from bench.data.splits import LEAKS, split_named

if TYPE_CHECKING:
    from rich.table import Table

    from bench.evaluation.grid import Failure
    from bench.scoring.estimates import Estimate
    from bench.scoring.pooling import PerturbedScores
    from bench.scoring.results import PooledScores, Results

STANDARD_OUTPUT = "-"
_LEAST_WIDTH = 100
FEW_SPEAKERS = 5


def check_json_target(target: str | None) -> None:
    """Raise a UsageError now, not after the work, where the JSON cannot be written."""
    if target is None or target == STANDARD_OUTPUT:
        return
    path = Path(target)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        found = "a folder" if path.is_dir() else f"{path.parent} is no folder that can be written to"
        raise UsageError(f"--json {target}", found, "a file in an existing folder", "choose another, or - to print it")


def write_json(found: Mapping[str, object], target: str | None) -> bool:
    """Write JSON where it is asked for.

    Args:
        found: plain values.
        target: the file, "-" for standard output, None for nothing.

    Returns:
        Whether there is still something to be printed: False where the JSON went to standard output.
    """
    if target is None:
        return True
    text = json.dumps(found, indent=1)
    if target == STANDARD_OUTPUT:
        typer.echo(text)
        return False
    with appearing_file(Path(target)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return True


def report(results: Results, json_target: str | None) -> None:
    """Print tables, or JSON in their place where it goes to standard output.

    Args:
        results: of a run.
        json_target: the file for JSON, "-" for standard output, None for none.
    """
    if write_json(results.to_json(), json_target):
        print_tables(results)


def say_failures(failures: Sequence[Failure], out: Path) -> None:
    """Say which cells failed and where their tracebacks are, and end with the exit code that says so.

    Args:
        failures: of a run; none is fine.
        out: the run's folder, which has the tracebacks.

    Raises:
        typer.Exit: any failed.
    """
    for message in dict.fromkeys(failure.message for failure in failures):
        typer.echo(f"bench: a cell failed: {message}", err=True)
    if failures:
        typer.echo(f"bench: tracebacks are in {out / 'failed'}", err=True)
        raise typer.Exit(max(failure.exit_code for failure in failures))


def print_tables(results: Results) -> None:
    """Print P1's Table 2 for every victim, defence, attack, corpus and task, pooled over folds and seeds."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    say = partial(console.print, markup=False, soft_wrap=not console.is_terminal)
    for entry in results.pooled:
        say()
        for line in headline(entry):
            say(line)
        if entry.perturbed is not None:
            say(perturbed_line(entry.perturbed))
        console.print(attack_table(entry))
        if entry.tests:
            console.print(tests_table(entry))
            for line in tests_legend(entry):
                say(line)
        for line in footnotes(entry):
            say(line)
    if results.pooled:
        say()
        for line in LEGEND:
            say(line)


LEGEND = (
    "Acc_att: share of utterances attacked successfully within k label-only queries; higher is worse for the victim.",
    "Corr: the attacker knows how much each noise category harms. Noises: all, or those heard as the same emotion.",
    "[95 % interval], clustered by speaker.",
)


def headline(entry: PooledScores) -> list[str]:
    """Say what was measured on what, and how good the victim is when nobody attacks: the lines above a table."""
    setting, clean = entry.setting, entry.clean
    data = f"corpus {setting.corpus} · noises {setting.noise_bank} · task {setting.task}"
    folds = f"{setting.split} fold {listed(entry.folds)} · seed {listed(entry.seeds)}"
    return [
        f"victim {entry.victim} · defense {entry.defense} · attack {entry.attack}",
        f"{data} · {folds} · n = {entry.n} utterances of {speakers(entry.speakers)}",
        f"UAR {clean.uar} · WAR {clean.war} when nobody attacks",
    ]


def speakers(count: int) -> str:
    """Say in words how many speakers a result rests on.

    >>> speakers(1), speakers(2)
    ('1 speaker', '2 speakers')
    """
    return f"{count} speaker{'s' * (count != 1)}"


def listed(numbers: Sequence[int]) -> str:
    """Write numbers with commas between them, as options take them.

    >>> listed((0, 1))
    '0,1'
    """
    return ",".join(map(str, numbers))


def perturbed_line(found: PerturbedScores) -> str:
    """Say what a perturbation that asks once does to UAR and WAR, and on how many utterances."""
    figures = (f"{name} {one.after} (was {one.before:.2f})" for name, one in (("UAR", found.uar), ("WAR", found.war)))
    return f"{' · '.join(figures)} when perturbed, applied to {found.applied} of {found.of}"


def attack_table(entry: PooledScores) -> Table:
    """Lay out Acc_att at each k as a table, a line for each Corr and Noises, as in P1's Table 2."""
    from rich import box
    from rich.table import Table

    ks = sorted({score.k for score in entry.scores})
    table = Table("Corr", "Noises", *(f"Acc_att k={k}" for k in ks), "n", box=box.SIMPLE_HEAD)
    lines: dict[tuple[bool, str], dict[int, Estimate]] = {}
    for score in entry.scores:
        lines.setdefault((score.corr, score.noises), {})[score.k] = score.acc_att
    for (corr, noises), at in lines.items():
        figures = (str(at[k]) if k in at else "" for k in ks)
        table.add_row(yes_or_no(corr), noises, *figures, str(next(iter(at.values())).n))
    return table


def yes_or_no(truth: bool) -> str:
    """Write a truth value as options take it.

    >>> yes_or_no(True)
    'yes'
    """
    return "yes" if truth else "no"


def footnotes(entry: PooledScores) -> list[str]:
    """Say what the figures rest on, and how far they carry."""
    rests, versions, split = entry.rests_on, entry.rests_on.versions, entry.setting.split
    data = f"corpus {rests.corpus_fingerprint[:8]}, noises {rests.noise_fingerprint[:8]}"
    software = f"serbench {versions['serbench']} (code {rests.code[:8]}), torch {versions['torch']} on {rests.device}"
    rules = f"SNR above {rests.min_snr_db:g} dB, perception after {rests.perception}, k up to {rests.max_queries}"
    lines = [f"Rests on {data}; {software}; {rules}."]
    if split_named(split).leaks:
        lines.append(f"Split {split}: {LEAKS}.")
    if entry.speakers < FEW_SPEAKERS:
        lines.append(f"{speakers(entry.speakers)} can say little about others: --fold all tests every speaker.")
    most = max((gap.k for gap in entry.validity_gap), default=0)
    for gap in (gap for gap in entry.validity_gap if gap.k == most):
        given = f"Corr {yes_or_no(gap.corr)}, k={gap.k}"
        lines.append(f"Validity gap (all − imperceptible), {given}: {gap.gap}")
    return lines


def tests_table(entry: PooledScores) -> Table:
    """Lay out the tests between conditions as a table, a line for each test that p was adjusted for."""
    from rich import box
    from rich.table import Table

    from bench.scoring.p_values import shown_p

    columns = ("Compared", "With", "k", "Difference", "p", "Holm p", "Seen", "P1's t")
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for test in entry.tests:
        given = test.noises or f"Corr {yes_or_no(bool(test.corr))}"
        what = "Corr" if test.compared == "corr" else "Noises"
        ps = ("none" if p is None else shown_p(p).removeprefix("= ") for p in (test.p, test.p_holm, test.p1_holm))
        ours, adjusted, p1 = ps
        figures = (str(test.found.difference), ours, adjusted, f"{test.found.detectable:.2f}", p1)
        table.add_row(what, given, str(test.k), *figures)
    return table


def tests_legend(entry: PooledScores) -> list[str]:
    """Say what the columns of a table of tests are."""
    lines = [
        "Difference: Corr yes − no, or noises all − imperceptible, on the same utterances.",
        "p: the greater of sign-flip over speakers and t on speaker sums.",
        f"Holm p: adjusted for the {entry.tests[0].family} tests of this table.",
        "Seen: the smallest true difference that is found at 0.05 four times in five.",
        "P1's t: Holm p of P1's paired t-test, which takes utterances of one speaker for independent.",
    ]
    untested = next((test.found.test for test in entry.tests if test.p is None), None)
    return lines if untested is None else [lines[0], f"p none: {untested}.", *lines[3:]]
