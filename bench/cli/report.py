"""Scores as text for people, and as JSON for programs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import typer

from bench.cli.saying import say, say_json
from bench.cli.tables import attack_table, halves_table, ranking_table, tests_legend, tests_table, yes_or_no
from bench.core.errors import UsageError
from bench.core.storage.cache import appearing_file
from bench.core.types import SAMPLE_RATE
from bench.data.splits import LEAKS

if TYPE_CHECKING:
    from bench.evaluation.grids.grid import Failure
    from bench.scoring.pooling import CleanScores, PerturbedScores
    from bench.scoring.results import PooledScores, Results

STANDARD_OUTPUT = "-"


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
        say_json(text)
        return False
    path = Path(target)
    if path.is_fifo():  # somebody reads it; no file takes its place
        path.write_text(text + "\n", encoding="utf-8")
        return True
    with appearing_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return True


def report(results: Results, json_target: str | None, more: Mapping[str, object] | None = None) -> None:
    """Print tables, or JSON in their place where it goes to standard output.

    Args:
        results: of a run.
        json_target: the file for JSON, "-" for standard output, None for none.
        more: further fields of the JSON.
    """
    if json_target is None or write_json({**results.to_json(), **(more or {})}, json_target):
        print_tables(results)


def say_where(out: Path, results: Results, budget: int) -> None:
    """Say what a run found, where its results are, and three commands that go on from there, on standard error.

    Args:
        out: the run's folder.
        results: what it came to; a run without any has nothing to be shown.
        budget: the greatest number of queries that it can be scored at.
    """
    if not results.pooled:
        return
    from leaderboards.report.verdict import verdicts

    for sentence in verdicts(results):
        lines = wrap(sentence, shutil.get_terminal_size().columns) if sys.stderr.isatty() else [sentence]
        say("\n" + "\n".join(lines), err=True)
    folder, ks = shlex.quote(str(out)), ",".join(map(str, sorted({1, -(-budget // 2), budget})))
    say(f"\nEvery query is kept in {folder}. Next:", err=True)
    for command, what in (
        (f"bench score {folder} --k {ks}", "the same at other k, from the records alone"),
        (f"bench show {folder} --json results.json", "all figures for a program of yours"),
        (f"bench leaderboard {folder} --out board", "a board, also of several runs"),
    ):
        say(f"  {command}\n      {what}", err=True)


def say_failures(failures: Sequence[Failure], out: Path) -> None:
    """Say which cells failed and where their tracebacks are, and end with the exit code that says so.

    Args:
        failures: of a run; none is fine.
        out: the run's folder, which has the tracebacks.

    Raises:
        typer.Exit: any failed.
    """
    for message in dict.fromkeys(failure.message for failure in failures):
        say(f"bench: a cell failed: {message}", err=True)
    if failures:
        say(f"bench: tracebacks are in {out / 'failed'}", err=True)
        raise typer.Exit(max(failure.exit_code for failure in failures))


def print_tables(results: Results) -> None:
    """Print P1's Table 2 for every victim, defence, attack, corpus and task, pooled over folds and seeds."""
    from bench.core.showing.consoles import PlainConsole
    from leaderboards.ranking import boards

    console = PlainConsole()
    tell = partial(console.print, soft_wrap=not console.is_terminal)
    for entry in results.pooled:
        tell()
        for line in headline(entry):
            tell(line)
        if entry.perturbed is not None:
            tell(perturbed_line(entry.perturbed))
        console.print(attack_table(entry))
        if entry.tests:
            console.print(tests_table(entry))
            for line in tests_legend(entry):
                tell(line)
        if entry.bank_halves:
            console.print(halves_table(entry))
            for line in HALVES:
                tell(line)
        for line in footnotes(entry):
            tell(line)
    ranked = [board for board in boards(results, greatest_k=True) if len(board.lines) > 1]
    for board in ranked:
        tell()
        tell(f"Ranked: {board.title}")
        console.print(ranking_table(board))
    if results.pooled:
        tell()
        pcm = any(score.acc_att_pcm is not None for entry in results.pooled for score in entry.scores)
        numbers = any(entry.dimension is not None for entry in results.pooled)
        for line in (*LEGEND, *(PCM if pcm else ()), *(NUMBERS if numbers else ()), *(RANKED if ranked else ())):
            tell(line)


