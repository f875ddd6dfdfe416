"""`bench verify`: an entry checked as outside data, and a sample of its cells run again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch

from bench.contracts.component import Component
from bench.contracts.perception import p1
from bench.contracts.threat_models import COUNTED, Counted
from bench.core.errors import ComponentError, told_of
from bench.core.rng import key_of
from bench.core.showing.progress import Progress
from bench.evaluation.cell.cells import Cell
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.checking import check_again
from bench.evaluation.plans.options import CHECKED
from bench.isolation.attacks import IsolatedEffect
from bench.scoring.record_files.cell_records import CellRecords
from bench.sharing.entry.held_out import held_out
from bench.sharing.entry.opening import OpenedEntry, opened
from bench.sharing.entry.rerunning import Conditions, Rerun, chosen_cells, rows_of
from bench.sharing.entry.retold import denied
from bench.sharing.entry.rounds import Round, RoundSecret
from bench.sharing.entry.verdicts import DIFFERENT, NOT_RUN, CellVerdict, compared, names_of
from bench.sharing.entry.verified import Verification, about_entry

_LADDER = (1, 2, 5, 10, 15, 25, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class VerificationAsked:
    """Say what is to be verified.

    Args:
        conditions: where and how.
        cells: so many, drawn at random; None for all.
        seed: that they are drawn by; None for one that nobody knows beforehand.
        round: that the entry is in.
        secret: of the round, once whoever verifies has it.
    """

    conditions: Conditions
    cells: int | None = 3
    seed: int | None = None
    round: Round | None = None
    secret: RoundSecret | None = None


def verify(path: Path, asked: VerificationAsked, progress: Progress) -> Verification:
    """Check an entry, and run a sample of its cells again.

    Args:
        path: its file, which somebody else may have made.
        asked: what is verified, and how.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: it is no entry that can be believed, or our own data are missing.
    """
    with opened(path) as entry:
        seed = secrets.randbelow(2**53) if asked.seed is None else asked.seed
        rerun = Rerun.of(entry.contents, asked.conditions, progress)
        with _threads(entry):
            verdicts = tuple(_verdict(rerun, cell, entry) for cell in _drawn(entry, asked, seed))
            of, secret = asked.round, asked.secret
            held = tuple(held_out(rerun, of, secret)) if of and secret else ()
    told = {"name": of.name, "commitment": of.commitment} if of else {}
    many = len(entry.contents.cells)
    return Verification(about_entry(entry), asked.conditions.trusted, seed, many, verdicts, told, held)


def _drawn(entry: OpenedEntry, asked: VerificationAsked, seed: int) -> list[CellRecords]:
    keys = sorted((cell.key for cell in entry.contents.cells), key=lambda key: (key_of(seed, "verify", key), key))
    return chosen_cells(entry.contents.cells, keys[: asked.cells])


def _verdict(rerun: Rerun, cell: CellRecords, entry: OpenedEntry) -> CellVerdict:
    try:
        again = rerun.cell(cell)
        measured = rerun.measured(cell, again)
        rows = rows_of(measured)
        ks = _ks(cell.description.rests_on.max_queries, entry.contents.ks)
        verdict = compared(cell, rows, ks, _counted(cell, again.attack))
        told = [denied(cell.description, again, measured.facts, rerun.experiment.registry)]
        if not again.attack.built_in:
            told.append(_kept_between(rerun.weighted(cell, again), again, rows))
        if reasons := [one for one in (verdict.reason, *told) if one]:
            verdict = replace(verdict, verdict=DIFFERENT if any(told) else verdict.verdict, reason="; ".join(reasons))
    except Exception as error:  # somebody else's code runs
        verdict = CellVerdict(cell.key, names_of(cell), NOT_RUN, reason=told_of(error)[0])
    names = (f"{name} {it}" for name, it in verdict.names.items() if it or name in ("fold", "seed"))
    rerun.experiment.progress.say(f"{verdict.verdict}: {' · '.join(names)}")
    return verdict


def _kept_between(experiment: Experiment, cell: Cell, rows: pd.DataFrame) -> str:
    """What an attack that is not ours keeps between searches, whose order is the same whenever a cell is run again."""
    try:
        check_again(experiment, cell, rows, CHECKED)
    except ComponentError as error:
        return told_of(error)[0]
    return ""


def _ks(most: int, asked: Sequence[int]) -> list[int]:
    """Numbers of queries at which a cell is compared: a board shows it at others' as well as at its own."""
    return sorted({most, *(k for k in (*_LADDER, *asked) if k <= most)})


def _counted(cell: CellRecords, attack: Component) -> list[Counted]:
    """Which successes are compared: what an isolated effect does, a study of the entry's own has not heard."""
    known = [one for one in COUNTED if one in cell.description.noises]
    unheard = isinstance(attack.object, IsolatedEffect) and cell.description.rests_on.perception != p1().called
    return [one for one in known if one != "imperceptible"] if unheard else known


@contextmanager
def _threads(entry: OpenedEntry) -> Iterator[None]:
    """Compute on as many threads as the entry was measured with: sums of another number round otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(min(entry.contents.environment.whole("threads"), 4 * max(before, 1)))
    try:
        yield
    finally:
        torch.set_num_threads(before)
