"""A folder that SpeechBrain's interfaces read: which graph its recipe is, and where the weights and labels of it lie.

`hyperparams.yaml` names code; it is read as data. What it describes is rebuilt where it is known, else refused by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.errors import UsageError
from bench.modelling.pretrained.model_folders import refuse_irregular
from bench.modelling.pretrained.tagged_yaml import Tagged, reference_to, referred, tagged_yaml

SETTINGS, LABELS = "hyperparams.yaml", "label_encoder.txt"
ENCODERS = ("HuggingFaceWav2Vec2", "Wav2Vec2", "HuBERT", "WavLM", "HuggingFaceWavLM")
"""SpeechBrain's classes for encoders of transformers': a waveform, normalised or not, and its last hidden states."""
_POOLING, _LINEAR = "StatisticsPooling", "Linear"
_AROUND = ("Softmax", "CategoricalEncoder", "LogSoftmax", "ModuleList")
_MOST_BYTES = 2**20
_AGAIN = "fetch the folder again, as it was published"
_BY_CODE = "bring it as code: python:FILE.py:OBJECT, in which speechbrain's own interface answers"
_LINE = re.compile(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+) => (.+)")


@dataclass(frozen=True)
class WeightsPlace:
    """Where a module's weights lie.

    Args:
        file: of `torch.save`.
        prefix: of their names in it.
    """

    file: Path
    prefix: str


@dataclass(frozen=True)
class Graph:
    """An encoder, statistics over its frames, dense layers: what emotion recognition on IEMOCAP has, and its kin.

    Args:
        source: the encoder's own name, a folder or one on the hub.
        output_norm: whether all of an utterance's frames together are brought to mean 0 and variance 1.
        mean: whether the frames' mean is taken.
        std: whether their standard deviation is.
        places: of the encoder first, then of each dense layer in order.
    """

    source: str
    output_norm: bool
    mean: bool
    std: bool
    places: tuple[WeightsPlace, ...]


def read_graph(where: str, folder: Path) -> Graph:
    """Read which graph a folder's recipe is.

    Args:
        where: whose, for messages.
        folder: as published.

    Raises:
        UsageError: it is none that is known, or files are missing.
    """
    top = _settings(where, folder)
    try:
        modules = referred(top.get("modules"), top)
        if not isinstance(modules, dict) or not modules:
            raise ValueError("no modules")
        known = {str(name): referred(value, top) for name, value in modules.items()}
        return _graph(where, folder, top, known, {name: reference_to(one) for name, one in modules.items()})
    except ValueError as error:
        found = f"{SETTINGS} with {str(error)[:300]}"
        raise UsageError(where, found, "a recipe for SpeechBrain's interfaces", _AGAIN) from error


def read_labels(where: str, folder: Path) -> tuple[str, ...]:
    """Read the outputs' labels, in their order.

    Args:
        where: whose, for messages.
        folder: with `label_encoder.txt`.

    Raises:
        UsageError: it is not there, or numbers no labels from its first on.
    """
    text = _text(where, folder / LABELS, "lines such as 'neu' => 0")
    before, _, after = text.partition("================\n")
    extras = dict(_pairs(where, after))
    found = {int(number): label for label, number in _pairs(where, before) if number.isascii() and number.isdecimal()}
    first = int(extras.get("starting_index", "0")) if extras.get("starting_index", "0").isdecimal() else 0
    if not found or sorted(found) != list(range(first, first + len(found))):
        said = f"{LABELS} with the labels {dict(sorted(found.items()))}"
        raise UsageError(where, said[:300], f"a label for each number from {first} on", _AGAIN)
    return tuple(found[number] for number in sorted(found))


def _pairs(where: str, text: str) -> list[tuple[str, str]]:
    found = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise UsageError(where, f"{LABELS} with the line {line[:80]!r}", "lines such as 'neu' => 0", _AGAIN)
        try:
            found.append((str(ast.literal_eval(match[1])), match[2].strip()))
        except (ValueError, SyntaxError) as error:
            raise UsageError(where, f"{LABELS} with {line[:80]!r}", "lines such as 'neu' => 0", _AGAIN) from error
    return found


def _settings(where: str, folder: Path) -> dict[str, Any]:
    text = _text(where, folder / SETTINGS, "the recipe's settings")
    try:
        return tagged_yaml(text)
    except ValueError as error:
        raise UsageError(where, f"no usable {SETTINGS} ({error})", "the recipe's settings", _AGAIN) from error


def _text(where: str, file: Path, expected: str) -> str:
    if not file.exists():
        raise UsageError(where, f"no {file.name}", f"{file.name}: {expected}", _AGAIN)
    try:
        refuse_irregular(where, file, _MOST_BYTES)
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(where, f"{file.name} that is no text", expected, _AGAIN) from error


def _graph(
    where: str, folder: Path, top: Mapping[str, Any], known: Mapping[str, Any], called: Mapping[str, str | None]
) -> Graph:
    kinds = {name: one.name if isinstance(one, Tagged) else type(one).__name__ for name, one in known.items()}
    strange = [
        f"{name} ({kinds[name]})" for name in known if kinds[name] not in (*ENCODERS, _POOLING, _LINEAR, *_AROUND)
    ]
    encoders = [name for name in known if kinds[name] in ENCODERS]
    dense = [name for name in known if kinds[name] == _LINEAR]
    pools = [name for name in known if kinds[name] == _POOLING]
    if strange or (len(encoders), len(pools)) != (1, 1) or not dense:
        told = ", ".join(strange) or ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
        expected = f"one encoder of transformers' ({', '.join(ENCODERS)}), one {_POOLING}, and {_LINEAR} layers"
        raise UsageError(where, f"{SETTINGS} with the modules {told}", expected, _BY_CODE)
    encoder, pool = known[encoders[0]].named, known[pools[0]].named
    if referred(encoder.get("output_all_hiddens", False), top) is True:
        raise UsageError(where, f"{SETTINGS} with output_all_hiddens", "the last hidden states", _BY_CODE)
    places = [_place(where, folder, top, called[name] or name) for name in (*encoders, *dense)]
    return Graph(
        str(referred(encoder.get("source", ""), top)),
        referred(encoder.get("output_norm", False), top) is True,
        referred(pool.get("return_mean", True), top) is True,
        referred(pool.get("return_std", True), top) is True,
        tuple(places),
    )


def _place(where: str, folder: Path, top: Mapping[str, Any], module: str) -> WeightsPlace:
    """Where a module's weights lie: in a file of its own, or in that of a list that it is in."""
    pretrainer = referred(top.get("pretrainer"), top)
    named = pretrainer.named if isinstance(pretrainer, Tagged) else {}
    loaded, paths = (referred(named.get(name, {}), top) for name in ("loadables", "paths"))
    loaded = {str(key): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}
    for name, value in (loaded or {module: Tagged("ref", f"<{module}>")}).items():
        prefix = _within(value, module, top)
        if prefix is None:
            continue
        path = str(referred(paths[name], top)) if isinstance(paths, dict) and name in paths else f"{name}.ckpt"
        file = folder / Path(path).name  # what lies elsewhere is not read
        if not file.is_file():
            raise UsageError(where, f"no {file.name}", f"{file.name}, with the weights of {module}", _AGAIN)
        return WeightsPlace(file, prefix)
    found = f"{SETTINGS} that loads {', '.join(loaded) or 'nothing'}, none of which is {module}"
    raise UsageError(where, found, f"a file with the weights of {module}", _AGAIN)


def _within(value: Any, module: str, top: Mapping[str, Any]) -> str | None:
    """The prefix of a module's weights among those of another, which it is or lies in; None for neither."""
    if reference_to(value) == module:
        return ""
    found = referred(value, top)
    if not isinstance(found, Tagged) or found.name != "ModuleList" or not isinstance(found.value, list):
        return None
    inner = found.value[0] if len(found.value) == 1 and isinstance(found.value[0], list) else found.value
    places = [number for number, one in enumerate(inner) if reference_to(one) == module]
    return f"{places[0]}." if places else None
