"""The keys of a plan: the options of `bench run`, by their names, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.core.errors import UsageError
from bench.evaluation.plans.options import parse_check_limit, parse_folds, parse_ks, parse_seeds
from bench.measures.catalogue import parse_measures

Reader = Callable[[Sequence[str]], Any]
_DIGITS = 18


def _joined(parse: Callable[[str], Any]) -> Reader:
    return lambda texts: parse(",".join(texts))


def _path(texts: Sequence[str]) -> Path:
    return Path(_one(texts))


def _one(texts: Sequence[str]) -> str:
    if len(texts) != 1:
        raise UsageError("--", f"{len(texts)} values", "one", "name one")
    return texts[0]


def _number(texts: Sequence[str]) -> int:
    text = _one(texts)
    if not (text.isascii() and text.isdecimal()) or len(text) > _DIGITS:
        raise UsageError("--", f"{text!r:.80}", "a whole number of at least 1", "leave the key out for its default")
    return int(text)


def _truth(texts: Sequence[str]) -> bool:
    text = _one(texts)
    if text not in ("true", "false"):
        raise UsageError("--", repr(text), "true or false", "leave the key out for its default")
    return text == "true"


def _paths(texts: Sequence[str]) -> tuple[Path, ...]:
    return tuple(map(Path, texts))


KEYS: Mapping[str, tuple[str, Reader]] = {
    "victim": ("victims", tuple),
    "defense": ("defenses", tuple),
    "attack": ("attacks", tuple),
    "k": ("ks", _joined(parse_ks)),
    "corpus": ("corpus", _one),
    "corpus_root": ("corpus_root", _path),
    "train_corpus": ("train_corpus", _one),
    "train_corpus_root": ("train_corpus_root", _path),
    "noise_bank": ("noise_banks", tuple),
    "noise_root": ("noise_roots", _paths),
    "noise_map": ("noise_map", _path),
    "perception": ("perception", _path),
    "task": ("tasks", tuple),
    "corr": ("corr", _one),
    "noises": ("noises", _one),
    "target": ("target", _one),
    "split": ("split", _one),
    "fold": ("folds", _joined(parse_folds)),
    "seeds": ("seeds", _joined(parse_seeds)),
    "repeats": ("repeats", _number),
    "limit": ("limit", _number),
    "bank_halves": ("bank_halves", _truth),
    "enrol": ("enrolment", _one),
    "measure": ("measures", _joined(parse_measures)),
    "device": ("device", _one),
    "plugin": ("plugins", _paths),
    "batch_size": ("batch_size", _number),
    "check": ("check", _truth),
    "check_limit": ("check_limit", _joined(parse_check_limit)),
    "keep_audio": ("keep_audio", _number),
    "max_requests": ("max_requests", _number),
    "out": ("out", _path),
}
"""By the option of `bench run` whose name it is: the field of `Options` that it fills, and how its texts are read."""
