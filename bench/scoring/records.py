"""Records: what the referee saw, one row a query, and where it is kept.

A cell's records are one Parquet file named by the cell's key, with the cell's description in the file's own metadata.
A file appears under its name at once or not at all; the same cell gives the same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.storage.cache import appearing_file
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular
from bench.core.storage.sealing import set_aside
from bench.scoring.record_files.cell_records import CellRecords as CellRecords
from bench.scoring.record_files.cell_records import checked
from bench.scoring.record_files.cell_records import pooled_rows as pooled_rows
from bench.scoring.record_files.cell_records import read_cell as read_cell
from bench.scoring.record_files.descriptions import Description, FailedCell
from bench.scoring.record_files.free_samples import named_samples, read_samples
from bench.scoring.record_files.rows import Row, write_rows
from bench.scoring.record_files.schema import AGAIN

if TYPE_CHECKING:
    from torch import Tensor

MOST_NOTED = 2**22
"""Bytes that a note of a failure may have."""


@dataclass(frozen=True)
class Store:
    """Read and write the folder of a run.

    Args:
        folder: holds `cells/KEY.parquet`, one for each finished cell, `failed/KEY.json` for each that failed, and
            `samples/KEY.safetensors` where accepted candidates were free samples; `failed/KEY.parquet` has records that
            a check has found to depend on the order.
    """

    folder: Path

    def path(self, key: str) -> Path:
        """Return where a cell's records are."""
        return self.folder / "cells" / f"{key}.parquet"

    def _failure(self, key: str) -> Path:
        return self.folder / "failed" / f"{key}.json"

    def has(self, key: str) -> bool:
        """Return whether the cell is finished."""
        return self.path(key).is_file()

    def damage(self, key: str) -> DataError | None:
        """Look whether a finished cell's files are as they were written; return what is wrong."""
        from bench.scoring.record_files.believing import check_description

        try:
            file = checked(self.path(key))
            check_description(file.path, key, Description.of(file.description))
            accepted = file.table.column("recipe").filter(file.table.column("accepted")).to_pylist()
            self._whole(key, accepted, self.samples(key))
        except DataError as error:
            return error
        return None

    def _whole(self, key: str, recipes: Iterable[str | None], found: dict[str, Tensor]) -> dict[str, Tensor]:
        if lost := named_samples(recipes) - found.keys():
            raise DataError(self._samples(key), f"no samples {min(lost)[:16]}", "all that were accepted", AGAIN)
        return found

    def set_aside(self, key: str, why: DataError, say: Callable[[str], None]) -> None:
        """Move a cell's damaged files into `damaged`, so that it is measured anew, and say so.

        Args:
            key: names the cell.
            why: what is wrong.
            say: told, in one line.
        """
        for path in (self.path(key), self._samples(key)):
            if os.path.lexists(path):
                set_aside(path, self.folder / "damaged", why.found, say)

    def done(self) -> set[str]:
        """List the keys of all finished cells, at one look."""
        return _keys(self.folder / "cells", ".parquet")

    def failed(self) -> set[str]:
        """List the keys of all cells whose failure is noted, at one look."""
        return _keys(self.folder / "failed", ".json")

    def has_failed(self, key: str) -> bool:
        """Return whether a failure of the cell is noted."""
        return self._failure(key).is_file()

    def write(self, key: str, description: Mapping[str, object], rows: Sequence[Row]) -> None:
        """Keep a finished cell's records, and forget an earlier failure of it.

        Args:
            key: names the cell.
            description: everything that determined it, as JSON.
            rows: what the referee saw, at least one.
        """
        with appearing_file(self.path(key)) as temporary:
            write_rows(temporary, description, rows)
        with suppress(OSError):  # what is done counts, whatever is noted beside it
            self._failure(key).unlink()

    def disown(self, key: str) -> None:
        """Take a finished cell's records out of the run; they stay beside the note of why it failed.

        Args:
            key: names the cell.
        """
        self._failure(key).parent.mkdir(exist_ok=True)
        self.path(key).replace(self._failure(key).with_suffix(".parquet"))

    def keep_samples(self, key: str, samples: Mapping[str, Tensor]) -> None:
        """Keep a cell's accepted free samples, which no recipe describes; nothing where there are none.

        Args:
            key: names the cell.
            samples: waveforms of shape (t,), on the CPU, by their digests.
        """
        if samples:
            from safetensors.torch import save_file

            with appearing_file(self._samples(key)) as temporary:
                save_file(dict(sorted(samples.items())), temporary)

    def samples(self, key: str) -> dict[str, Tensor]:
        """Read a cell's accepted free samples by their digests, each compared with its own; none without a file.

        Raises:
            DataError: the file is damaged.
        """
        return read_samples(self._samples(key)) if os.path.lexists(self._samples(key)) else {}

    def samples_of(self, cell: CellRecords) -> dict[str, Tensor]:
        """Read the free samples that a cell accepted, by their digests.

        Args:
            cell: one of this run.

        Raises:
            DataError: the file is damaged, or what the records accepted is not in it.
        """
        accepted = cell.rows.loc[cell.rows["accepted"], "recipe"]
        return self._whole(cell.key, (text for text in accepted if isinstance(text, str)), self.samples(cell.key))

    def _samples(self, key: str) -> Path:
        return self.folder / "samples" / f"{key}.safetensors"

    def fail(self, key: str, description: Mapping[str, object], message: str, traceback: str) -> None:
        """Note why a cell failed.

        Args:
            key: names the cell.
            description: everything that determined it, as JSON.
            message: one line.
            traceback: where it happened.
        """
        with appearing_file(self._failure(key)) as temporary:
            temporary.write_text(json.dumps({**description, "error": message, "traceback": traceback}, indent=1))

    def read(self, key: str) -> CellRecords:
        """Read one finished cell.

        Raises:
            DataError: the file is damaged or of a newer version.
        """
        return read_cell(self.path(key))

    def cells(self, instead: Callable[[DataError], None] | None = None) -> Iterator[CellRecords]:
        """Read all finished cells, in the order of their keys.

        Args:
            instead: told of a file that is damaged, foreign or of a newer version, which is passed over; by default the
                error is raised.

        Raises:
            DataError: the folder is not a run; or a file cannot be read.
        """
        if not (self.folder / "cells").is_dir():
            raise DataError(self.folder, "no folder cells/ in it", "the --out folder of a bench run", "check the path")
        if (self.folder / "cells").is_symlink():
            raise DataError(
                self.folder / "cells", "a link", "a folder of the run's own", "name the run that it leads to"
            )
        for path in sorted((self.folder / "cells").glob("*.parquet")):
            try:
                cell = read_cell(path)
            except DataError as error:
                if instead is None:
                    raise
                instead(error)
            else:
                yield cell

    def failed_at(self, key: str) -> float | None:
        """Return when a failure of the cell was noted, by the file system's clock; None where none is."""
        try:
            return self._failure(key).stat().st_mtime
        except OSError:
            return None

    def failure(self, key: str) -> FailedCell:
        """Read why a cell failed."""
        return _read_failure(self._failure(key))

    def failures(self, instead: Callable[[DataError], None] | None = None) -> list[FailedCell]:
        """Read of all failed cells why, in the order of their keys.

        Args:
            instead: told of a note that cannot be read, which is passed over; by default the error is raised.

        Raises:
            DataError: a note cannot be read.
        """
        found = []
        for path in sorted((self.folder / "failed").glob("*.json")):
            try:
                found.append(_read_failure(path))
            except DataError as error:
                if instead is None:
                    raise
                instead(error)
        return found


def _keys(folder: Path, suffix: str) -> set[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208  # names alone, of thousands
    except OSError:
        return set()
    return {name.removesuffix(suffix) for name in names if name.endswith(suffix) and not name.startswith(".")}


def _read_failure(path: Path) -> FailedCell:
    remedy = "delete it: the cell runs again"
    try:
        found = loaded(read_regular(path, MOST_NOTED, remedy).decode())
    except (ValueError, RecursionError) as error:
        raise DataError(path, f"no readable note of a failure ({error})", "JSON", remedy) from error
    return FailedCell.of(JsonObject.of(path, found, remedy))
