"""Finished grids, known again: the same command over the same files has nothing to compute, and need not load anything.

The idea is git's: where no file that keys follow from has changed, by its place, size and times, the keys are those of
last time. What was measured is not taken on trust: each record file is compared with its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.contracts.entries import OWN
from bench.core.code.keys import fingerprint
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.remembering import keep, recalled
from bench.evaluation.file_states import state_of

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options
    from bench.evaluation.run import Prepared

_KIND = "finished"
_MOST_BYTES = 10_000_000
_ANYWHERE = frozenset({"audformat", "manifest"})
"""Corpora whose tables name files wherever they lie."""
_GPUS = ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu", "/dev/kfd")


@dataclass(frozen=True)
class Command:
    """A plan as it was given, not read yet.

    Args:
        plan: the file.
        instead: what stands in the place of what it says.
    """

    plan: Path
    instead: Mapping[str, Any]

    def key(self) -> str | None:
        """Name the command by the plan's bytes, where it was given, and by what; None where the plan cannot be read."""
        try:
            content = hashlib.sha256(read_file(self.plan, _MOST_BYTES)).hexdigest()
        except (OSError, ValueError):
            return None
        place = (Path.cwd(), self.plan.absolute(), sys.version, sys.executable, sys.platform)
        return fingerprint([*place, content, *(f"{name}={self.instead[name]!r}" for name in sorted(self.instead))])


@dataclass(frozen=True)
class Finished:
    """What a command was found to be: done.

    Args:
        out: the run's folder.
        groups: each fitted victim, and how many cells it has.
        said: what was told while the command was prepared.
    """

    out: Path
    groups: tuple[tuple[str, int], ...]
    said: tuple[str, ...]


def finished(command: Command) -> Finished | None:
    """Tell whether a command is known to be done: nothing that it rests on has changed, and all its records are there.

    Args:
        command: as it is given now.
    """
    key = command.key()
    text = None if key is None else recalled(_KIND, key)
    if text is None:
        return None
    try:
        told = loaded(text)
        out, files = Path(told["out"]), {str(name): str(digest) for name, digest in told["files"].items()}
        groups = tuple((str(name), int(cells)) for name, cells in told["groups"])
        if told["state"] != state_of(map(Path, told["roots"])) or not _computes_on_cpu(told["device"]):
            return None
        found = Finished(out, groups, tuple(map(str, told["said"])))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if all(_digest(out / name) == digest for name, digest in files.items()) else None


def before(asked: Sequence[Options]) -> str | None:
    """Look at the files that a plan's keys will follow from, before any of them is read.

    Args:
        asked: the plan's selections.

    Returns:
        Their state, for `keep_finished`; None where keys follow from something else besides.
    """
    return state_of(_roots(asked)) if all(map(_rests_on_files, asked)) else None


def keep_finished(
    command: Command, asked: Sequence[Options], state: str | None, parts: Sequence[Prepared], said: Iterable[str]
) -> None:
    """Keep that a command is done, where all its cells are, so that it is known the next time.

    Args:
        command: as it was given.
        asked: the plan's selections.
        state: of `before`.
        parts: of `prepare_all`.
        said: what was told while they were prepared.
    """
    key = command.key()
    if state is None or key is None or not all(_is_ours(options, part) for options in asked for part in parts):
        return
    from bench.evaluation.cell.descriptions import cell_key

    out, groups, files = asked[0].out.absolute(), dict[str, int](), {"run.json": _digest(asked[0].out / "run.json")}
    for part in parts:
        for one in part.planned:
            name = cell_key(part.experiment, one.cell)
            groups[str(one.cell.fitted)] = groups.get(str(one.cell.fitted), 0) + 1
            files |= {file: _digest(out / file) for file in (f"cells/{name}.parquet", f"samples/{name}.safetensors")}
    if any(digest == "" for file, digest in files.items() if not file.startswith("samples")):
        return
    told = {"out": str(out), "groups": list(groups.items()), "said": list(said), "files": files, "state": state}
    device = "cpu" if all(options.device == "cpu" for options in asked) else "auto"
    roots = [str(root) for root in _roots(asked)]
    keep(_KIND, key, json.dumps(told | {"roots": roots, "device": device}))


def _roots(asked: Sequence[Options]) -> list[Path]:
    """Files and folders of the user's that are read."""
    named = (
        path
        for one in asked
        for path in (one.corpus_root, one.train_corpus_root, *one.noise_roots, one.noise_map, one.perception)
        if path is not None
    )
    return [Path(path).expanduser().absolute() for path in dict.fromkeys(named)]


def _rests_on_files(options: Options) -> bool:
    """Whether keys follow from code, from what is installed, and from the folders that the options name, alone."""
    extra = options.plugins or options.objects or options.check or options.keep_audio is not None
    corpora = {text.partition(":")[0] for text in (options.corpus, options.train_corpus or "")}
    return not (extra or corpora & _ANYWHERE or any(map(_is_place, _words(options)))) and options.device != "cuda"


def _words(options: Options) -> Iterator[str]:
    """Everything in the specs of what takes part that could be the name of a file."""
    texts = (*options.victims, *options.defenses, *options.attacks, *options.tasks, *options.noise_banks)
    for text in (*texts, options.corpus, options.train_corpus or "", options.split):
        yield from filter(None, re.split(r"[:,;=+\[\]()]", text))


def _is_place(word: str) -> bool:
    return "/" in word or os.sep in word or word.startswith("~") or os.path.lexists(word)


def _is_ours(options: Options, part: Prepared) -> bool:
    """Whether all that takes part was built in, and computed on a CPU."""
    cells, registry = [one.cell for one in part.planned], part.experiment.registry
    named = {one for cell in cells for one in (cell.attack, cell.fitted.victim, cell.fitted.defense) if one is not None}
    readers = [
        *registry.entries_of("corpora", filter(None, (options.corpus, options.train_corpus))),
        *registry.entries_of("noise_banks", options.noise_banks),
    ]
    ours = all(one.built_in for one in named) and all(reader.origin.startswith(OWN) for reader in readers)
    return ours and part.experiment.device.type == "cpu"


def _computes_on_cpu(device: str) -> bool:
    """Whether the CPU would be chosen now too; torch says so otherwise, which takes seconds to load."""
    return device == "cpu" or (sys.platform in ("linux", "darwin") and not any(map(os.path.exists, _GPUS)))


def _digest(file: Path) -> str:
    """A file's SHA-256; "" where there is none that can be read."""
    try:
        return hashlib.sha256(read_file(file)).hexdigest()
    except OSError:
        return ""
