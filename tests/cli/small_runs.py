"""What the tests of `bench run` share."""

from __future__ import annotations

from pathlib import Path

SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"


def records(run: Path) -> dict[str, bytes]:
    """The record files of a run, by name; anything else in their folder is an error."""
    files = sorted((run / "cells").iterdir())
    assert all(file.suffix == ".parquet" for file in files), files
    return {file.name: file.read_bytes() for file in files}
