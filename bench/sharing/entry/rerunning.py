"""Cells of an entry, run again: its code in a sandbox, its weights as they were submitted, everything else our own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from bench.contracts.component import Component
from bench.contracts.composition import composed, specs_in
from bench.contracts.registry import Registry
from bench.core.errors import ComponentError, DataError
from bench.core.showing.progress import Progress
from bench.core.specs import ISOLATED, NO_DEFENSE, bare
from bench.core.storage.cache import cache_dir
from bench.core.storage.json_objects import loaded
from bench.data.tasks import task_named
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.facts import MeasuredCell
from bench.evaluation.cell.measuring import Measuring
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.setup import set_up
from bench.isolation.components import Isolation
from bench.isolation.limits import Limits
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.rows import as_table
from bench.sharing.entry.contents import EntryContents, revision_of, specs_of
from bench.sharing.entry.weights import WEIGHTS, weights_of

_REMEDY = "see docs/submitting.md"


@dataclass(frozen=True)
class Conditions:
    """Say where and how cells are run again.

    Args:
        corpus_root: the corpus's folder, where it is not embedded.
        noise_roots: the folders of the noise banks that read one.
        noise_map: CSV folder,category.
        perception: CSV, where records rest on another table than P1's.
        device: "auto", "cpu" or "cuda".
        trusted: run the entry's code in this process.
        limits: of each sandbox.
        cell_s: seconds that a cell may take.
    """

    corpus_root: Path | None = None
    noise_roots: tuple[Path, ...] = ()
    noise_map: Path | None = None
    perception: Path | None = None
    device: str = "cpu"
    trusted: bool = False
    limits: Limits = field(default_factory=Limits.of_this_machine)
    cell_s: float = 3600.0

    def options(self, about: Description) -> Options:
        """Ask for the data that a cell was measured with.

        Args:
            about: the cell's description.
        """
        names, device = about.names, self.device
        return Options(
            victims=(names.victim,),
            attacks=(names.attack,),
            corpus=names.setting.corpus,
            corpus_root=self.corpus_root,
            noise_banks=tuple(names.setting.noise_bank.split("+")),
            noise_roots=self.noise_roots,
            noise_map=self.noise_map,
            perception=self.perception,
            enrolment="paper" if about.rests_on.enrolment == "paper" else "halves",
            device="cpu" if device == "cpu" else "cuda" if device == "cuda" else "auto",
        )


@dataclass(frozen=True)
class Rerun:
    """Run cells of one entry again.

    Args:
        contents: of the entry.
        experiment: our own data; the entry's weights.
        conditions: how.
    """

    contents: EntryContents
    experiment: Experiment
    conditions: Conditions

    @classmethod
    def of(cls, contents: EntryContents, conditions: Conditions, progress: Progress) -> Rerun:
        """Read our own data, and find what the entry brings; nothing of it is run here unless it is trusted.

        Args:
            contents: of the entry.
            conditions: how it is run.
            progress: told of long steps.

        Raises:
            bench.core.errors.BenchError: data are missing, or not those of the entry; a name is taken.
        """
        about = contents.cells[0].description
        options = conditions.options(about)
        registry = _registry(contents, conditions)
        experiment = set_up(options, registry, progress)
        _check_data(contents, experiment)
        return cls(contents, replace(experiment, min_snr_db=about.rests_on.min_snr_db), conditions)

    def cell(self, cell: CellRecords) -> Cell:
        """Make a cell of an entry's: whose code runs where, and nothing else, is decided here.

        Args:
            cell: with its description.
        """
        names, told = cell.description.names, loaded(cell.description.text)
        brought = set(self.contents.code.components)
        theirs = [one for one in specs_of(cell.description) if (one[0], one[1].partition(":")[0].strip()) in brought]
        attacks = any(kind == "attacks" for kind, _ in theirs)
        here = _of_the_hub(told["fitting"]) and len(theirs) == sum(kind == "attacks" for kind, _ in theirs)
        outside = not self.conditions.trusted and not here
        victim = self._component("victims", names.victim, outside)
        defense = None if names.defense == NO_DEFENSE else self._component("defenses", names.defense, outside)
        attack = self._component("attacks", names.attack, attacks and not self.conditions.trusted)
        attack = replace(attack, target=cell.description.threat_model.target)
        of = names.setting
        fitted = FittedKey(victim, defense, task_named(of.task), of.split, names.fold, names.seed)
        return Cell(fitted, attack, cell.description.rests_on.max_queries, of.limit, names.repeat, names.half)

    def rows(self, source: CellRecords, cell: Cell) -> pd.DataFrame:
        """Run a cell as `measured` does, and give its records alone.

        Args:
            source: the cell whose weights are used.
            cell: the same, or another of its fitted victim.

        Raises:
            Exception: whatever comes of somebody else's code.
        """
        return rows_of(self.measured(source, cell))

    def measured(self, source: CellRecords, cell: Cell) -> MeasuredCell:
        """Run a cell with the weights of one of the entry's.

        Args:
            source: the cell whose weights are used.
            cell: the same, or another of its fitted victim.

        Raises:
            Exception: whatever comes of somebody else's code.
        """
        return Measuring(self.weighted(source, cell)).measured(cell)

    def weighted(self, source: CellRecords, cell: Cell) -> Experiment:
        """Return our data with the weights of one of the entry's cells, and the time that a cell has.

        Args:
            source: the cell whose weights are used.
            cell: the same, or another of its fitted victim.
        """
        given = {cell.fitted: source}
        names = replace(source.description.names, defense=NO_DEFENSE)
        for other in self.contents.cells:  # whoever transfers from the bare victim asks that one first
            theirs = other.description.names
            if replace(theirs, attack=names.attack, repeat=names.repeat, half=names.half) == names:
                given.setdefault(replace(cell.fitted, defense=None), other)
        folders = {key: self.contents.folder / WEIGHTS / weights_of(one.description) for key, one in given.items()}
        timed = _Timed(self.experiment.progress, self.conditions.cell_s)
        return replace(self.experiment.telling(timed), given=folders)

    def _component(self, kind: str, text: str, outside: bool) -> Component:
        inner = composed(tuple(bare(part) for part in specs_in(kind, text)))
        return self.experiment.registry.component(kind, ISOLATED + inner if outside else inner)


def rows_of(measured: MeasuredCell) -> pd.DataFrame:
    """Return what was measured as a table, as record files have it.

    Args:
        measured: a cell.
    """
    found: pd.DataFrame = as_table(measured.rows).to_pandas()
    return found


def _registry(contents: EntryContents, conditions: Conditions) -> Registry:
    code = contents.code
    plugins = (code.plugin,) if code.plugin else ()
    if conditions.trusted:
        sys.path += [str(one.parent) for one in code.packages if str(one.parent) not in sys.path]
        return Registry.discover(plugins, over=True)
    roots = (conditions.corpus_root, *conditions.noise_roots)
    hidden = tuple(root.absolute() for root in (cache_dir(), *roots) if root is not None)
    found = Registry.discover(plugins, set(code.components), Isolation(hidden, conditions.limits), over=True)
    entries = {
        key: replace(entry, beside=code.packages) if entry.plugin else entry for key, entry in found.entries.items()
    }
    return Registry(entries, found.isolation)


def _check_data(contents: EntryContents, experiment: Experiment) -> None:
    rests = contents.cells[0].description.rests_on
    pairs = (("corpus", rests.corpus_fingerprint, experiment.dataset.fingerprint),
             ("noises", rests.noise_fingerprint, experiment.noise_fingerprint("test")),
             ("perception table", rests.perception, experiment.perception.called))  # fmt: skip
    for what, theirs, own in pairs:
        if theirs != own:
            raise DataError(what, f"{own[:12]} here", f"{theirs[:12]}, as the entry was measured with", _REMEDY)


def _of_the_hub(fitting: Mapping[str, object]) -> bool:
    """Whether a part comes from the hub, which no sandbox reaches: it runs here where all of it is serbench's own."""
    return any(revision_of(fitting.get(part)) is not None for part in ("victim", "defense"))


@dataclass(frozen=True)
class _Timed:
    """Tells of progress, and ends a cell that takes too long: between two utterances, and at its next line."""

    inner: Progress
    seconds: float
    begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Pass it on."""
        with self.inner.task(description, total) as advance:

            def step(steps: int) -> None:
                self._look()
                advance(steps)

            yield step

    def say(self, text: str) -> None:
        """Pass it on."""
        self._look()
        self.inner.say(text)

    def _look(self) -> None:
        if time.monotonic() - self.begun > self.seconds:
            found, expected = f"more than {self.seconds:g} s for a cell", "an end by then"
            raise ComponentError("the entry", found, expected, "allow it more with --cell-minutes")


def chosen_cells(cells: Sequence[CellRecords], keys: Sequence[str]) -> list[CellRecords]:
    """Return the cells of some keys, those of one fitted victim next to each other.

    Args:
        cells: all.
        keys: which.
    """
    wanted = set(keys)
    return sorted((one for one in cells if one.key in wanted), key=lambda one: (weights_of(one.description), one.key))
