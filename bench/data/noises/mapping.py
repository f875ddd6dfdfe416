"""The small CSV file that says which category a folder's sounds belong to."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.files import read_file

DROPPED = ""
"""The category of sounds that are left out."""

_FORM = "a CSV file with the header `folder,category` and a line for each folder (category `-` leaves it out)"


@dataclass(frozen=True)
class Rule:
    """One line of the file.

    Args:
        pattern: a folder's or file's path within the root, with `*`, `?` and `[...]` as in a shell.
        category: what its sounds are; `DROPPED` leaves them out.
        where: file and line, for messages.
    """

    pattern: str
    category: str
    where: str

    def fits(self, name: str) -> bool:
        """Say whether the rule speaks of the sound file at this path within the root.

        It may name the file itself, or a folder above it.

        >>> Rule("birds", "natural", "").fits("birds/dawn/1.wav"), Rule("n1[0-7].wav", "crowd", "").fits("n12.wav")
        (True, True)
        """
        steps = name.split("/")
        return any(
            self.pattern == path or fnmatchcase(path, self.pattern)
            for path in ("/".join(steps[: depth + 1]) for depth in range(len(steps)))
        )


def read_map(file: Path) -> tuple[Rule, ...]:
    """Read the rules of a CSV file, in its order: the first that fits a sound decides.

    Raises:
        DataError: it cannot be read, has other columns, lines with more or less than two cells, or two categories for
            one folder.
    """
    try:
        text = read_file(file).decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise DataError(file, reason, _FORM, "check the path given with --noise-map") from error
    except UnicodeDecodeError as error:
        raise DataError(file, "text that is not UTF-8", _FORM, "save it as UTF-8") from error
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise DataError(file, f"broken CSV ({error})", _FORM, "correct the file") from error
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows or [cell.lower() for cell in rows[0][1]] != ["folder", "category"]:
        found = repr(",".join(rows[0][1])) if rows else "an empty file"
        raise DataError(file, f"{found} in the first line", _FORM, "add the header")
    return _rules(file, rows[1:])


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return next((mark for mark in ",;\t" if mark in first), ",")


def _rules(file: Path, rows: Sequence[tuple[int, list[str]]]) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    for line, cells in rows:
        where = f"{file}, line {line}"
        if len(cells) != 2 or not cells[0]:
            raise DataError(where, repr(",".join(cells)), "a folder and a category", "correct the line")
        pattern = cells[0].replace("\\", "/").strip("/")
        category = DROPPED if cells[1] in ("", "-") else cells[1].lower()
        before = rules.setdefault(pattern, Rule(pattern, category, where))
        if before.category != category:
            found = f"a second category for {pattern!r}: {category or '-'}, after {before.category or '-'}"
            raise DataError(where, found, "one category a folder", "remove one of the two lines")
    return tuple(rules.values())


def unused(rules: Sequence[Rule], sounds: Sequence[str], root: Path) -> None:
    """Refuse a rule that fits none of the sounds.

    Args:
        rules: of a file.
        sounds: paths of sound files within the root.
        root: the noise bank's folder, for the message.

    Raises:
        DataError: a rule names what is not there; the message lists what is.
    """
    for rule in rules:
        if not any(rule.fits(name) for name in sounds):
            there = sorted({name.split("/")[0] for name in sounds})
            shown = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")
            raise DataError(
                rule.where,
                f"{rule.pattern!r}, which has no sound files in {root}",
                f"a folder that is there ({shown or 'none is'})",
                "correct the name or remove the line",
            )
