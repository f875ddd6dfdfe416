"""What is in an entry, checked as anybody's data: the same checks before it is packed and after it is unpacked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contracts.composition import specs_in
from bench.contracts.registry import RENAMED, Registry
from bench.core.errors import BenchError, DataError
from bench.core.showing.lookalikes import look_alike
from bench.core.specs import NO_DEFENSE, Spec, bare
from bench.core.storage.json_objects import JsonObject, loaded
from bench.evaluation.runs import remembered
from bench.isolation.showing import named_files
from bench.scoring.entries.several_runs import believed
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.record_files.descriptions import Description
from bench.scoring.records import Store
from bench.sharing.entry.environment import ENVIRONMENT, read_environment
from bench.sharing.entry.manifest import AGAIN
from bench.sharing.entry.source_code import CODE, SubmittedCode, submitted_code
from bench.sharing.entry.weights import WEIGHTS, check_weights, needed_weights

RUN = "run.json"
_CELL = re.compile(r"cells/[0-9a-f]{20}\.parquet")
_WEIGHTS = re.compile(WEIGHTS + r"/[\w-]+-[0-9a-f]{20}/.+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_CELLS, _MOST_ROWS, _MOST_KS = 5_000, 20_000_000, 64
_SPECS = (("victims", "victim"), ("defenses", "defense"), ("attacks", "attack"))


@dataclass(frozen=True)
class EntryContents:
    """Hold what is in an entry, checked.

    Args:
        folder: that it lies in, laid out as a run's folder, with more beside.
        cells: its records.
        ks: numbers of queries that it is scored at.
        code: that it brings.
        environment: that it was measured with.
    """

    folder: Path
    cells: tuple[CellRecords, ...]
    ks: tuple[int, ...]
    code: SubmittedCode
    environment: JsonObject


def checked_contents(folder: Path, names: Sequence[str], kind: str, bridge: Path) -> EntryContents:
    """Look at everything in an entry; none of its code is run.

    Args:
        folder: that it was unpacked into, or gathered in.
        names: of its files.
        kind: of its code, as its manifest says.
        bridge: where a plug-in file may be written that stands for its package.

    Raises:
        DataError: a file is none that an entry has, is damaged, or says what cannot be.
    """
    by = defaultdict[str, list[str]](list)
    for name in names:
        by[_kind_of(folder, name)].append(name)
    if not 1 <= len(by["cells"]) <= _MOST_CELLS or ENVIRONMENT not in names:
        found = f"{len(by['cells'])} cells, and {'an' if ENVIRONMENT in names else 'no'} {ENVIRONMENT}"
        raise DataError(folder, found, f"1 to {_MOST_CELLS:,} finished cells, and a lock", AGAIN)
    code = submitted_code(folder, kind, by[CODE], bridge)
    environment = read_environment(folder / ENVIRONMENT)
    cells = tuple(_believed(folder))
    _check_one_setting(folder, cells)
    for name in by[WEIGHTS]:
        check_weights(folder / name)
    there, needed = {name.split("/")[1] for name in by[WEIGHTS]}, set(needed_weights([*cells]))
    if there != needed:
        found = f"no weights {min(needed - there)}" if needed - there else f"weights {min(there - needed)}"
        raise DataError(folder, found, "those of the fitted victims of its cells", AGAIN)
    _check_components(folder, cells, code)
    most = max(cell.description.rests_on.max_queries for cell in cells)
    ks = tuple(k for k in remembered(folder) if k <= most) or (most,)
    if len(ks) > _MOST_KS:
        raise DataError(folder / RUN, f"{len(ks):,} numbers of queries", f"at most {_MOST_KS}", AGAIN)
    return EntryContents(folder, cells, ks, code, environment)


def _believed(folder: Path) -> Iterator[CellRecords]:
    """Read the records, as long as all of them together are no more than can be meant."""
    rows = 0
    for cell in believed(Store(folder)):
        rows += len(cell.rows)
        if rows > _MOST_ROWS:
            raise DataError(folder / "cells", f"more than {_MOST_ROWS:,} rows", "fewer", "submit it in parts")
        yield cell


def _kind_of(folder: Path, name: str) -> str:
    if name in (RUN, ENVIRONMENT):
        return name
    if _CELL.fullmatch(name):
        return "cells"
    if name.startswith(f"{CODE}/"):
        return CODE
    if _WEIGHTS.fullmatch(name):
        return WEIGHTS
    expected = f"cells/KEY.parquet, {CODE}/…, {WEIGHTS}/NAME-KEY/…, {RUN}, {ENVIRONMENT}"
    raise DataError(folder, f"a file {name}", expected, AGAIN)


def _check_one_setting(folder: Path, cells: Sequence[CellRecords]) -> None:
    if trained := {cell.description.names.setting.train_corpus for cell in cells} - {None}:
        found, expected = f"cells trained on {min(filter(None, trained))!r:.80}", "those of the corpus that is attacked"
        raise DataError(folder, found, expected, "leave them out: nobody can run them again from an entry")
    data = {_data_of(cell.description) for cell in cells}
    if len(data) > 1:
        told = " and ".join(sorted(" · ".join(map(str, one)) for one in data)[:2])
        raise DataError(folder, f"cells of {told}", "one corpus, one noise bank, one set of rules", "submit them apart")


def _data_of(about: Description) -> tuple[object, ...]:
    rests, of = about.rests_on, about.names.setting
    speech, noises = rests.corpus_fingerprint, rests.noise_fingerprint
    return of.corpus, of.noise_bank, speech, noises, rests.enrolment, rests.min_snr_db, rests.perception


def _check_components(folder: Path, cells: Sequence[CellRecords], code: SubmittedCode) -> None:
    """Refuse what nobody brings, specs that lead to files of whoever verifies, and a model that may change."""
    brought, own = set(code.components), _built_in()
    if both := brought & own:
        named = f"{min(both)[1]!r} among {min(both)[0]}, the name of a component of serbench's own"
        raise DataError(folder, named, "another", "rename it, and run again")
    for kind in {kind for kind, _ in brought}:
        alike = look_alike(*(sorted(name for of, name in some if of == kind) for some in (brought, {*own, *RENAMED})))
        if alike is not None:
            what = f"{alike[0]!r} among {kind}, which is taken for serbench's own {alike[1]!r}"
            raise DataError(folder, what, "a name of its own", "rename it, and run again")
    for kind, spec in dict.fromkeys(one for cell in cells for one in specs_of(cell.description)):
        try:
            spec_read = Spec.parse(spec)
        except BenchError as error:
            raise DataError(folder, f"a spec {spec!r:.200}", error.expected, AGAIN) from error
        if (kind, spec_read.name) not in brought | own:
            found = f"{spec_read.name!r} among {kind}, which neither serbench nor the entry brings"
            raise DataError(folder, found, "components that it brings", "give --plugin FILE or --package DIR")
        _check_names_no_file(folder, spec, spec_read)
    of = cells[0].description.names.setting
    for spec in (of.corpus, *of.noise_bank.split("+")):
        _check_names_no_file(folder, spec, Spec.parse(spec))
    for cell in cells:
        _check_revisions(folder, cell.description)


def specs_of(about: Description) -> Iterator[tuple[str, str]]:
    """Give kind and spec of every component of a cell, parts of pipelines one by one, without `isolated:`.

    Args:
        about: the cell's description.
    """
    for kind, field in _SPECS:
        text = vars(about.names)[field]
        if text != NO_DEFENSE or kind != "defenses":
            yield from ((kind, bare(part)) for part in specs_in(kind, text))


def _check_names_no_file(folder: Path, spec: str, read: Spec) -> None:
    """Refuse a spec that leads to a file of whoever verifies."""
    for name, value in read.params:
        if next(named_files(value), None) is not None:
            found, expected = f"{spec!r:.200}, whose {name} names a file", "weights that fitting saves"
            remedy = "bring a plug-in that saves them, or a model of the hub by its commit"
            raise DataError(folder, found, expected, remedy)


def _built_in() -> set[tuple[str, str]]:
    return {key for key, entry in Registry.discover().entries.items() if entry.origin.startswith("serbench ")}


def _check_revisions(folder: Path, about: Description) -> None:
    """Refuse a model of the hub that may change: the commit stands in the spec, which is what is run again."""
    fitting = loaded(about.text)["fitting"]
    for part, text in ((fitting.get("victim"), about.names.victim), (fitting.get("defense"), about.names.defense)):
        if (revision := revision_of(part)) is None:
            continue
        specs = [Spec.parse(bare(one)) for one in specs_in("defenses", text)]
        if not _COMMIT.fullmatch(revision) or not any(("revision", revision) in one.params for one in specs):
            found, expected = f"revision {revision!r:.80} of a model on the hub", "a commit, 40 hexadecimal digits"
            raise DataError(folder, f"{found} in {text!r:.120}", expected, "give revision=COMMIT, and run again")


def revision_of(told: object) -> str | None:
    """Read which revision of a model on the hub a component takes; None of one that takes none.

    Args:
        told: its identity, as a description has it.
    """
    params = told.get("params") if isinstance(told, Mapping) else None
    revision = params.get("revision") if isinstance(params, Mapping) else None
    return revision if isinstance(revision, str) else None
