"""What can be asked of a run: checked before anything is read, trained or written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bench.contracts.threat_models import Corr, NoiseScope
from bench.core.errors import UsageError
from bench.core.specs import NO_DEFENSE, did_you_mean
from bench.data.splits import split_named
from bench.data.tasks import task_named
from bench.measures.catalogue import check_measures

Device = Literal["auto", "cpu", "cuda"]


def parse_ks(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """Numbers of queries, ascending.

    Raises:
        UsageError: not whole numbers of at least 1, separated by commas.

    >>> parse_ks("15,5,25")
    (5, 15, 25)
    """
    return tuple(sorted(set(_whole_numbers("--k", text, least=1, example="5,15,25"))))


def parse_seeds(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """Seeds, in the given order.

    Raises:
        UsageError: not whole numbers of at least 0, separated by commas.
    """
    return tuple(dict.fromkeys(_whole_numbers("--seeds", text, least=0, example="0,1,2")))


def parse_folds(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """The folds to run: one, several, or none named, which is all of them.

    How many there are depends on `--split` and the corpus.

    Raises:
        UsageError: not "all" and not numbers of folds.

    >>> parse_folds("0,2"), parse_folds("all")
    ((0, 2), ())
    """
    if text == "all":
        return ()
    return tuple(dict.fromkeys(_whole_numbers("--fold", text, least=0, example="0, or all")))


def _whole_numbers(option: str, given: str | int | Sequence[int], least: int, example: str) -> list[int]:
    items: Iterable[object] = (
        given.split(",") if isinstance(given, str) else [given] if isinstance(given, int) else given
    )
    found = []
    for item in items:
        text = str(item).strip()
        if not text.isdecimal() or not text.isascii() or int(text) < least:
            shown = f"{text!r} in {given!r}" if isinstance(given, str) and given != text else repr(text)
            raise UsageError(option, shown, f"whole numbers of at least {least}", f"for example {option} {example}")
        found.append(int(text))
    if not found:
        raise UsageError(option, "nothing", f"whole numbers of at least {least}", f"for example {option} {example}")
    return found


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Raise a UsageError unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(option, repr(value), "one of " + ", ".join(choices), did_you_mean(value, choices))


@dataclass(frozen=True)
class Options:
    """A run, as asked for; the fields are the options of `bench run`."""

    victims: tuple[str, ...]
    attacks: tuple[str, ...] = ()
    """None named is no run: victims alone are trained, evaluated, exported."""
    defenses: tuple[str, ...] = (NO_DEFENSE,)
    ks: tuple[int, ...] = (5, 15, 25)
    corpus: str = "synthetic"
    corpus_root: Path | None = None
    noise_banks: tuple[str, ...] = ("embedded",)
    noise_roots: tuple[Path, ...] = ()
    noise_map: Path | None = None
    perception: Path | None = None
    tasks: tuple[str, ...] = ("ahsn",)
    split: str = "k-fold"
    folds: tuple[int, ...] = (0,)
    """None named is all of them."""
    seeds: tuple[int, ...] = (0,)
    repeats: int | None = None
    """None is as many as each defence needs."""
    corr: Corr = "both"
    noises: NoiseScope = "both"
    limit: int | None = None
    measures: tuple[str, ...] = ()
    device: Device = "auto"
    batch_size: int = 64
    plugins: tuple[Path, ...] = ()
    out: Path = Path("bench-run")

    def __post_init__(self) -> None:
        several = {"--victim": self.victims, "--task": self.tasks}
        for option, given in (several | {"--noise-bank": self.noise_banks}).items():
            if not given:
                raise UsageError(option, "none", "at least one", "see bench list")
        for name in self.tasks:
            task_named(name)
        split_named(self.split)
        check_choice("--corr", self.corr, ("yes", "no", "both"))
        check_choice("--noises", self.noises, ("all", "imperceptible", "both"))
        check_choice("--device", self.device, get_args(Device))
        check_measures(self.measures)
        remedies = {"--limit": "leave it out for all", "--batch-size": "64", "--repeats": "leave it out"}
        numbers = (self.limit, self.batch_size, self.repeats)
        for (option, remedy), number in zip(remedies.items(), numbers, strict=True):
            if number is not None and number < 1:
                raise UsageError(option, str(number), "at least 1", remedy)


def check_writable(folder: Path, option: str = "--out") -> None:
    """Raise a UsageError unless files can be written there; makes nothing."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise UsageError(f"{option} {folder}", f"{nearest} is a file", "a folder", "choose another name")
    try:
        with tempfile.TemporaryFile(dir=nearest):  # what a user may do, a file system may not allow
            pass
    except OSError as error:
        found = f"{nearest} cannot be written to ({(error.strerror or 'an error').lower()})"
        raise UsageError(f"{option} {folder}", found, "a folder of yours", "choose another") from error
