"""What can be asked of a run: checked before anything is read, trained or written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from bench.contracts.variants import Corr, NoiseScope
from bench.core.errors import UsageError
from bench.core.specs import NO_DEFENSE, did_you_mean
from bench.core.types import SAME
from bench.data.splits import split_named
from bench.data.tasks import task_named
from bench.evaluation.cell.enrolment import Enrolment
from bench.measures.catalogue import check_measures

if TYPE_CHECKING:
    from bench.contracts.component import Component
    from bench.core.types import Task

Device = Literal["auto", "cpu", "cuda"]
CHECKED = 16
"""How many utterances of each cell `--check` attacks again where `--check-limit` does not say."""

MOST_QUERIES = 1_000_000
"""The greatest `--k`."""

MOST_REPEATS = 10_000
"""The greatest `--repeats`."""

_DIGITS = 19
"""Of the longest number that is read."""

ONCE = (
    *("objects", "device", "batch_size", "plugins", "out", "check", "check_limit", "keep_audio"),
    "max_requests",
)
"""Fields of `Options` that all selections of one run have in common: one machine and one folder."""


def parse_ks(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """Read numbers of queries; return them in ascending order, each once.

    Raises:
        UsageError: not whole numbers of at least 1, separated by commas.

    >>> parse_ks("15,5,25")
    (5, 15, 25)
    """
    return tuple(sorted(set(_whole_numbers("--k", text, 1, "5,15,25", most=MOST_QUERIES))))


def parse_seeds(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """Read seeds; return them in the given order, each once.

    Raises:
        UsageError: not whole numbers of at least 0, separated by commas.
    """
    return tuple(dict.fromkeys(_whole_numbers("--seeds", text, 0, "0,1,2")))


def parse_folds(text: str | int | Sequence[int]) -> tuple[int, ...]:
    """Read which folds to run: one, several, or "all"; for all of them, return none.

    How many there are depends on `--split` and the corpus.

    Raises:
        UsageError: not "all" and not numbers of folds, from 0.

    >>> parse_folds("0,2"), parse_folds("all")
    ((0, 2), ())
    """
    if text == "all":
        return ()
    return tuple(dict.fromkeys(_whole_numbers("--fold", text, 0, "0, or all", most=1_000_000)))


def parse_check_limit(text: str | int | None) -> int | None:
    """Read how many utterances are attacked again: a number, or "all"; for all of them, return None.

    Raises:
        UsageError: neither.

    >>> parse_check_limit("40"), parse_check_limit("all")
    (40, None)
    """
    if text is None or text == "all":
        return None
    return _whole_numbers("--check-limit", text, 1, "40, or all")[0]


def _whole_numbers(
    option: str, given: str | int | Sequence[int], least: int, example: str, most: int = 2**63 - 1
) -> list[int]:
    items: Iterable[object] = (
        given.split(",") if isinstance(given, str) else given if isinstance(given, Iterable) else [given]
    )
    found = []
    for item in items:
        text = str(item).strip()
        if not text.isdecimal() or not text.isascii() or len(text) > _DIGITS or not least <= int(text) <= most:
            shown = f"{text!r} in {given!r}" if isinstance(given, str) and given != text else repr(text)
            expected = f"whole numbers of at least {least}" + ("" if len(text) < 7 else f", at most {most:,}")
            raise UsageError(option, shown, expected, f"for example {option} {example}")
        found.append(int(text))
    if not found:
        raise UsageError(option, "nothing", f"whole numbers of at least {least}", f"for example {option} {example}")
    return found


def check_choice(option: str, value: str, choices: Sequence[str], remedy: str | None = None) -> None:
    """Refuse a value that is none of the choices.

    Args:
        option: the command-line option, for the message: "--corr".
        value: as given.
        choices: all that may be given.
        remedy: what to do; by default the message names the nearest.

    Raises:
        UsageError: it is none of them.
    """
    if value not in choices:
        raise UsageError(option, repr(value), "one of " + ", ".join(choices), remedy or did_you_mean(value, choices))


@dataclass(frozen=True)
class Options:
    """A run, as asked for; the fields are the options of `bench run`.

    Args:
        victims: specs; at least one.
        attacks: specs. None named is no run: victims alone are trained, evaluated, exported.
        defenses: specs; "none" is the bare victim.
        ks: numbers of label-only queries, each at least 1, at which success is read off; the greatest is each search's
            budget.
        corpus: spec of the speech.
        corpus_root: the corpus's folder, where it is not embedded.
        train_corpus: spec of the speech that victims and defences are trained on, where all of `corpus` is attacked.
        train_corpus_root: its folder, where it is not embedded.
        noise_banks: specs; the sounds of several are put together.
        noise_roots: the folders of those banks that read one, in their order.
        noise_map: CSV folder,category: which folder is which category.
        perception: CSV: which noises people hear as another emotion; None for P1's table.
        tasks: names, see `bench.data.tasks.TASKS`.
        split: who is trained on and who is attacked, see `bench.data.splits.SPLITS`.
        folds: from 0; none named is all of them.
        seeds: of training and search, each at least 0.
        repeats: how often each cell is measured, with other draws; None is as many as each defence needs.
        corr: "yes", "no" or "both": whether the attacker is informed, where an attack can be (P1's Corr).
        noises: "all", "additive", "imperceptible" or "both": which noises count (both: P1's two columns).
        target: the class that attacks want answered; None for any other than before.
        limit: attack so many test utterances of each fold; None for all.
        enrolment: "halves" or "paper": whether a victim may know other utterances of the speakers whose speech it is
            asked about, or all of them.
        measures: what is measured on accepted candidates, see `bench.measures.catalogue`.
        bank_halves: whether each search is run with either half of its sounds too.
        device: "auto" (a GPU where there is one), "cpu" or "cuda".
        batch_size: searches side by side, at least 1; changes no result.
        plugins: Python files that bring components.
        objects: components that were given from Python, named among the specs.
        out: the run's folder; finished cells found there are not run again.
        check: attack utterances of each finished cell again, in another order and other batches, and compare.
        check_limit: so many utterances of each cell; None for all.
        keep_audio: keep adversarial sounds of so many utterances of each cell as WAV files; None for none.
        max_requests: as many requests each service may be sent in all, Corr and earlier runs included; None for as many
            as its victim says.

    Raises:
        UsageError: a value is none of those that may be given.
    """

    victims: tuple[str, ...]
    attacks: tuple[str, ...] = ()
    defenses: tuple[str, ...] = (NO_DEFENSE,)
    ks: tuple[int, ...] = (5, 15, 25)
    corpus: str = "synthetic"
    corpus_root: Path | None = None
    train_corpus: str | None = None
    train_corpus_root: Path | None = None
    noise_banks: tuple[str, ...] = ("embedded",)
    noise_roots: tuple[Path, ...] = ()
    noise_map: Path | None = None
    perception: Path | None = None
    tasks: tuple[str, ...] = ("ahsn",)
    split: str = "k-fold"
    folds: tuple[int, ...] = (0,)
    seeds: tuple[int, ...] = (0,)
    repeats: int | None = None
    corr: Corr = "both"
    noises: NoiseScope = "both"
    target: str | None = None
    limit: int | None = None
    enrolment: Enrolment = "halves"
    measures: tuple[str, ...] = ()
    bank_halves: bool = False
    device: Device = "auto"
    batch_size: int = 64
    plugins: tuple[Path, ...] = ()
    objects: tuple[Component, ...] = ()
    out: Path = Path("bench-run")
    check: bool = False
    check_limit: int | None = CHECKED
    keep_audio: int | None = None
    max_requests: int | None = None

    def __post_init__(self) -> None:
        several = {"--victim": self.victims, "--task": self.tasks, "--noise-bank": self.noise_banks}
        for option, given in several.items():
            if not given:
                raise UsageError(option, "none", "at least one", "see bench list")
        for name in self.tasks:
            _check_target(self.target, task_named(name))
        split_named(self.split)
        if self.train_corpus_root is not None and self.train_corpus is None:
            where, remedy = f"--train-corpus-root {self.train_corpus_root}", "name it, or leave this out"
            raise UsageError(where, "no --train-corpus", "the corpus that it is the folder of", remedy)
        check_choice("--corr", self.corr, ("yes", "no", "both"))
        check_choice("--noises", self.noises, get_args(NoiseScope))
        check_choice("--device", self.device, get_args(Device), "auto takes a GPU where there is one")
        check_choice("--enrol", self.enrolment, get_args(Enrolment))
        check_measures(self.measures)
        for option, number, remedy in (
            ("--limit", self.limit, "leave it out for all"),
            ("--batch-size", self.batch_size, "try --batch-size 64"),
            ("--repeats", self.repeats, "leave it out"),
            ("--check-limit", self.check_limit, "--check-limit all, or leave it out"),
            ("--keep-audio", self.keep_audio, "leave it out"),
            ("--max-requests", self.max_requests, "leave it out"),
        ):
            if number is not None and number < 1:
                raise UsageError(option, str(number), "at least 1", remedy)
        if self.repeats is not None and self.repeats > MOST_REPEATS:
            raise UsageError("--repeats", f"{self.repeats:,}", f"at most {MOST_REPEATS:,}", "leave it out")


def _check_target(target: str | None, task: Task) -> None:
    """Refuse a target that is no class of a task, or where the rule is a shift, no direction."""
    wanted = [name for name in task.classes if not (task.dimensional and name == SAME)]
    if target is not None and target not in wanted:
        expected = f"one of {', '.join(wanted)}, for task {task.name}"
        raise UsageError("--target", repr(target), expected, did_you_mean(target, wanted))


def check_writable(folder: Path, option: str = "--out") -> None:
    """Refuse a folder that files cannot be written to; makes nothing.

    Args:
        folder: there, or to be made.
        option: who asked for it, for the message.

    Raises:
        UsageError: the nearest folder that is there cannot be written to, or is a file.
    """
    nearest = folder
    try:
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        reason = (error.strerror or "an error") if isinstance(error, OSError) else str(error)
        raise UsageError(option, f"{folder}: {reason.lower()}", "the name of a folder", "choose another") from error
    if not nearest.is_dir():
        raise UsageError(f"{option} {folder}", f"{nearest} is a file", "a folder", "choose another name")
    try:
        with tempfile.TemporaryFile(dir=nearest):  # what a user may do, a file system may not allow
            pass
    except OSError as error:
        found = f"{nearest} cannot be written to ({(error.strerror or 'an error').lower()})"
        raise UsageError(f"{option} {folder}", found, "a folder of yours", "choose another") from error
