"""The victim behind a defence on disk: in a folder of its own within the defence's, with a note beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.core.errors import DataError
from bench.core.storage.json_objects import loaded

_INNER = "victim"


def save_inner(victim: Victim, folder: Path) -> None:
    """Write the victim behind a defence into a new folder within the defence's.

    Args:
        victim: fitted.
        folder: the defence's own, in which there is no folder `victim` yet.
    """
    (folder / _INNER).mkdir()
    victim.save(folder / _INNER)


def load_inner(victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
    """Load the victim behind a defence from what `save_inner` wrote.

    Args:
        victim: the recipe that was defended.
        folder: the defence's own.
        context: the one that it was fitted with.
    """
    return victim.load(folder / _INNER, context)


def write_note(file: Path, note: Mapping[str, Any]) -> None:
    """Write a note of what a defence did, as JSON.

    Args:
        file: of the note.
        note: as JSON can hold it.
    """
    file.write_text(json.dumps(dict(note), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_note(file: Path) -> Any:
    """Read what `write_note` wrote.

    Args:
        file: of the note.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        return loaded(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(file, f"no usable note ({error})", "what `save` wrote", "delete the folder") from error
