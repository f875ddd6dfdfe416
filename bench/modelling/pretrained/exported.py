"""A trained victim that was handed on as a folder: `victim.json`, and `fitted`, its weights.

Whoever reads such a folder trusts nobody: its files are checked against the digests in `victim.json`, weights are
safetensors and JSON alone. `bench.modelling.pretrained.portability` refuses specs in it that lead to another file or
address. `bench.sharing.export` writes one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from bench.core.code.keys import fingerprint
from bench.core.errors import DataError
from bench.core.rng import key_of
from bench.core.storage.digests import content_digests
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.types import Modality, Task, Utterance
from bench.modelling.pretrained.portability import path_in

SCHEMA = 1
VICTIM, FITTED = "victim.json", "fitted"
_SAFE = (".safetensors", ".json")
_AGAIN = "export the victim again, or fetch the folder again"


@dataclass(frozen=True)
class Export:
    """An exported victim's folder, read.

    Args:
        folder: where it is.
        about: what `victim.json` says.
        task: what the victim tells.
    """

    folder: Path
    about: Mapping[str, Any]
    task: Task

    @property
    def victim(self) -> str:
        """Return the victim's spec."""
        return str(self.about["victim"])

    @property
    def defense(self) -> str:
        """Return the defence's spec, or "none"."""
        return str(self.about["defense"])

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Return what the victim perceives."""
        return tuple(self.about["senses"])

    @property
    def fitted(self) -> Path:
        """Return the folder of the weights."""
        return self.folder / FITTED

    def check_weights(self) -> None:
        """Compare the weights with their digests.

        Raises:
            DataError: a file is missing, is none of the exported ones, or has changed.
        """
        files = weights_in(self.fitted)
        found, expected = digests(self.fitted, files), dict(self.about["files"])
        for name in sorted({*found, *expected}):
            if found.get(name) != expected.get(name):
                state = "no such file" if name not in found else "a file that was not exported"
                state = "another content than was exported" if name in found and name in expected else state
                raise DataError(self.fitted / name, state, f"the files that {VICTIM} lists", _AGAIN)


def read_export(folder: Path) -> Export:
    """Read an exported victim's folder; its weights are not looked at yet.

    Raises:
        DataError: it is no such folder, or is damaged.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        found = "a file" if folder.exists() else "no such folder"
        raise DataError(folder, found, "a folder that bench victims export wrote", "check the path")
    file = folder / VICTIM
    return _read(file, file.stat().st_mtime_ns if file.is_file() else 0)


@lru_cache(maxsize=16)
def _read(file: Path, _changed_ns: int) -> Export:
    expected = f"what bench victims export wrote, format {SCHEMA}"
    try:
        about = loaded(read_file(file))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(file, f"no usable {VICTIM} ({error})", expected, _AGAIN) from error
    if not isinstance(about, dict):
        raise DataError(file, f"a JSON {type(about).__name__}", expected, _AGAIN)
    if about.get("schema") != SCHEMA:
        raise DataError(file, f"format {about.get('schema')!r}", expected, "use the serbench that wrote it, or newer")
    kinds = {"victim": str, "defense": str, "senses": list, "task": dict, "files": dict, "voices": list, "seed": int}
    wrong = [name for name, kind in kinds.items() if not isinstance(about.get(name), kind)]
    if wrong or not about["senses"] or not set(map(str, about["senses"])) <= set(get_args(Modality)):
        raise DataError(file, f"no usable {', '.join(wrong) or 'senses'}", expected, _AGAIN)
    for name in ("victim", "defense"):
        if leads := path_in(about[name]):
            found, allowed = f"the {name} {about[name]!r}, which leads to {leads}", "a spec that needs no other file"
            raise DataError(file, found, allowed, "take the folder from somebody else")
    return Export(file.parent, about, _task(file, about["task"]))


def _task(file: Path, told: Mapping[str, Any]) -> Task:
    try:
        merged = tuple((str(emotion), str(label)) for emotion, label in told["merged"])
        lists = {"classes": tuple(map(str, told["classes"])), "bins": tuple(map(float, told["bins"]))}
        ends = told.get("scale")
        scale = None if ends is None else (float(ends[0]), float(ends[1]))
        return Task(**{**told, **lists, "merged": merged, "scale": scale})
    except (TypeError, ValueError, KeyError) as error:
        raise DataError(file, f"no usable task ({type(error).__name__}: {error})", "a task's fields", _AGAIN) from error


def weights_in(folder: Path) -> list[Path]:
    """List the files of a fitted victim, in order.

    Raises:
        DataError: one is a link, or neither safetensors nor JSON.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_symlink() or not file.is_dir())
    for file in files:
        if file.is_symlink() or file.suffix not in _SAFE:
            found = "a link" if file.is_symlink() else f"a file of kind {file.suffix!r}"
            raise DataError(
                file, found, "weights as safetensors and JSON alone", "take it away, or export no such victim"
            )
    return files


def digests(folder: Path, files: Sequence[Path]) -> dict[str, str]:
    """Digest files by SHA-256, each by its path within the folder.

    Args:
        folder: that they lie in, however deep.
        files: their paths.
    """
    names = [file.relative_to(folder).as_posix() for file in files]
    return dict(zip(names, content_digests(files), strict=True))


def fingerprint_of(folder: Path) -> str:
    """Digest all that is in an exported folder: it changes whenever a file of the folder does, or its name.

    Raises:
        DataError: there is no such folder, or it has a link that leads out of it.
    """
    export = read_export(folder)
    files = sorted(file for file in export.folder.rglob("*") if not file.is_dir() or file.is_symlink())
    links = [file for file in files if file.is_symlink()]
    if links:
        raise DataError(links[0], "a link", "files of the folder's own", "put the file itself there")
    return fingerprint(part for pair in digests(export.folder, files).items() for part in pair)


def task_json(task: Task) -> dict[str, Any]:
    """Describe a task as it stands in `victim.json`."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(task)))
    return found


def voices(utterances: Sequence[Utterance]) -> list[str]:
    """Name the speakers of a corpus without their names: each by a hash of their name and first utterance's.

    Speakers of two corpora who are called the same have different hashes.
    """
    first: dict[str, str] = {}
    for utterance in utterances:
        first[utterance.speaker] = min(utterance.id, first.get(utterance.speaker, utterance.id))
    return sorted(f"{key_of('voice', speaker, id):016x}" for speaker, id in first.items())
