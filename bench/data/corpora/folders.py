"""The folder that a user gives for a corpus: there, a folder, and readable, or named."""

from __future__ import annotations

from pathlib import Path

from bench.core.errors import DataError, UsageError


def given_folder(corpus: str, title: str, root: Path | None, layout: str, option: str) -> Path:
    """Return the root of a corpus as given, with a home directory written out.

    Args:
        corpus: its name in the registry.
        title: its published name.
        root: what the user gave, if anything.
        layout: what stands where, for messages.
        option: what to do about it, with the option's name.

    Raises:
        UsageError: no folder was given.
        DataError: it is not there, or is a file.
    """
    if root is None:
        raise UsageError(f"corpus {corpus!r}", "no folder", f"your copy of {title}, {layout}", option)
    root = Path(root).expanduser()
    if not root.is_dir():
        found = "no such folder" if not root.exists() else "a file, not a folder"
        raise DataError(root, found, f"a folder with {title}, {layout}", option)
    return root


def listed(folder: Path) -> list[Path]:
    """List what is in a folder, by name.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise DataError(folder, reason, "a folder that can be read", "check its permissions") from error
