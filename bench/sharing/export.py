"""A trained victim as a folder to hand on: `victim.json`, the model card `README.md`, and `fitted`, its weights.

What reads such a folder is `bench.modelling.pretrained.exported`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.core.errors import UsageError
from bench.core.storage.cache import appearing_folder
from bench.core.storage.sealing import SEAL
from bench.evaluation.cell.fitted_store import COST
from bench.evaluation.plans.options import check_writable
from bench.modelling.pretrained.exported import FITTED, SCHEMA, VICTIM, digests, weights_in
from bench.modelling.pretrained.portability import absolute_paths

CARD = "README.md"
_NOTES = ("fitting.json", COST, SEAL)
"""What the cache keeps beside the weights: how they came about, their digests, and how long it took."""


def write_export(to: Path, fitted: Path, about: Mapping[str, Any], card: Callable[[Mapping[str, Any]], str]) -> None:
    """Write an exported victim, whole or not at all.

    Args:
        to: the folder, which does not exist or is empty.
        fitted: where the fitted victim is kept.
        about: what `victim.json` says beside the digests of the weights.
        card: the model card's text from what `victim.json` says.

    Raises:
        UsageError: there is something in the folder, or the victim has no weights of its own.
    """
    check_target(to)
    files = [file for file in weights_in(fitted) if not (file.parent == fitted and file.name in _NOTES)]
    if not any(file.suffix == ".safetensors" for file in files):
        found = "no weights of its own: what it rests on stays where it is"
        raise UsageError(f"--victim {about['victim']}", found, "a victim that was trained here", "export another")
    told = {"schema": SCHEMA, **about, "files": digests(fitted, files)}
    noted = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.suffix == ".json"]
    for path in absolute_paths([told, *noted]):
        found, expected = f"a victim that notes the path {path}", "one that knows no path of this machine"
        raise UsageError(f"--victim {about['victim']}", found, expected, "export another")
    with appearing_folder(to) as temporary:
        for file in files:
            copy = temporary / FITTED / file.relative_to(fitted)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        (temporary / VICTIM).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        (temporary / CARD).write_text(card(told), encoding="utf-8")


def check_target(to: Path) -> None:
    """Refuse a folder that an export cannot be written to.

    Raises:
        UsageError: it cannot be written to, or has something in it.
    """
    check_writable(to, "--to")
    if to.is_dir() and any(to.iterdir()):
        raise UsageError(f"--to {to}", "a folder with something in it", "a new or empty folder", "choose another")
