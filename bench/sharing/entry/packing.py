"""`bench submit`: a run, the code that it was made with and its weights, as one file that anybody can check."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from bench.core.errors import DataError, UsageError
from bench.core.specs import IN_MEMORY
from bench.core.storage.cache import cache_dir
from bench.core.storage.sealing import SEAL
from bench.evaluation.cell.fitted_store import COST, damage_of
from bench.scoring.entries.several_runs import believed
from bench.scoring.record_files.cell_records import CellRecords
from bench.scoring.records import Store
from bench.sharing.entry.archive import packed_file, write_archive
from bench.sharing.entry.card import EntryCard
from bench.sharing.entry.contents import RUN, EntryContents, checked_contents, specs_of
from bench.sharing.entry.environment import ENVIRONMENT, lock_bytes
from bench.sharing.entry.manifest import EntryManifest, check_names
from bench.sharing.entry.source_code import CODE, files_of
from bench.sharing.entry.unchanged import check_unchanged
from bench.sharing.entry.weights import WEIGHTS, needed_weights


@dataclass(frozen=True)
class Packed:
    """Tell what was packed.

    Args:
        manifest: of the entry.
        contents: as they were checked; their folder is gone.
    """

    manifest: EntryManifest
    contents: EntryContents


def pack(run: Path, source: Path | None, kind: str, card: EntryCard, out: Path) -> Packed:
    """Pack a run for a board, after looking at it as whoever verifies it will.

    Args:
        run: its `--out` folder.
        source: the plug-in file or the package's folder; None where all components are built in.
        kind: "plugin", "package", or "" for none.
        card: what people are told.
        out: the new file.

    Raises:
        bench.core.errors.BenchError: verification would refuse it; weights are not in the cache any more; or the code
            is not what the run was made with.
    """
    if out.exists():
        raise UsageError(f"--out {out}", "a file that is there", "a new name", "choose another, or remove it")
    cells = list(believed(Store(run)))
    if not cells:
        raise DataError(run, "no finished cell", "records of a bench run", "run it again to the end")
    _refuse_given(run, cells)
    places: dict[str, Path] = {f"cells/{cell.key}.parquet": Store(run).path(cell.key) for cell in cells}
    if (run / RUN).is_file():
        places[RUN] = run / RUN
    places |= {} if source is None else files_of(source, kind)
    for name in needed_weights(cells):
        places |= _weights(name)
    contents = {name: _read(place) for name, place in places.items()} | {ENVIRONMENT: lock_bytes()}
    names = sorted(contents)
    check_names(run, names)
    with tempfile.TemporaryDirectory() as temporary:
        stage, bridge = Path(temporary) / "entry", Path(temporary) / "submitted.py"
        write_into(stage, contents)
        try:
            checked = checked_contents(stage, names, kind, bridge)
        except DataError as error:
            inside = error.where.removeprefix(str(stage)).strip("/")
            where = places.get(inside, run if source is None or not inside.startswith(CODE) else source)
            raise DataError(where, error.found, error.expected, error.remedy) from error
        check_unchanged(checked, run)
    files = tuple(packed_file(name, contents[name]) for name in names)
    manifest = EntryManifest(card, metadata.version("serbench"), kind, files)
    write_archive(out, manifest, contents)
    return Packed(manifest, checked)


def _refuse_given(run: Path, cells: Sequence[CellRecords]) -> None:
    """Refuse what was measured of an object in memory, which nobody else has."""
    names = (spec.partition(":")[0] for cell in cells for _, spec in specs_of(cell.description))
    if given := sorted(name for name in names if IN_MEMORY in name):
        found, remedy = f"cells of {given[0]!r}, an object given from Python", "write it as a plug-in, and run that"
        raise DataError(run, found, "components that others can be given", f"{remedy} (docs/plugins.md)")


def _weights(name: str) -> dict[str, Path]:
    folder = cache_dir() / "victims" / name
    if not folder.is_dir() or (why := damage_of(folder)) is not None:
        found = f"no weights {name}" if not folder.is_dir() else f"weights {name}: {why}"
        raise UsageError(
            str(cache_dir()), found, "what the run was made with", "run its command again here, to the end"
        )
    inside = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name not in (SEAL, COST))
    return {f"{WEIGHTS}/{name}/{file.relative_to(folder).as_posix()}": file for file in inside}


def _read(place: Path) -> bytes:
    if place.is_symlink():
        raise DataError(place, "a link", "a regular file", "put the file itself there")
    return place.read_bytes()


def write_into(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder.

    Args:
        folder: a new one.
        contents: by their names, with / between.
    """
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
