"""A folder that FunASR reads, looked at before it does: nothing in it names code, and nothing leads elsewhere."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.core.errors import DataError, UsageError
from bench.core.storage.json_objects import loaded
from bench.core.storage.plain_yaml import plain_yaml
from bench.modelling.pretrained.model_folders import refuse_irregular

SETTINGS, LISTED, WEIGHTS = "config.yaml", "configuration.json", "model.pt"
FORM = f"a folder as it is published, with {SETTINGS} and {WEIGHTS}"
_MOST_BYTES = 2**20
_OWN_CODE = ("trust_remote_code", "remote_code")
_AGAIN = "fetch the folder again, as it was published (modelscope download --model OWNER/NAME --local_dir FOLDER)"


def check_folder(where: str, folder: Path) -> list[Path]:
    """Refuse a folder that is no model of FunASR's, names code of its own, or leads elsewhere.

    Args:
        where: whose, for messages.
        folder: the model's.

    Returns:
        Its files, in the order of their names.

    Raises:
        UsageError: it is such a one.
        DataError: of its weights more than tensors would have to be read.
    """
    if not folder.is_dir():
        found = "a file" if folder.is_file() else "no such folder"
        raise UsageError(where, found, FORM, _AGAIN)
    for name in (SETTINGS, WEIGHTS):
        if not (folder / name).is_file():
            raise UsageError(where, f"no {name}", FORM, _AGAIN)
    settings = _read(where, folder / SETTINGS, plain_yaml)
    listed = _read(where, folder / LISTED, loaded) if (folder / LISTED).exists() else {}
    for name in _OWN_CODE:
        if settings.get(name) or listed.get(name):
            remedy = "bring it as isolated:python:FILE.py:OBJECT, in which funasr answers"
            raise UsageError(where, f"settings with {name}, which would run the model's own code", "none", remedy)
    for file, told in ((SETTINGS, settings), (LISTED, {"file_path_metas": listed.get("file_path_metas")})):
        for name, text in _texts(told):
            if leads_elsewhere(text):
                found = f"{file} with {name[:60]}: {text[:80]!r}, which leads out of the folder"
                raise UsageError(where, found, "names of files in the folder itself", _AGAIN)
    _check_weights(folder / WEIGHTS)
    return sorted(file for file in folder.iterdir() if file.is_file())


def leads_elsewhere(text: str) -> bool:
    """Say whether a text of the settings is a path out of the folder, an address, or asks for what is around it.

    >>> [leads_elsewhere(text) for text in ("tokens.txt", "/etc/passwd", "../a.pt", "${oc.env:HOME}", "http://a/b")]
    [False, True, True, True, True]
    """
    path = Path(text)
    away = path.is_absolute() or ".." in path.parts or text.startswith("~")
    return away or "://" in text or "${oc." in text.replace(" ", "")


def _read(where: str, file: Path, read: Any) -> Mapping[str, Any]:
    try:
        refuse_irregular(where, file, _MOST_BYTES)
        found = read(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(where, f"no usable {file.name} ({str(error)[:200]})", FORM, _AGAIN) from error
    if not isinstance(found, dict):
        raise UsageError(where, f"{file.name} without names and values", FORM, _AGAIN)
    return found


def _texts(told: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [("", told)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(inner), one) for inner, one in value.items()]
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]
        elif isinstance(value, str):
            yield name, value


def _check_weights(file: Path) -> None:
    """Refuse weights of which `torch.load` would have to run something."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of an odd pickle; what it cannot read, it refuses
            torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        found = f"no weights that can be read as tensors alone ({type(error).__name__}: {str(error)[:200]})"
        raise DataError(file, found, "what torch.load reads with weights_only=True", _AGAIN) from error