LEGEND = (
    "robust accuracy: share of all utterances recognised when nobody attacks, and not",
    "attacked successfully within k label-only queries. Acc_att: share attacked",
    "successfully; higher is worse for the victim. Corr: the attacker knows how much",
    "each noise category harms. Noises: all; additive, which keep the length;",
    "imperceptible, heard as the same emotion. [95 % interval], clustered by speaker.",
)
PCM = ("PCM: Acc_att by what is a success as 16-bit PCM too.",)
NUMBERS = (
    "Of numbers: recognised (right) is an answer no further from the rating than the",
    "shift, or in its bin. CCC after: of what is answered after the attack, whether it",
    "succeeded or not.",
)
HALVES = (
    "The search with either half of its sounds, which share none, beside all of them.",
    "Difference: first − second, same utterances. Far from 0, the figure is of these",
    "sounds more than of their kinds.",
)
RANKED = (
    "Ranked by robust accuracy at the greatest k; in brackets the ranks that the data",
    "leave open. A victim at chance level stands below the others; one that always",
    "gives the same answer has no rank.",
)


def headline(entry: PooledScores) -> list[str]:
    """Say what was measured on what, and how good the victim is when nobody attacks: the lines above a table."""
    setting, clean = entry.setting, entry.clean
    data = f"corpus {setting.speech} · noises {setting.noise_bank} · task {setting.task}"
    folds = f"{setting.split} fold {listed(entry.folds)} · seed {listed(entry.seeds)}"
    return [
        f"victim {entry.victim} · defense {entry.defense} · attack {entry.attack}",
        f"{data} · {folds} · n = {entry.n} utterances of {speakers(entry.speakers)}",
        clean_line(clean),
        *([] if entry.dimension is None else [f"{entry.dimension}"]),
    ]


def clean_line(clean: CleanScores) -> str:
    """Say in a line how good a victim is when nobody attacks."""
    if clean.numbers is None:
        return f"UAR {clean.main} · WAR {clean.war} when nobody attacks"
    errors = f"MAE {clean.numbers.mae:.2f} · RMSE {clean.numbers.rmse:.2f}"
    return f"CCC {clean.main} · {errors} · right {clean.war} when nobody attacks"


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
    """Say what a perturbation that asks once does to UAR (or CCC) and WAR, and on how many utterances."""
    told = ((found.name, found.main), ("WAR" if found.ccc is None else "right", found.war))
    figures = (f"{name} {one.after} (was {one.before:.2f})" for name, one in told)
    return f"{' · '.join(figures)} when perturbed, applied to {found.applied} of {found.of}"


def footnotes(entry: PooledScores) -> list[str]:
    """Say what the figures rest on, and how far they carry."""
    rests, versions, split = entry.rests_on, entry.rests_on.versions, entry.setting.split
    other = rests.train_corpus_fingerprint
    trained = "" if other is None else f", trained on {other[:8]}"
    data = f"corpus {rests.corpus_fingerprint[:8]}{trained}, noises {rests.noise_fingerprint[:8]}"
    software = f"serbench {versions['serbench']} (code {rests.code[:8]}), torch {versions['torch']} on {rests.device}"
    rules = f"SNR above {rests.min_snr_db:g} dB, perception after {rests.perception}, k up to {rests.max_queries}"
    lines = [f"Rests on {data}; {software}; {rules}."]
    budget = "" if entry.anytime else "; knows how many queries it has"
    columns = ", beside Corr and Noises" if any(score.corr for score in entry.scores) else ""
    lines.append(f"Attacker{columns}: {entry.threat_model}{budget}.")
    if rests.isolated:
        trusted = f"; trusted: {', '.join(rests.trusted)}" if rests.trusted else ""
        lines.append(f"In a process of its own: {', '.join(rests.isolated)}{trusted}.")
    if rests.pcm_hz != (SAMPLE_RATE,):
        rates = ", ".join(f"{rate / 1000:g}" for rate in rests.pcm_hz)
        lines.append(f"PCM: at {rates} kHz, the corpus's own rate.")
    if entry.setting.shares_speakers:
        lines.append(f"Split {split}: {LEAKS}.")
    lines.append(f"Candidates: {entry.candidates}; {entry.candidates.changed:,} changed the label.")
    lines += map(str, entry.bells)
    most = max((gap.k for gap in entry.validity_gap), default=0)
    for gap in (gap for gap in entry.validity_gap if gap.k == most):
        given = f"Corr {yes_or_no(gap.corr)}, k={gap.k}"
        lines.append(f"Validity gap (all − imperceptible), {given}: {gap.gap}")
    return lines
